import HTTPMessages

/// What of a caller's request goes on to the apps: they trust the page's port, so nothing may come through it that a
/// platform or a proxy says of a request, and no path that is another one than it seems.
enum ForwardedRequest {
    /// The fields that the apps read. Keys, forwarding and the platform's own are not among them, and neither is what
    /// browsers say of the page that sent the request: it was judged here.
    private static let names: Set<String> = [
        "accept", "accept-encoding", "accept-language", "authorization", "content-encoding", "content-language",
        "content-type", "cookie", "idempotency-key", "if-match", "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "last-event-id", "range", "traceparent", "tracestate", "user-agent", "x-request-id",
    ]
    /// The product's own, and those of resumable uploads (tus 1.0) and of the Model Context Protocol.
    private static let prefixes = ["x-apus-", "tus-", "upload-", "mcp-"]

    /// Times that a path may be encoded: no path of ours needs more than one.
    private static let deepestEncoding = 4

    /// The fields that go on.
    static func fields(of fields: HTTPFields) -> HTTPFields {
        var result = HTTPFields()
        for field in fields.all {
            let name = field.name.lowercased()
            if names.contains(name) || prefixes.contains(where: { name.hasPrefix($0) }) {
                result.append(field.name, field.value)
            }
        }
        return result
    }

    /// Whether a path has a segment `.` or `..`, in whatever way it is written: encoded, encoded again, or between
    /// slashes that are encoded.
    static func climbs(_ path: String) -> Bool {
        var text = path
        for _ in 0..<deepestEncoding {
            let parts = text.split { $0 == "/" || $0 == "\\" }
            if parts.contains(where: { $0 == "." || $0 == ".." }) { return true }
            // What cannot be decoded is no path that any server understands.
            guard let decoded = percentDecoded(text) else { return true }
            if decoded == text { return false }
            text = decoded
        }
        return true
    }
}
