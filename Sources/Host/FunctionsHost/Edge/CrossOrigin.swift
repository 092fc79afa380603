import HTTPMessages

/// Cross-origin calls from browsers, answered before functions are looked at
/// (docs/reference/functions-custom-handlers.md, 7.4; Fetch standard, section 3.2).
struct CrossOrigin: Sendable {
    let origins: [String]
    let credentials: Bool

    /// - Throws: `HostError` when the settings contradict each other.
    init(origins: [String], credentials: Bool) throws {
        guard !(origins.contains("*") && credentials) else {
            throw HostError("CORS with credentials needs origins by name; * is not valid then.")
        }
        self.origins = origins
        self.credentials = credentials
    }

    /// The fields for an answer to the request; `nil` when its origin is not allowed.
    func fields(for request: HTTPRequest) -> HTTPFields? {
        guard !origins.isEmpty, let origin = request.fields["origin"] else { return nil }
        let isAny = origins.contains("*")
        guard isAny || origins.contains(where: { equalIgnoringCase($0, origin) }) else { return nil }
        var fields: HTTPFields = ["Access-Control-Allow-Origin": isAny ? "*" : origin]
        if !isAny { fields.append("Vary", "Origin") }
        if credentials { fields.append("Access-Control-Allow-Credentials", "true") }
        return fields
    }

    /// The answer to a preflight request; `nil` when the request is none or its origin is not allowed.
    func preflight(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.method == .options, let method = request.fields["access-control-request-method"],
            var fields = fields(for: request)
        else { return nil }
        fields.append("Access-Control-Allow-Methods", method)
        if let wanted = request.fields["access-control-request-headers"] {
            fields.append("Access-Control-Allow-Headers", wanted)
        }
        return HTTPResponse(.noContent, fields: fields)
    }
}
