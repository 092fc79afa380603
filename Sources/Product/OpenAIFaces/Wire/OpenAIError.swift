public import HTTPMessages
public import JSONCoding
public import Problems
public import Telemetry

/// Problems as OpenAI's SDKs read them: `error` with `message`, `type`, `param` and `code`.
public enum OpenAIError {
    /// The document that carries a problem.
    public static func json(_ problem: Problem) -> JSONValue { ["error": problem.openAIError] }

    /// What the routes of OpenAI's API answer: their own response, or the problem that they throw.
    public static func answering(
        _ request: HTTPRequest, log: Log, _ body: () async throws -> HTTPResponse
    ) async -> HTTPResponse {
        do { return try await body() } catch {
            let problem = Problem(error)
            if problem.status.rawValue >= 500 {
                log.error("a request failed", ["path": request.target.loggedPath, "error": String(reflecting: error)])
            }
            var response = HTTPResponse(problem.status, json: json(problem))
            for field in problem.headers.all { response.fields.append(field.name, field.value) }
            return response
        }
    }

    /// Something that a path names and that is not there, or not seen by whoever asks.
    public static func unknown(_ what: String, _ id: String) -> Problem {
        Problem(.notFound, "No \(what) found with id '\(id.prefix(100))'.", code: "not_found")
    }

    /// Something that a member of the body names and that is not there.
    public static func unknown(_ what: String, _ id: String, field: String, code: String? = nil) -> Problem {
        Problem(
            .notFound, "There is no such \(what).",
            fields: [FieldProblem(field: field, detail: "There is no \(what) with the id '\(id.prefix(100))'.")],
            code: code ?? "not_found")
    }
}
