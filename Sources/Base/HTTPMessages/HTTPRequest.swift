/// A request as a server sees it.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    public var target: HTTPTarget
    public var fields: HTTPFields
    public var body: HTTPBody
    /// Path parameters that a router has filled in.
    public var parameters: [String: String] = [:]
    /// The connection that it came over.
    public var connection = Connection(isEncrypted: false, peer: "")
    /// Identifies the request in logs, errors and the `x-request-id` field.
    public var id: String

    /// What is known of a connection.
    public struct Connection: Sendable {
        /// Whether it is TLS.
        public let isEncrypted: Bool
        /// The peer's IPv4 address in dotted form; empty when unknown.
        public let peer: String

        /// Describes a connection.
        public init(isEncrypted: Bool, peer: String) {
            self.isEncrypted = isEncrypted
            self.peer = peer
        }
    }

    /// Makes a request.
    public init(method: HTTPMethod, target: HTTPTarget, fields: HTTPFields, body: HTTPBody, id: String) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.id = id
    }
}
