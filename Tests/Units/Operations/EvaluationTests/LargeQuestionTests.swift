import JSONCoding
import Testing

@testable import Evaluation

/// What several members of a line come to, which a run's file has in one list.
struct LargeQuestionTests {
    private func texts(_ count: Int, _ prefix: String) -> JSONValue { .strings((0..<count).map { "\(prefix)\($0)" }) }

    private func pages(_ range: ClosedRange<Int64>) -> JSONValue { .array(range.map { .int($0) }) }

    private func spans(_ count: Int) -> JSONValue { .array((0..<count).map { ["text": .string("span \($0)")] }) }

    private func read(_ members: JSONObject) throws -> Question {
        var object = members
        object["question"] = "a"
        let line = JSONValue.object(object).encoded
        return try #require(try QuestionSet(name: "set", [("set.jsonl", line, false)]).questions.first)
    }

    private func mistake(_ members: JSONObject) -> String {
        do {
            _ = try read(members)
            return "none"
        } catch { return "\(error)" }
    }

    @Test func moreThanAListHoldsIsRefusedWhicheverMembersItIsFrom() {
        #expect(
            mistake([
                "document": "a.pdf", "pages": pages(1...150),
                "also": [["document": "b.pdf", "pages": pages(1...150)]],
            ]).hasSuffix(
                #"set.jsonl:1: "document": There are 300 places in "document" and "also"; 200 are the limit. Take some away, or ask in two questions."#
            ))
        #expect(
            mistake(["evidence": texts(200, "e"), "corpus": "speech", "spans": spans(200)])
                .contains(#""evidence": There are 400 texts in "evidence" and "spans"; 200 are the limit."#))
        #expect(
            mistake(["corpus": "speech", "spans": spans(201)])
                .contains(#""spans": There are 201 texts in "spans"; 200 are the limit."#))
        #expect(
            mistake(["answers": texts(200, "x"), "answer": "y"])
                .contains(#""answers": There are 201 answers in "answers" and "answer"; 200 are the limit."#))
        #expect(
            mistake(["answers": texts(200, "x"), "truth": "y"])
                .contains(#""answers": There are 201 answers in "answers" and "truth"; 200 are the limit."#))
        #expect(
            mistake(["document": "a.pdf", "pages": pages(1...200), "truth": "y [b.pdf#page=1]"])
                .contains(#""document": There are 201 places in "document" and "truth"; 200 are the limit."#))
    }

    @Test func aPlaceThatIsNamedTwiceCountsOnce() throws {
        let question = try read([
            "document": "a.pdf", "pages": pages(1...150), "also": [["document": "a.pdf", "pages": pages(51...200)]],
        ])
        #expect(question.places == (1...200).map { Place("a.pdf", page: $0) })
    }

    @Test func whateverASetMayHoldIsReadAgainFromARun() throws {
        let sets: [JSONObject] = [
            ["truth": "herring [two-thousand.pdf#page=1000000]"], ["truth": "[tall-strip.pdf#page=1]"],
            ["truth": .string("[\(String(repeating: "ü", count: 1000))#page=3]")],
            [
                "answers": texts(198, "x"), "answer": "y", "truth": "z [c.pdf#page=1]", "document": "a.pdf",
                "pages": pages(1...100), "also": [["document": "b.pdf", "pages": pages(1...98)]], "corpus": "speech",
                "evidence": texts(100, "e"), "spans": spans(100),
            ],
            ["documents": .array((1...200).map { ["document": .string("\($0).pdf"), "page": 1] })],
        ]
        for members in sets {
            let question = try read(members)
            let written = AskedQuestion(question, .answered(try answer("b"))).json
            let again = try AskedQuestion(try JSONParser.parse(written.encoded))
            #expect(again.question == question && again.json == written)
        }
    }
}
