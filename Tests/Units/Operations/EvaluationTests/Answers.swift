import JSONCoding

@testable import Evaluation

/// An answer as Apus gives it.
func answer(
    _ text: String, refused: Bool = false, found: [Place] = [], cited: [Place] = [], milliseconds: Double = 10,
    receipt: JSONValue = .null
) throws -> Answer {
    func places(_ places: [Place]) -> JSONValue {
        .array(
            places.map {
                [
                    "name": .string($0.document), "page": .int(Int64($0.page ?? 1)), "text": "some text",
                    "support": "supported",
                ]
            })
    }
    let json: JSONValue = [
        "text": .string(text), "finishReason": .string(refused ? "not_found" : "stop"), "model": "extractive",
        "passages": places(found), "citations": places(cited), "receipt": receipt,
    ]
    guard let answer = Answer(json, milliseconds: milliseconds) else { throw InvalidFields([]) }
    return answer
}

/// A run of questions with what came of them.
func run(_ asked: [AskedQuestion]) -> EvaluationRun {
    EvaluationRun(
        set: "set", startedAt: "2026-11-29T00:00:00.000Z", seconds: 2, parameters: [("parallel", "1")], asked: asked,
        leftOut: 0)
}
