import DocumentReading
import ProductFixture
import Testing

@testable import Documents

/// Cells of PDFs beside each other again.
@Suite struct PDFTablesTests {
    /// A page's text by poppler, one line of the text for each row of the page.
    private func text(_ content: String) async throws -> String {
        try await DocumentReader().read(SamplePDF(content).bytes, .pdf).pages[0].text
    }

    /// Rows from `top` downward, with a cell at each of the places; `nil` for none.
    private func rows(_ rows: [[String?]], at places: [Double], top: Double = 700, step: Double = 30) -> String {
        rows.enumerated().map { number, cells in
            zip(cells, places).map { cell, x in
                cell.map { SamplePDF.line($0, x: x, y: top - Double(number) * step) } ?? ""
            }.joined()
        }.joined()
    }

    private let tariffs: [[String?]] = [
        ["Tariff", "Before", "Now"], ["Day", "4 euros", "5 euros"], ["Night", "free", "2 euros"],
        ["Holidays", "not offered", "3 euros"],
    ]

    @Test func aRowIsALine() async throws {
        let found = try await text(
            SamplePDF.line("What parking costs:", y: 730) + rows(tariffs, at: [72, 200, 330])
                + SamplePDF.line("Ask at the desk.", y: 560))
        let lines = found.split(separator: "\n").map(String.init)
        #expect(lines.contains("Tariff\tBefore\tNow") && lines.contains("Holidays\tnot offered\t3 euros"), "\(found)")
        #expect(lines.contains("What parking costs:") && lines.contains("Ask at the desk."), "\(found)")
    }

    @Test func aCellOfSeveralLinesIsOne() async throws {
        let content =
            rows([["Area", "Hands", "Feet"]], at: [72, 200, 330]) + SamplePDF.line("Chemical", x: 72, y: 670)
            + SamplePDF.line("store", x: 72, y: 656) + SamplePDF.line("nitrile", x: 200, y: 670)
            + SamplePDF.line("boots", x: 330, y: 670)
            + rows([["Test bay", "leather", "shoes"]], at: [72, 200, 330], top: 626)
        let lines = try await text(content).split(separator: "\n").map(String.init)
        #expect(lines == ["Area\tHands\tFeet", "Chemical store\tnitrile\tboots", "Test bay\tleather\tshoes"])
    }

    @Test(arguments: [
        // Marks of a list, prose in two columns.
        [["1.", "Open the valve and wait."], ["2.", "Close it again."], ["3.", "Note the time."]],
        [["(a)", "by hand"], ["(b)", "by machine"], ["(c)", "not at all"]],
        [["1", "Open the vent."], ["2", "Press both keys."], ["3", "Close the vent."]],
    ])
    func itemsOfAListAreNoRows(items: [[String?]]) async throws {
        let found = try await text(rows(items, at: [72, 110], step: 20))
        #expect(!found.contains("\t"), "\(found)")
    }

    @Test func textInTwoColumnsIsNoTable() async throws {
        let line = "words of a column that goes on"
        let lines = (0..<12).map { [Optional("\($0) left \(line)"), Optional("\($0) right \(line)")] }
        let found = try await text(rows(lines, at: [50, 320], step: 14))
        #expect(!found.contains("\t") && found.contains("left"), "\(found)")
    }

    // MARK: - By their places alone

    private func words(_ cells: [(text: String, x: Double, y: Double)]) -> [PDFWords.Word] {
        var line = 0
        return cells.flatMap { cell in
            line += 1
            return cell.text.split(separator: " ").enumerated().map { index, word in
                let left = cell.x + Double(index) * 40
                let box = PDFBox(left: left, top: cell.y, right: left + 36, bottom: cell.y + 10)
                return PDFWords.Word(text: String(word), box: box, line: line)
            }
        }
    }

    private func laidOut(_ cells: [(text: String, x: Double, y: Double)]) -> String {
        let words = words(cells)
        var page = PDFPageText(cells.map(\.text).joined(separator: "\n\n"))
        let hasPlaces = page.place(words)
        #expect(hasPlaces)
        PDFTables.layOut(&page, words)
        return page.text
    }

    @Test func cellsThatAreNotThereAreLeftOut() {
        #expect(
            laidOut([
                ("Step", 0, 0), ("By", 100, 0), ("For", 200, 0), ("Note", 0, 20), ("nobody", 200, 20),
                ("Warning", 0, 40),
                ("HR", 100, 40), ("6 months", 200, 40),
            ]) == "Step\tBy\tFor\nNote\t\tnobody\nWarning\tHR\t6 months")
    }

    @Test func labelsThatComeBehindTheTableStandInTheirRows() {
        #expect(
            laidOut([
                ("Day", 0, 0), ("Pay", 200, 0), ("Each hour", 300, 0), ("Monday", 0, 20), ("38", 200, 20),
                ("24", 300, 20),
                ("62", 200, 40), ("36", 300, 40), ("95", 200, 60), ("48", 300, 60), ("Saturday and Sunday", 0, 40),
                ("Holidays", 0, 60), ("The end", 0, 120),
            ]) == "Day\tPay\tEach hour\nMonday\t38\t24\nSaturday and Sunday\t62\t36\nHolidays\t95\t48\n\nThe end")
    }

    /// There is no space in front of the page's first word that it could be put into.
    @Test func aLabelOfTheFirstWordsOfAPageIsNotLost() {
        let found = laidOut([
            ("38", 200, 0), ("24", 300, 0), ("20", 400, 0), ("Tuesday", 0, 20), ("38", 200, 20), ("24", 300, 20),
            ("20", 400, 20), ("Monday", 0, 0),
        ])
        #expect(found == "38\t24\t20\nTuesday\t38\t24\t20\n\nMonday")
    }

    @Test func whatStandsAroundStaysAsItIs() {
        #expect(
            laidOut([
                ("A heading", 0, 0), ("a", 0, 30), ("b", 100, 30), ("c", 0, 50), ("d", 100, 50), ("e", 0, 70),
                ("f", 100, 70), ("The end", 0, 120),
            ]) == "A heading\n\na\tb\nc\td\ne\tf\n\nThe end")
    }

    @Test func cellsThatTheTextHasColumnByColumnStayThere() {
        let cells: [(text: String, x: Double, y: Double)] = [
            ("Country", 0, 0), ("Capital", 200, 0), ("Austria", 0, 14), ("Belgium", 0, 28), ("Norway", 0, 42),
            ("Vienna", 200, 14), ("Brussels", 200, 28), ("Oslo", 200, 42),
        ]
        #expect(!laidOut(cells).contains("\t"))
    }

    @Test func twoRowsOfTwoAreNoTable() {
        let cells: [(text: String, x: Double, y: Double)] = [
            ("Left", 0, 0), ("Right", 300, 0), ("Down", 0, 20), ("Up", 300, 20),
        ]
        #expect(laidOut(cells) == "Left\n\nRight\n\nDown\n\nUp")
    }

    @Test func columnsThatDoNotStandBelowEachOtherAreNone() {
        let cells: [(text: String, x: Double, y: Double)] = [
            ("a", 0, 0), ("b", 100, 0), ("c", 50, 20), ("d", 150, 20), ("e", 0, 40), ("f", 250, 40),
        ]
        #expect(!laidOut(cells).contains("\t"))
    }
}
