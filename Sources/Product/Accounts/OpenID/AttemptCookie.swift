import AccessControl
import HTTPMessages

/// The cookie of an attempt to sign in by an identity provider. The provider sends the browser back from another site, with
/// which browsers send no cookie that is `Strict`; this one opens nothing by itself.
enum AttemptCookie {
    static func set(_ value: String, on response: inout HTTPResponse) { add(value, SignInAttempt.life, &response) }

    static func clear(on response: inout HTTPResponse) { add("", 0, &response) }

    private static func add(_ value: String, _ age: Int64, _ response: inout HTTPResponse) {
        response.fields.append(
            "Set-Cookie", "\(Cookies.attempt)=\(value); Path=/; Max-Age=\(age); Secure; HttpOnly; SameSite=Lax")
    }
}
