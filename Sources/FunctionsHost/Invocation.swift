import HTTPClient
import HTTPMessages
import JSONCoding

/// One call of a function in the envelope dialect.
struct Invocation: Sendable {
    let handler: HandlerProcess
    let client: HTTPClient
    let timeout: Duration?

    /// Sends the envelope; returns the response envelope.
    ///
    /// - Throws: `HostError` when the answer does not count as success.
    func send(_ payload: JSONValue, to function: String, id: String) async throws -> JSONValue {
        guard await handler.waitUntilReady() else { throw HostError("the handler is not running.") }
        var request = HTTPClient.Request(
            .post, "\(handler.url)/\(function)",
            fields: [
                "Content-Type": "application/json; charset=utf-8", "X-Azure-Functions-InvocationId": id,
                "X-Azure-Functions-HostVersion": HTTPEdge.hostVersion,
                "User-Agent": "Azure-Functions-Host/\(HTTPEdge.hostVersion)",
            ], body: .bytes(payload.encoded))
        let limit = (timeout ?? .seconds(86_400)) + .seconds(60)
        request.headTimeout = limit
        request.idleTimeout = limit
        let answer = try await client.fetch(request)
        guard answer.status.isSuccess else { throw HostError("the handler answered \(answer.status.rawValue).") }
        let type = answer.fields["content-type"] ?? ""
        guard type.hasPrefix("application/json") || type.hasPrefix("text/json") else {
            throw HostError("the handler answered with the content type '\(type)'; it has to be application/json.")
        }
        // The real host hangs on an empty answer until the function's time is up; saying so at once helps more.
        guard !answer.body.isEmpty else { throw HostError("the handler's answer is empty; it has to be at least {}.") }
        let json = try JSONParser.parse(answer.body)
        guard json.object != nil else { throw HostError("the handler's answer is not a JSON object.") }
        return json
    }
}
