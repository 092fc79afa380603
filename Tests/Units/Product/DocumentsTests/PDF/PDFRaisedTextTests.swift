import DocumentReading
import ProductFixture
import Testing

@testable import Documents

/// Digits above and below the line.
@Suite struct PDFRaisedTextTests {
    private func text(_ content: String) async throws -> String {
        try await DocumentReader().read(SamplePDF(content).bytes, .pdf).pages[0].text
    }

    /// Pieces of one line: at the size of the text, or small and so many points above it.
    private func line(_ pieces: [(String, Double?)], size: Double = 12, y: Double = 720) -> String {
        "BT 72 \(y) Td "
            + pieces.map { text, rise in
                rise.map { "/F1 \(size * 0.6) Tf \($0) Ts (\(text)) Tj " } ?? "/F1 \(size) Tf 0 Ts (\(text)) Tj "
            }.joined() + "ET\n"
    }

    @Test(
        arguments: [
            ([("A total of 10", nil), ("6", 5), (" cells", nil)], "A total of 10⁶ cells"),
            ([("x", nil), ("2", 4), (" + y", nil), ("2", 4), (" = 1", nil)], "x² + y² = 1"),
            ([("12 m", nil), ("2", 5), (" of floor and CO", nil), ("2", -2.5), (".", nil)], "12 m² of floor and CO₂."),
            ([("10", nil), ("-3", 5), (" kg", nil)], "10⁻³ kg"),
            ([("We saw 4,200", nil), ("1", 5), (" cases", nil)], "We saw 4,200¹ cases"),
            ([("As was shown.", nil), ("12", 5)], "As was shown.¹²"),
            ([("Ca", nil), ("2+", 5), (" and 2", nil), ("n", 5), (" steps", nil)], "Ca²⁺ and 2ⁿ steps"),
            ([("It was 4,200", nil), ("1,2", 5)], "It was 4,200¹,²"),
            ([("H", nil), ("2", -3), ("SO", nil), ("4", -3)], "H₂SO₄"),
            ([("On the 1", nil), ("st", 5), (" of May", nil)], "On the 1st of May"),
        ] as [([(String, Double?)], String)])
    func whatStandsAboveOrBelowKeepsItsPlace(pieces: [(String, Double?)], expected: String) async throws {
        #expect(try await text(line(pieces)) == expected)
        #expect(try await text(line(pieces, size: 9, y: 300)) == expected)
    }

    /// As TeX and others write it: every piece by its own place.
    @Test func piecesWithPlacesOfTheirOwnComeToTheirWord() async throws {
        let content =
            "BT /F1 12 Tf 72 720 Td (Power 10) Tj ET BT /F1 7 Tf 122.4 726.5 Td (-3) Tj ET BT /F1 12 Tf 131 720 Td (kg.) Tj ET"
        #expect(try await text(content) == "Power 10⁻³ kg.")
    }

    @Test(
        arguments: [
            // Small, on the same line.
            [("Room 10", nil), ("6", 0), (" upstairs", nil)],
            [("10", nil), ("6", nil), (" m", nil)],
        ] as [[(String, Double?)]])
    func digitsOnTheLineStayWhatTheyAre(pieces: [(String, Double?)]) async throws {
        let found = try await text(line(pieces))
        #expect(found == pieces.map(\.0).joined())
    }

    @Test func smallDigitsFarFromTheTextStayWhatTheyAre() async throws {
        let found = try await text(SamplePDF.line("The text.") + SamplePDF.line("14", size: 6, x: 300, y: 40))
        #expect(found.contains("14") && found.contains("The text."))
    }

    @Test func everyPlaceIsTakenByItself() async throws {
        let found = try await text(
            line([("Model x2 of 10", nil), ("6", 5), (" parts", nil)])
                + line([("x", nil), ("2", 5), (" and 106 of it", nil)], y: 690))
        #expect(found.split(separator: "\n") == ["Model x2 of 10⁶ parts", "x² and 106 of it"])
    }

    @Test func hyphensStayBesideRaisedText() async throws {
        let found = try await text(
            line([("Order AB-", nil)]) + line([("1234-X of 10", nil), ("6", 5), (" and reimburse-", nil)], y: 706)
                + line([("ment.", nil)], y: 692))
        #expect(found == "Order AB-1234-X of 10⁶ and reimbursement.")
    }
}
