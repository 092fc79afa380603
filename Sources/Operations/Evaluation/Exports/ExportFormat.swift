import JSONCoding

/// Input of other evaluation tools, for metrics that ask a language model to judge.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// A JSON list for DeepEval's `EvaluationDataset.add_test_cases_from_json_file`, with members named like those of its
    /// `LLMTestCase`.
    case deepeval
    /// A line for each of Ragas' `SingleTurnSample`, as `EvaluationDataset.from_jsonl` reads them.
    case ragas

    /// What there is, in words.
    public static var names: String { allCases.map(\.rawValue).joined(separator: " or ") }

    /// A run's questions in this format; those without an answer are left out.
    public func bytes(_ run: EvaluationRun) -> [UInt8] {
        let cases = run.asked.compactMap { asked in asked.answer.map { self.json(asked.question, $0) } }
        switch self {
        case .deepeval: return JSONValue.array(cases).encoded + [10]
        case .ragas: return cases.flatMap { $0.encoded + [10] }
        }
    }

    private func json(_ question: Question, _ answer: Answer) -> JSONValue {
        let retrieved = JSONValue.strings(answer.passages.map(\.text))
        let expected = JSONValue.optional(question.answers.first)
        switch self {
        case .deepeval:
            return [
                "name": .string(question.id), "input": .string(question.text), "actual_output": .string(answer.text),
                "expected_output": expected, "retrieval_context": retrieved, "context": .strings(question.evidence),
            ]
        case .ragas:
            return [
                "user_input": .string(question.text), "response": .string(answer.text),
                "retrieved_contexts": retrieved, "reference": expected,
                "reference_contexts": .strings(question.evidence),
            ]
        }
    }
}
