import DocumentReading
import Testing

@testable import Documents

/// Which short lines are headings.
@Suite struct HeadingRuleTests {
    @Test(arguments: [
        ("Vision care", "Vision care"), ("## Vision care", "Vision care"), ("= = Reception = =", "Reception"),
        ("3.2 Vision care", "3.2 Vision care"), ("食堂案内", "食堂案内"), ("BENEFITS", "BENEFITS"),
    ])
    func areTaken(line: String, heading: String) {
        #expect(HeadingRule.heading(Array(line.unicodeScalars)[...]) == heading)
    }

    @Test(arguments: [
        "It is closed.", "Where is it?", "lower case", "| Plan | Cost |", "Plan\tCost", "Bronze  5000  40", "- an item",
        "12", "",
        "Costs:", "A line of many words that goes on and on and on until it is a sentence",
    ])
    func areNot(line: String) { #expect(HeadingRule.heading(Array(line.unicodeScalars)[...]) == nil) }

    @Test func aPassageKnowsTheHeadingAboveItAcrossPages() {
        let body = String(repeating: "The frames are paid every second year. ", count: 40)
        let text = ExtractedText(pageTexts: ["Vision care\n\n" + body, body])
        let passages = PassageSplitter().passages(of: text)
        #expect(passages.count > 3)
        #expect(passages.first?.heading == nil && passages.dropFirst().allSatisfy { $0.heading == "Vision care" })
    }
}
