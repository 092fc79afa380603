import JSONCoding
import Testing

@testable import Evaluation

/// Which questions count for which metric.
struct FigureTests {
    private let place = Place("a.pdf", page: 2)

    private func figures(_ asked: [AskedQuestion]) -> [String: Figure] {
        Dictionary(run(asked).figures.map { ($0.metric.name, $0) }) { first, _ in first }
    }

    @Test func bothErrorsOfRefusalAreCountedByTheirOwnQuestions() throws {
        let known = Question(id: "1", text: "a", answers: ["b"])
        let unknown = Question(id: "2", text: "a", isAnswerable: false)
        let figures = figures([
            AskedQuestion(known, .answered(try answer("b"))),
            AskedQuestion(known, .answered(try answer("no", refused: true))),
            AskedQuestion(unknown, .answered(try answer("no", refused: true))),
            AskedQuestion(unknown, .answered(try answer("yes"))), AskedQuestion(unknown, .answered(try answer("yes"))),
        ])
        #expect(figures["wrongly-refused"]?.value == 0.5 && figures["wrongly-refused"]?.count == 2)
        #expect(figures["wrongly-answered"].map { Digits.fixed($0.value, 3) } == "0.667")
        #expect(figures["exact"]?.value == 0.5, "what is refused is not right")
        #expect(figures["near@5"] == nil, "no question says where its answer stands")
    }

    @Test func citationsOfARefusalAreNotJudged() throws {
        let question = Question(id: "1", text: "a", places: [place])
        let figures = figures([
            AskedQuestion(
                question, .answered(try answer("b", found: [place], cited: [place, Place("b.pdf", page: 2)]))),
            AskedQuestion(question, .answered(try answer("no", refused: true, found: [place]))),
        ])
        #expect(figures["page@1"]?.value == 1 && figures["page@1"]?.count == 2)
        #expect(figures["cited-near"]?.count == 1 && figures["citation-precision"]?.value == 0.5)
        #expect(figures["citation-recall"]?.value == 1 && figures["supported"]?.value == 1)
    }

    @Test func aRefusalHoldsNoEvidenceThoughItShowsPassages() throws {
        let question = Question(id: "1", text: "a", evidence: ["two days"])
        let refused = try answer("These passages come closest: two days", refused: true)
        #expect(figures([AskedQuestion(question, .answered(refused))])["evidence"]?.value == 0)
        #expect(figures([AskedQuestion(question, .answered(try answer("two days")))])["evidence"]?.value == 1)
    }

    @Test func aRefusalIsNotRightWhenTheRightAnswerIsAnArticle() throws {
        let question = Question(id: "1", text: "Which vitamin?", answers: ["A"])
        let figures = figures([AskedQuestion(question, .answered(try answer("", refused: true)))])
        #expect(figures["exact"]?.value == 0 && figures["f1"]?.value == 0)
    }

    @Test func whatWasRememberedTookNoTimeAndNoTokens() throws {
        let question = Question(id: "1", text: "a", answers: ["b"])
        let receipt: JSONValue = ["tokens": ["prompt": 100, "completion": 7], "cost": 0.25]
        let remembered: JSONValue = ["tokens": ["prompt": 100, "completion": 7], "cost": 0.25, "cacheHit": true]
        let figures = figures([
            AskedQuestion(question, .answered(try answer("b", milliseconds: 100, receipt: receipt))),
            AskedQuestion(question, .answered(try answer("b", milliseconds: 1, receipt: remembered))),
        ])
        #expect(figures["latency-p50"]?.value == 100 && figures["latency-p50"]?.count == 1)
        #expect(
            figures["tokens-in"]?.value == 100 && figures["tokens-out"]?.value == 7 && figures["cost"]?.value == 0.25)
    }

    @Test func whatHasNoAnswerIsNoFigureButAFailure() throws {
        let question = Question(id: "1", text: "a", answers: ["b"])
        let run = run([AskedQuestion(question, .failed("503: overloaded"))])
        #expect(run.figures.isEmpty && run.failures.map(\.reason) == ["503: overloaded"])
    }

    @Test func floorsHoldInTheDirectionOfTheirMetric() throws {
        let known = Question(id: "1", text: "a", answers: ["b"])
        let figures = run([
            AskedQuestion(known, .answered(try answer("b"))), AskedQuestion(known, .answered(try answer("c"))),
            AskedQuestion(known, .answered(try answer("", refused: true))),
            AskedQuestion(known, .answered(try answer("b"))),
        ]).figures
        #expect(try Floors(file: nil, given: ["exact=0.5", "wrongly-refused=0.25"]).missed(figures).isEmpty)
        let missed = try Floors(file: nil, given: ["exact=0.51", "wrongly-refused=0.24", "near@5=0"]).missed(figures)
        #expect(
            missed == [
                "exact is 0.500, must be at least 0.51", "wrongly-refused is 0.250, must be at most 0.24",
                "near@5: no question measures it; the floor is 0",
            ])
        #expect(
            try Floors(file: nil, given: ["exact=0.9", "exact=0.1"]).missed(figures).isEmpty, "the last one counts")
        for wrong in ["near=1", "exact", "exact=much", "=1", ""] {
            #expect(throws: EvaluationError.self, "\(wrong)") { try Floors(file: nil, given: [wrong]) }
        }
    }

    @Test func namesOfMetricsAreTheirOwn() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
    }
}
