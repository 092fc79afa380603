public import HTTPMessages
public import JSONCoding

/// An error that a caller of the API gets to read (RFC 9457, Problem Details for HTTP APIs).
public struct Problem: Error, Sendable {
    public var status: HTTPStatus
    /// What happened and what to do about it, in a sentence; never data of other people, never a secret.
    public var detail: String
    /// What is wrong with the input, field by field.
    public var fields: [FieldProblem]
    /// For programs, where the status alone does not tell them what to do; a member of the document.
    public var code: String?
    /// Header fields that the status asks for, such as `Retry-After`.
    public var headers: HTTPFields
    /// What programs need to go on, as further members of the document (RFC 9457, section 3.2).
    public var members: JSONObject

    /// Makes a problem.
    public init(
        _ status: HTTPStatus, _ detail: String, fields: [FieldProblem] = [], code: String? = nil,
        headers: HTTPFields = [:], members: JSONObject = JSONObject()
    ) {
        self.status = status
        self.detail = detail
        self.fields = fields
        self.code = code
        self.headers = headers
        self.members = members
    }

    /// The problem that an error stands for. Errors that do not say are 500 without any detail.
    public init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as any ProblemConvertible: self = error.problem
        case let error as InvalidFields:
            let detail = error.problems.count == 1 ? error.problems[0].detail : "Several fields are invalid."
            self.init(.badRequest, detail, fields: error.problems)
        case let error as JSONSyntaxError: self.init(.badRequest, "The body is not JSON: \(error).")
        case let error as HTTPBodyTooLarge:
            self.init(.contentTooLarge, "The body is larger than \(error.limit) bytes.")
        // Requests are cancelled when nobody waits for them any more: nothing has failed.
        case is CancellationError: self.init(.callerLeft, "The request was given up before it was answered.")
        default:
            self.init(.internalServerError, "Something went wrong on our side. The log has it under the request id.")
        }
    }

    /// The problem document.
    public func json(requestID: String) -> JSONValue {
        let type = ProblemType.of(self)
        var object: JSONObject = [
            "type": .string(type?.address ?? "about:blank"), "title": .string(type?.title ?? status.phrase),
            "status": .int(Int64(status.rawValue)), "detail": .string(detail), "requestId": .string(requestID),
        ]
        if let code { object["code"] = .string(code) }
        if !fields.isEmpty {
            object["errors"] = .array(fields.map { ["field": .string($0.field), "detail": .string($0.detail)] })
        }
        for (name, value) in members.members { object[name] = value }
        return .object(object)
    }

    /// The response that carries the document.
    public func response(requestID: String) -> HTTPResponse {
        var response = HTTPResponse(
            status, fields: ["Content-Type": "application/problem+json"],
            body: .bytes(json(requestID: requestID).encoded))
        for field in headers.all { response.fields.append(field.name, field.value) }
        response.addAPIFields()
        return response
    }
}

/// An error that knows which problem it is.
public protocol ProblemConvertible: Error {
    /// What a caller of the API may know of it.
    var problem: Problem { get }
}

extension HTTPResponse {
    /// A JSON response.
    public init(_ status: HTTPStatus = .ok, json: JSONValue) {
        self.init(status, fields: ["Content-Type": "application/json"], body: .bytes(json.encoded))
    }
}
