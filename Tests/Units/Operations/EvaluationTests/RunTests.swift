import FoundationEssentials
import JSONCoding
import TestSupport
import Testing

@testable import Evaluation

/// Runs as files, and two of them side by side.
struct RunTests {
    private func question(_ number: Int) -> Question {
        Question(id: "q\(number)", text: "question \(number)", answers: ["b"], places: [Place("a.pdf", page: number)])
    }

    private func asked(_ number: Int, right: Bool) throws -> AskedQuestion {
        let place = Place(right ? "a.pdf" : "b.pdf", page: number)
        return AskedQuestion(question(number), .answered(try answer("b", found: [place], cited: [place])))
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func aRunIsMeasuredAgainFromItsFile() throws {
        let unknown = Question(id: "n", text: "c", isAnswerable: false)
        let first = run([
            try asked(1, right: true), try asked(2, right: false), AskedQuestion(question(3), .failed("500: no")),
            AskedQuestion(unknown, .answered(try answer("no", refused: true))),
        ])
        try withFolder { folder in
            try Data(first.json.encoded).write(to: URL(filePath: folder + "/run.json"))
            #expect(EvaluationRun.isRun(path: folder + "/run.json"))
            let second = try EvaluationRun(path: folder + "/run.json")
            #expect(second.json == first.json)
            #expect(second.figures.map(\.value) == first.figures.map(\.value))
            #expect(second.failures.map(\.id) == ["q3"])
        }
    }

    @Test func whatIsNoRunIsRefused() throws {
        try withFolder { folder in
            for content in ["", "{}", "[1]", #"{"format":"apus-eval-1","questions":[{"id":"a"}]}"#, "{\"format\":"] {
                try Data(content.utf8).write(to: URL(filePath: folder + "/run.json"))
                #expect(throws: EvaluationError.self, "\(content)") { try EvaluationRun(path: folder + "/run.json") }
            }
        }
        #expect(!EvaluationRun.isRun(path: Fixtures.root + "/Examples/library/questions.jsonl"))
        #expect(!EvaluationRun.isRun(path: "/nowhere"))
    }

    @Test func aComparisonTellsChangeFromChance() throws {
        let before = run(try (1...40).map { try asked($0, right: $0 % 2 == 0) })
        let better = run(try (1...40).map { try asked($0, right: true) })
        let comparison = try Comparison(before, better)
        let difference = try #require(comparison.differences.first { $0.metric.name == "page@1" })
        #expect(difference.before == 0.5 && difference.after == 1 && difference.isClear && difference.isBetter == true)
        #expect(comparison.changes.count == 20 && comparison.changes.allSatisfy { $0.worse.isEmpty })
        let slight = try Comparison(before, run(try (1...40).map { try asked($0, right: $0 % 2 == 0 || $0 == 1) }))
        let small = try #require(slight.differences.first { $0.metric.name == "page@1" })
        #expect(!small.isClear && small.isBetter == true && slight.changes.map(\.question.id) == ["q1"])
        let same = try Comparison(before, before)
        #expect(same.changes.isEmpty && same.differences.allSatisfy { $0.isBetter == nil && $0.interval == 0...0 })
    }

    @Test func onlyWhatBothAskedIsCompared() throws {
        let first = run([try asked(1, right: true), try asked(2, right: true)])
        let second = run([try asked(2, right: false), AskedQuestion(question(3), .failed("no"))])
        let comparison = try Comparison(first, second)
        #expect(comparison.changes.map(\.question.id) == ["q2"] && comparison.unpaired == 2)
        #expect(comparison.changes.first?.worse.map(\.name).contains("document-first") ?? false)
        #expect(throws: EvaluationError.self) { try Comparison(first, run([])) }
        let other = Question(id: "q1", text: "another question", answers: ["b"])
        #expect(throws: EvaluationError.self) {
            try Comparison(first, run([AskedQuestion(other, .answered(try answer("b")))]))
        }
    }

    @Test func otherToolsGetWhatTheyRead() throws {
        let question = Question(id: "q1", text: "a", answers: ["b"], evidence: ["c"])
        let run = run([
            AskedQuestion(question, .answered(try answer("d", found: [Place("a.pdf", page: 1)]))),
            AskedQuestion(question, .failed("no")),
        ])
        #expect(
            try JSONParser.parse(ExportFormat.deepeval.bytes(run)) == [
                [
                    "name": "q1", "input": "a", "actual_output": "d", "expected_output": "b",
                    "retrieval_context": ["some text"], "context": ["c"],
                ]
            ])
        #expect(
            String(decoding: ExportFormat.ragas.bytes(run), as: UTF8.self)
                == #"{"user_input":"a","response":"d","retrieved_contexts":["some text"],"reference":"b","reference_contexts":["c"]}"#
                + "\n")
    }
}
