import Catalog
import JSONCoding
import Testing

/// What people say of documents, as it is read.
struct DocumentFactsTests {
    private func facts(_ body: JSONValue) throws -> DocumentFacts {
        var reader = try FieldReader(body, allowed: DocumentFacts.names)
        let facts = DocumentFacts(body, &reader)
        try reader.finish()
        return facts
    }

    private func filter(_ body: JSONValue) throws -> DocumentFilter {
        var reader = try FieldReader(body, allowed: DocumentFilter.names)
        let filter = DocumentFilter(&reader)
        try reader.finish()
        return filter
    }

    @Test func tagsAreKeptOnceInSmallLettersAndComposed() throws {
        let said = try facts(["tags": ["HR", "hr", "  Year   2025 ", "E\u{301}te\u{301}"]])
        #expect(said.tags == ["hr", "year 2025", "\u{E9}t\u{E9}"])
        #expect(said.tags?.last?.unicodeScalars.count == 3)
        #expect(try facts([:]).tags == nil && facts(["tags": .null]).tags == [] && facts(["tags": []]).tags == [])
    }

    @Test(arguments: [
        [""], ["  "], ["a,b"], ["a\u{202E}b"], [String(repeating: "x", count: 51)], (0...20).map(String.init),
    ])
    func whatIsNoTagIsRefused(tags: [String]) {
        do {
            _ = try facts(["tags": .strings(tags)])
            Issue.record("\(tags) were taken")
        } catch let error as InvalidFields {
            #expect(error.problems.first?.field == "tags")
        } catch { Issue.record(error) }
    }

    @Test func factsAreSaidTakenAwayAndRefused() throws {
        let said = try facts(["source": " The  intranet ", "author": .null, "date": "2024-02-29"])
        #expect(said.source == "The intranet" && said.author == "" && said.date == "2024-02-29")
        #expect(try facts(["date": .null]).date == "")
        for body: JSONValue in [["date": "2025-02-29"], ["date": "yesterday"], ["source": "a\u{0}b"], ["author": 5]] {
            #expect(throws: InvalidFields.self) { try facts(body) }
        }
    }

    @Test func aFilterHasDaysInTheirOrder() throws {
        #expect(try filter([:]).isEverything)
        #expect(try filter(["after": "2025-01-01", "before": "2026-01-01"]).isEverything == false)
        for body: JSONValue in [
            ["after": "2025-01-01", "before": "2025-01-01"], ["before": "1.1.2025"], ["tags": "hr"], ["after": 2025],
        ] { #expect(throws: InvalidFields.self) { try filter(body) } }
    }
}
