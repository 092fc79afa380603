import JSONCoding

/// A question with what became of it.
public struct AskedQuestion: Sendable {
    /// What came of asking.
    enum Outcome: Sendable {
        case answered(Answer)
        /// Why there is no answer.
        case failed(String)
    }

    let question: Question
    let outcome: Outcome

    var answer: Answer? { if case .answered(let answer) = outcome { answer } else { nil } }

    /// Why there is no answer; `nil` when there is one.
    var failure: String? { if case .failed(let reason) = outcome { reason } else { nil } }

    /// The form of a run's file.
    var json: JSONValue {
        var object = question.json.object ?? [:]
        switch outcome {
        case .answered(let answer): object["given"] = answer.json
        case .failed(let reason): object["failure"] = .string(reason)
        }
        return .object(object)
    }

    init(_ question: Question, _ outcome: Outcome) {
        self.question = question
        self.outcome = outcome
    }

    /// Reads the form of a run's file.
    ///
    /// - Throws: `InvalidFields` when it is none.
    init(_ json: JSONValue) throws {
        var object = json.object ?? [:]
        object.removeAll(["given", "failure"])
        question = try QuestionReader.read(.object(object), standardID: "", unanswerable: false)
        if let given = json["given"] {
            guard let answer = Answer(given, milliseconds: given["milliseconds"]?.double ?? 0) else {
                throw InvalidFields(field: "given", detail: "Is no answer.")
            }
            outcome = .answered(answer)
        } else {
            outcome = .failed(json["failure"]?.string ?? "")
        }
    }
}
