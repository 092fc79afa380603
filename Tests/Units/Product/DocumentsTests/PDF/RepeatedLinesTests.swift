import DocumentReading
import Testing

@testable import Documents

/// Headers and footers.
@Suite struct RepeatedLinesTests {
    private func passages(_ pages: [String]) -> [[String]] {
        let text = ExtractedText(pageTexts: pages)
        let repeated = RepeatedLines(text)
        let scalars = Array(pages.joined(separator: "\u{c}").unicodeScalars)
        return text.pages.map { page in
            let rest = repeated.without(page)
            var heading: String?
            var found: [String] = []
            PassageSplitter().forEachPassage(of: rest, under: &heading) { passage in
                found.append(passage.text)
                #expect(String(String.UnicodeScalarView(scalars[passage.start..<passage.end])) == passage.text)
                #expect(passage.page == page.number)
            }
            return found
        }
    }

    private let bodies = [
        "The first text.", "Another matter is told.", "A third thing, at last.", "The end of it.", "Über alles.",
    ]

    @Test(arguments: [
        ("Employee Handbook 2024", "Page 1"), ("Acme • Confidential", "1 / 5"), ("", "– 1 –"),
        ("Handbook 2024, page 1", ""),
        ("Acme Ltd.\n12 High Street", "Issue 7 of 2023      1"),
    ])
    func whatRepeatsStandsInPassagesOfItsFirstPageOnly(head: String, foot: String) {
        func edge(_ text: String, _ page: Int) -> String {
            text.split(separator: " ", omittingEmptySubsequences: false).map { $0 == "1" ? "\(page)" : String($0) }
                .joined(separator: " ")
        }
        let pages = bodies.enumerated().map {
            "\(edge(head, $0.offset + 1))\n\n\($0.element)\n\n\(edge(foot, $0.offset + 1))"
        }
        let found = passages(pages)
        #expect(found.dropFirst().map { $0.joined().split(separator: "\n").joined() } == Array(bodies.dropFirst()))
        #expect(found[0].joined().contains(bodies[0]))
        for line in (head + "\n" + foot).split(separator: "\n") { #expect(found[0].joined().contains(line)) }
    }

    @Test func whatStandsOnFewPagesStays() {
        let two = ["Title\n\nOne.", "Title\n\nTwo."]
        #expect(passages(two).map { $0.joined().hasPrefix("Title") } == [true, true])
        let half = (0..<8).map { ($0 < 4 ? "Title\n\n" : "Other \($0 * $0)\n\n") + "Text." }
        #expect(
            passages(half).map { $0.joined().hasPrefix("Title") } == [
                true, true, true, true, false, false, false, false,
            ])
    }

    @Test func pagesOfNothingElseStay() {
        #expect(passages((1...5).map { "Page \($0)." }) == (1...5).map { ["Page \($0)."] })
        #expect(passages(["Same.", "Same.", "Same.", "Same."]) == [["Same."], ["Same."], ["Same."], ["Same."]])
        #expect(passages(["", "", ""]) == [[], [], []])
    }

    @Test func numbersThatDoNotCountWithThePagesAreText() {
        let pages = [3, 8, 9, 40, 2].map { "Result \($0)\n\nText of it." }
        #expect(passages(pages).map { $0.joined().hasPrefix("Result") } == [true, true, true, true, true])
    }

    @Test func linesInTheMiddleStay() {
        let pages = (1...5).map { "a\($0)b\nc\($0)d\ne\($0)f\nSame line\ng\($0)h\ni\($0)j\nk\($0)l" }
        #expect(passages(pages).allSatisfy { $0.joined().contains("Same line") })
    }
}
