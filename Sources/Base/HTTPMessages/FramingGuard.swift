/// Refuses requests whose length two parsers could understand differently (RFC 9112, sections 6.1 and 6.3):
/// servers let several such forms through, and behind a proxy each is a way to smuggle a request.
public enum FramingGuard {
    /// The reason to refuse, or `nil` when the framing is plain.
    public static func refusal(method: HTTPMethod, fields: HTTPFields) -> String? {
        let lengths = fields.values("content-length")
        let codings = fields.values("transfer-encoding")
        if lengths.count > 1 { return "Content-Length is given more than once." }
        if codings.count > 1 { return "Transfer-Encoding is given more than once." }
        if !lengths.isEmpty && !codings.isEmpty { return "Content-Length and Transfer-Encoding exclude each other." }
        if let length = lengths.first, length.isEmpty || !length.utf8.allSatisfy({ (48...57).contains($0) }) {
            return "Content-Length must be digits only."
        }
        if let length = lengths.first, Int(length) == nil { return "Content-Length is out of range." }
        if let coding = codings.first, !equalIgnoringCase(coding, "chunked") {
            return "The only transfer coding understood is chunked."
        }
        if fields.values("host").count > 1 { return "Host is given more than once." }
        let isClean = fields.all.allSatisfy { field in
            field.name.utf8.allSatisfy { $0 > 32 && $0 < 127 } && field.value.utf8.allSatisfy { $0 >= 32 || $0 == 9 }
        }
        return isClean ? nil : "A header field contains control characters."
    }
}
