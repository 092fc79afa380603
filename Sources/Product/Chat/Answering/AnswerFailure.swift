import HTTPMessages
import JSONCoding
import Models
import Problems

/// Why an answer failed, as its caller is told and as it is kept for ever.
struct AnswerFailure: Sendable {
    let problem: Problem
    private let kind: String?
    private let service: String?

    /// `nil` when nothing failed: the answer was broken off.
    init?(_ error: any Error) {
        if let error = error as? ModelServiceError {
            (problem, kind, service) = (error.problem, error.kind.rawValue, error.service)
            return
        }
        if Task.isCancelled || error is CancellationError || error is LogFull { return nil }
        (problem, kind, service) = (Problem(error), nil, nil)
    }

    /// The problem document without the id of a request, with the kind of a model service's failure and the service.
    var json: JSONValue {
        var object: JSONObject = [
            "title": .string(problem.status.phrase), "status": .int(Int64(problem.status.rawValue)),
            "detail": .string(problem.detail), "code": .optional(problem.code ?? kind),
        ]
        if let kind { object["kind"] = .string(kind) }
        if let service { object["provider"] = .string(service) }
        return .object(object)
    }
}
