public import HTTPMessages

/// How the end of a message's body is told (RFC 9112, section 6.3).
public enum BodyFraming: Equatable, Sendable {
    case length(Int)
    case chunked
    case untilClose

    /// The framing of a request that the framing guard has let through.
    init(request fields: HTTPFields) {
        if fields["transfer-encoding"] != nil {
            self = .chunked
        } else {
            self = .length(fields["content-length"].flatMap { Int($0) } ?? 0)
        }
    }

    /// The framing of a response.
    ///
    /// - Throws: `MessageError.malformed` when two readers could understand it differently.
    public init(response fields: HTTPFields, status: Int, method: String) throws(MessageError) {
        if method == "HEAD" || status == 204 || status == 304 {
            self = .length(0)
            return
        }
        let codings = fields.values("transfer-encoding")
        if !codings.isEmpty {
            guard codings.count == 1, equalIgnoringCase(codings[0], "chunked") else {
                throw .malformed("the transfer coding is not chunked")
            }
            self = .chunked
            return
        }
        let lengths = Set(fields.values("content-length"))
        guard let text = lengths.first else {
            self = .untilClose
            return
        }
        guard lengths.count == 1, text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else {
            throw .malformed("the content length is not one number")
        }
        self = .length(length)
    }
}
