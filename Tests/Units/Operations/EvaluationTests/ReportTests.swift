import JSONCoding
import Testing

@testable import Evaluation

struct ReportTests {
    private let hostile = "<script>alert('&\"')</script>\u{0}"

    private var hostileRun: EvaluationRun {
        get throws {
            let place = Place(hostile, page: 1)
            let question = Question(
                id: hostile, text: hostile, answers: [hostile], places: [place], evidence: [hostile])
            return run([
                AskedQuestion(question, .answered(try answer(hostile, found: [place], cited: [place]))),
                AskedQuestion(Question(id: "n", text: hostile, isAnswerable: false), .failed(hostile)),
            ])
        }
    }

    @Test func whatDocumentsAndModelsWroteIsTextInTheReport() throws {
        let run = try hostileRun
        for html in [HTMLReport.html(run), HTMLReport.html(try Comparison(run, run), run, run)] {
            #expect(!html.contains("<script") && !html.contains("\u{0}"))
            #expect(html.contains("default-src 'none'"))
            for outside in ["http:", "https:", "src=", "href=", "url(", "@import"] { #expect(!html.contains(outside)) }
        }
        #expect(HTMLReport.html(run).contains("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\u{FFFD}"))
    }

    @Test func whatWentWrongComesFirst() throws {
        let right = Question(id: "right", text: "a", answers: ["7"])
        let wrong = Question(id: "wrong", text: "a", answers: ["8"])
        let none = Question(id: "none", text: "a", answers: ["9"])
        let html = HTMLReport.html(
            run([
                AskedQuestion(right, .answered(try answer("7"))), AskedQuestion(wrong, .answered(try answer("7"))),
                AskedQuestion(none, .failed("no")),
            ]))
        let places = ["<code>none", "<code>wrong", "<code>right"].compactMap { html.firstRange(of: $0)?.lowerBound }
        #expect(places.count == 3 && places == places.sorted())
    }

    @Test func tablesHaveALineForEachFigure() throws {
        let run = try hostileRun
        let text = TextReport.text(run)
        for figure in run.figures { #expect(text.contains("\n\(figure.metric.name) "), "\(figure.metric.name)") }
        #expect(text.contains("no answer to n: "))
        let compared = TextReport.text(try Comparison(run, run))
        #expect(compared.contains("questions that changed: 0") && compared.contains("same"))
    }
}
