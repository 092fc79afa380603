public import HTTPMessages

/// The cookies that somebody is signed in by (RFC 6265).
public enum Cookies {
    /// Holds the `SessionToken`. The prefix has browsers take it from this host alone, for every path.
    public static let token = "__Host-apus-token"
    /// Holds the refresh token; only the account app gets to see it.
    public static let refresh = "__Secure-apus-refresh"
    /// Holds an attempt to sign in by an identity provider until it sends the browser back. The prefix keeps other hosts of the
    /// same domain from putting an attempt of theirs into somebody's browser.
    public static let attempt = "__Host-apus-attempt"
    private static let longest = 4096

    /// The value of a cookie; `nil` when it is not there, is there twice, or is longer than a browser would keep.
    public static func value(_ name: String, in request: HTTPRequest) -> String? {
        var found: String?
        for line in request.fields.values("cookie") {
            for pair in line.utf8.split(separator: UInt8(ascii: ";")) {
                let start = pair.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                guard start.starts(with: name.utf8), let equals = start.dropFirst(name.utf8.count).first,
                    equals == UInt8(ascii: "=")
                else { continue }
                let value = start.dropFirst(name.utf8.count + 1)
                guard found == nil, value.count <= longest else { return nil }
                found = String(Substring(value))
            }
        }
        return found
    }
}
