import FoundationEssentials
import TestSupport
import Testing

@testable import Evaluation

struct QuestionSetTests {
    private func read(_ text: String, unanswerable: Bool = false) throws -> [Question] {
        try QuestionSet(name: "set", [("set.jsonl", Array(text.utf8), unanswerable)]).questions
    }

    private func mistakes(_ text: String) -> String {
        do {
            _ = try read(text)
            return "none"
        } catch { return "\(error)" }
    }

    @Test func readsEveryWayToSayWhereAnAnswerStands() throws {
        let questions = try read(
            """
            {"question": "a", "answers": ["x", "y"], "document": "a.pdf", "page": 3}
            {"question": "b", "document": "a.pdf", "pages": [3, 4], "also": [{"document": "b.pdf", "page": 1}]}

            {"question": "c", "documents": ["a.pdf", {"document": "b.pdf", "pages": [1, 2]}, "a.pdf"], "evidence": ["z"]}
            {"question": "d", "unanswerable": true}
            {"question": "e", "answer": null, "near": "a.pdf", "why": "not there", "id": "own"}\r

            """)
        #expect(questions.map(\.id) == ["q1", "q2", "q4", "q5", "own"], "lines give names")
        #expect(questions[0].answers == ["x", "y"] && questions[0].places == [Place("a.pdf", page: 3)])
        #expect(questions[1].places == [Place("a.pdf", page: 3), Place("a.pdf", page: 4), Place("b.pdf", page: 1)])
        #expect(questions[2].places == [Place("a.pdf"), Place("b.pdf", page: 1), Place("b.pdf", page: 2)])
        #expect(questions.map(\.isAnswerable) == [true, true, true, false, false])
    }

    @Test func readsAnswersWithTheirPagesInThem() throws {
        let question = try #require(
            try read(#"{"question": "a", "truth": "Two [sic] days. [a b.pdf#page=3][c.pdf#page=12]"}"#).first)
        #expect(question.answers == ["Two [sic] days."])
        #expect(question.places == [Place("a b.pdf", page: 3), Place("c.pdf", page: 12)])
        let unknown = try #require(try read(#"{"question": "a", "truth": "whatever"}"#, unanswerable: true).first)
        #expect(!unknown.isAnswerable && unknown.answers.isEmpty)
    }

    @Test func aTruthMayBeItsPlacesAlone() throws {
        let question = try #require(
            try read(##"{"question": "a", "truth": "[tall-strip.pdf#page=1] [c#.pdf#page=2]"}"##).first)
        #expect(question.answers.isEmpty)
        #expect(question.places == [Place("tall-strip.pdf", page: 1), Place("c#.pdf", page: 2)])
    }

    @Test(arguments: [
        "herring [two-thousand.pdf#page=-3]", "[a.pdf#page=0]", "[a.pdf#page=1000001]", "[a.pdf#page=x]",
        "[a.pdf#page=99999999999999999999]", "[#page=3]", "[\(String(repeating: "a", count: 1001))#page=3]",
    ])
    func aPlaceInATruthIsCheckedAsAnyOther(_ truth: String) {
        let told = mistakes("{\"question\": \"a\", \"truth\": \"\(truth)\"}")
        #expect(told.contains(#"set.jsonl:1: "truth": ["#) && told.contains("1000000"), "\(told)")
        #expect(told.split(separator: "\n").count == 2, "\(told)")
    }

    @Test func readsStretchesOfACorpus() throws {
        let line = #"{"question": "a", "corpus": "speech", "spans": [{"start": 3, "end": 9, "text": "two days"}]}"#
        let question = try #require(try read(line).first)
        #expect(question.places == [Place("speech.md")] && question.evidence == ["two days"])
        #expect(mistakes(#"{"question": "a", "corpus": "speech"}"#).contains(#""spans": Must be a list of objects"#))
    }

    @Test func readsAFolder() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: EvaluationError.self) { try QuestionSet(path: folder) }
        for (name, line) in [("questions", #""answers": ["b"]"#), ("dont_know", #""truth": "nothing""#)] {
            try Data("{\"question\": \"a\", \(line)}\n".utf8).write(to: URL(filePath: "\(folder)/\(name).jsonl"))
        }
        #expect(try QuestionSet(path: folder).questions.map(\.isAnswerable) == [true, false])
    }

    @Test func readsTheSampleLibrary() throws {
        let questions = try QuestionSet(path: Fixtures.root + "/Examples/library/questions.jsonl").questions
        #expect(questions.count == 100 && questions.count { $0.isAnswerable } == 80)
        #expect(questions.allSatisfy { $0.places.isEmpty != $0.isAnswerable })
    }

    @Test(arguments: [
        (#"{"question": "a"}"#, #"set.jsonl:1: "answers": There is nothing to compare"#),
        (#"{"answers": ["a"]}"#, #"set.jsonl:1: "question": Required."#),
        (#"{"question": "a", "answer": "b", "pages": 3, "document": "a.pdf"}"#, #""pages": Must be a list"#),
        (#"{"question": "a", "document": "a.pdf", "page": 0}"#, #""page": Must be a whole number from 1"#),
        (#"{"question": "a", "answer": "b", "page": 2}"#, #""page": Says nothing without "document""#),
        (#"{"question": "a", "documents": [{"page": 2}]}"#, #""documents": Must name a document"#),
        (#"{"question": "a", "documents": [""]}"#, #""documents": Must name a document"#),
        (#"{"question": "a", "documents": "a.pdf"}"#, #""documents": Must be a list"#),
        (#"{"question": "a", "answer": "b", "pags": 2}"#, #""pags": Unknown field. Known fields: id, question"#),
        (#"{"question": "a", "answers": ["b"], "unanswerable": true}"#, #""unanswerable": It has answers"#),
        (#"{"question": "a", "answers": [""]}"#, #""answers": Every entry must have 1 to"#),
        (#"{"question": "a", "answers": ["b"]"#, "set.jsonl:1: "), ("[]", "set.jsonl:1: "),
        ("", "set has no questions"),
    ])
    func aMistakeIsToldWithItsPlaceAndRemedy(_ line: String, _ reason: String) {
        let told = mistakes(line)
        #expect(told.contains(reason), "\(told)")
    }

    @Test func mistakesAreToldTogetherAndNotWithoutEnd() {
        let told = mistakes(String(repeating: "{\"question\": 3}\n", count: 1000))
        #expect(told.contains("set.jsonl:2:"))
        #expect(told.split(separator: "\n").count <= QuestionSet.Limit.mistakes + 4)
        let same = mistakes(String(repeating: "{\"id\": \"x\", \"question\": \"a\", \"answer\": \"b\"}\n", count: 2))
        #expect(same.contains("set.jsonl:2: \"id\": x is that of set.jsonl:1, too"))
    }

    @Test func aQuestionIsReadAsItIsWritten() throws {
        for question in try QuestionSet(path: Fixtures.root + "/Examples/library/questions.jsonl").questions {
            let again = try QuestionReader.read(question.json, standardID: "", unanswerable: false)
            #expect(again.id == question.id && again.places == question.places && again.evidence == question.evidence)
            #expect(again.answers == question.answers && again.isAnswerable == question.isAnswerable)
        }
    }
}
