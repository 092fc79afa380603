import HTTPClient
import HTTPMessages
import JSONCoding
import Models

/// A tool that an operator declared in a file: one HTTP request.
struct DeclaredTool: Tool {
    private static let maximumBytes = 256 << 10
    private static let maximumCharacters = 20_000
    private static let maximumSeconds = 15

    let kind = ToolKind.declared
    let specification: ToolSpecification
    let method: HTTPMethod
    let url: URLTemplate
    /// With the secrets in them.
    let fields: HTTPFields
    let client: HTTPSession
    /// Whether the operator lets it change things without asking.
    var isAlwaysConfirmed = false

    var wantsConfirmation: Bool { ![.get, .head].contains(method) && !isAlwaysConfirmed }

    func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome {
        try turn.egress.permit(arguments)
        let request = try prepare(arguments)
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request, limit: Self.maximumBytes)
        } catch is HTTPBodyTooLarge {
            throw ToolFailure("The service answered with more than \(Self.maximumBytes >> 10) KiB.")
        } catch let error as HTTPClientError {
            throw ToolFailure("The service cannot be reached: \(error).")
        }
        turn.egress.count(bytes: answer.body.count)
        let text = String(decoding: answer.body, as: UTF8.self)
        turn.egress.noteConfidential(text)
        guard answer.status.isSuccess else {
            throw ToolFailure("The service answered with status \(answer.status.rawValue): \(text.prefix(500))")
        }
        let isCut = text.unicodeScalars.count > Self.maximumCharacters
        return ToolOutcome(
            text: isCut ? String(text.unicodeScalars.prefix(Self.maximumCharacters)) + "\n[cut]" : text,
            summary: "\(answer.status.rawValue), \(answer.body.count) bytes")
    }

    /// Arguments that the template does not name go into the query, or into a JSON body where the method has one.
    ///
    /// - Throws: `ToolFailure` for arguments that would change the path.
    func prepare(_ arguments: JSONValue) throws(ToolFailure) -> HTTPSession.Request {
        var values: [String: String] = [:]
        var rest = JSONObject()
        for (name, value) in arguments.object?.members ?? [] {
            if url.names.contains(name) { values[name] = Self.plain(value) } else { rest[name] = value }
        }
        var request = HTTPSession.Request(method, try url.filled(values), fields: fields)
        if [.post, .put, .patch].contains(method) {
            request.fields["Content-Type"] = "application/json"
            request.body = .bytes(JSONValue.object(rest).encoded)
        } else if !rest.isEmpty {
            let query = rest.members.map { percentEncoded($0.name) + "=" + percentEncoded(Self.plain($0.value)) }
            request.url += (request.url.contains("?") ? "&" : "?") + query.joined(separator: "&")
        }
        request.headTimeout = .seconds(Self.maximumSeconds)
        request.idleTimeout = .seconds(Self.maximumSeconds)
        return request
    }

    private static func plain(_ value: JSONValue) -> String { value.string ?? value.text }
}
