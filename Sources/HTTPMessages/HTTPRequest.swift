/// A request as a server sees it.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    public var target: HTTPTarget
    public var fields: HTTPFields
    public var body: HTTPBody
    /// Path parameters that a router has filled in.
    public var parameters: [String: String] = [:]
    /// Identifies the request in logs, errors and the `x-request-id` field.
    public var id: String

    /// Makes a request.
    public init(method: HTTPMethod, target: HTTPTarget, fields: HTTPFields, body: HTTPBody, id: String) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.id = id
    }
}
