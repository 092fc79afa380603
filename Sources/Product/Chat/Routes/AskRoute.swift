import HTTPMessages
import JSONCoding
import Models
import Problems
import Telemetry

/// `POST /api/ask`: one question, one answer, no chat. The events are those of a chat's answer without `start`.
struct AskRoute: Sendable {
    private static let bodyLimit = 1 << 20

    let answers: OneOffAnswer

    func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let watch = Stopwatch()
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["question"] + QuestionFields.names)
        let asked = QuestionFields("question", body, &reader)
        try reader.finish()
        let prepared = try await answers.prepare(asked)
        return try await AnswerDelivery.response(to: request) { emit in
            do {
                try await emit(.done(try await answers.write(prepared, watch: watch, emit: emit)))
            } catch let error as ModelServiceError {
                try await emit(.failed(error.problem))
            }
        }
    }
}
