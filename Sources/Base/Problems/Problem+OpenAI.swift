public import HTTPMessages
public import JSONCoding

extension Problem {
    /// What OpenAI's SDKs read of a problem: `message`, `type`, `param` and `code`. Of several fields that are wrong the first is
    /// named.
    public var openAIError: JSONValue {
        let field = fields.first
        let type =
            switch status {
            case .tooManyRequests: "rate_limit_exceeded"
            case _ where status.rawValue < 500: "invalid_request_error"
            default: "server_error"
            }
        return [
            "message": .string(field.map { "\($0.field): \($0.detail)" } ?? detail), "type": .string(type),
            "param": .optional(field?.field), "code": .optional(code),
        ]
    }

    /// The response that answers a request with the document; below `/v1/`, where OpenAI's SDKs call, it has what they read, too.
    public func response(to request: HTTPRequest) -> HTTPResponse {
        var response = response(requestID: request.id)
        guard request.target.rawPath.hasPrefix("/v1/"), var object = json(requestID: request.id).object else {
            return response
        }
        object["error"] = openAIError
        response.body = .bytes(JSONValue.object(object).encoded)
        return response
    }
}
