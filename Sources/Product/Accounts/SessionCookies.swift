import AccessControl
import Catalog
import HTTPMessages

/// Sets and clears the cookies of a session. They go to this host alone, over TLS or to the machine itself, with requests of
/// its own pages, and no script sees them.
enum SessionCookies {
    private static let refreshPath = "/api/account"
    /// Seconds that browsers keep both. A token that has expired is sent as well: it tells that there is a session to renew,
    /// and the guard answers so.
    private static let age = CatalogDatabase.sessionDays.unused * 24 * 3600

    static func set(token: String, refresh: RefreshToken, on response: inout HTTPResponse) {
        add(Cookies.token, token, path: "/", age: age, to: &response)
        add(Cookies.refresh, refresh.text, path: refreshPath, age: age, to: &response)
    }

    static func clear(on response: inout HTTPResponse) {
        add(Cookies.token, "", path: "/", age: 0, to: &response)
        add(Cookies.refresh, "", path: refreshPath, age: 0, to: &response)
    }

    private static func add(_ name: String, _ value: String, path: String, age: Int, to response: inout HTTPResponse) {
        response.fields.append(
            "Set-Cookie", "\(name)=\(value); Path=\(path); Max-Age=\(age); Secure; HttpOnly; SameSite=Strict")
    }
}
