/// A response as a server makes it.
public struct HTTPResponse: Sendable {
    /// What follows the header section.
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Written while the closure runs; when it throws, the connection is cut so that the peer notices.
        /// `length` is the number of bytes where it is known beforehand.
        case stream(length: Int?, @Sendable (any HTTPBodyWriter) async throws -> Void)
        /// Read and sent in pieces, so that it is never in memory as a whole.
        case file(FileSlice)
    }

    public var status: HTTPStatus
    public var fields: HTTPFields
    public var body: Body

    /// Makes a response; the serving side adds length and date.
    public init(_ status: HTTPStatus, fields: HTTPFields = [:], body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A text response.
    public init(_ status: HTTPStatus, text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(status, fields: ["Content-Type": contentType], body: .bytes(text.bytes))
    }
}
