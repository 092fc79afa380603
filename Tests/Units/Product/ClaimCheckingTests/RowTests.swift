import Testing

@testable import ClaimChecking

/// A value of a table counts for its row and its column.
@Suite struct RowTests {
    /// As readers of HTML and DOCX, Markdown and PDF leave a table.
    static let tables = [
        "Plan\tDeductible\tCopay\nGold\t500\t20\nSilver\t1500\t40\nBronze\t4000\t60",
        "| Plan | Deductible | Copay |\n|---|---|---|\n| Gold | 500 | 20 |\n| Silver | 1500 | 40 |\n| Bronze | 4000 | 60 |",
        "Plan\n\nDeductible\n\nCopay\n\nGold\n\n500\n\n20\n\nSilver\n\n1500\n\n40\n\nBronze\n\n4000\n\n60",
    ]

    @Test(
        arguments: tables,
        [
            ("The deductible of the Silver plan is 1,500.", true), ("The deductible of the Silver plan is 500.", false),
            ("The deductible of the Gold plan is 500.", true), ("The copay of the Gold plan is 500.", false),
            ("The copay of the Bronze plan is 60.", true),
            ("The copay of the Bronze plan is 40.", false),
        ])
    func theRowAndTheColumnCount(table: String, claim: (String, Bool)) {
        #expect((judged(claim.0, by: table) == .supported) == claim.1)
    }

    @Test func theQuoteIsTheRow() throws {
        let passage = CitedPassage(number: 1, name: "plans.html", text: "Plans of 2026.\n\n" + Self.tables[0])
        let checked = try #require(SupportChecker().check("Silver has a copay of 40 [1].", passages: [passage]).first)
        let range = try #require(checked.quotes.first?.range)
        let scalars = Array(passage.text.unicodeScalars)
        #expect(String(String.UnicodeScalarView(scalars[range])) == "Silver\t1500\t40")
    }
}
