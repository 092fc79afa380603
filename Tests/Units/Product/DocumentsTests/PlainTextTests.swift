import DocumentReading
import Documents
import Testing

/// Text files, and those of tables.
@Suite struct PlainTextTests {
    private func pages(_ bytes: [UInt8], _ type: MediaType = .text) async throws -> [String] {
        try await DocumentReader().read(bytes, type).pages.map(\.text)
    }

    @Test(arguments: [
        ("\u{1B}[32mOK\u{1B}[0m deploy finished in 42 s\u{7}\n", "OK deploy finished in 42 s"),
        ("\u{1B}]0;title\u{7}text \u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\", "text link"),
        ("\u{1B}(Bplain \u{1B}[1;31mred\u{1B}[m", "plain red"), ("N\u{8}NA\u{8}AM\u{8}ME\u{8}E", "NAME"),
        ("_\u{8}a_\u{8}b", "ab"), ("a\u{8}_b\u{8}_", "ab"), ("17 degrees\u{0} at sensor 4", "17 degrees at sensor 4"),
        ("a\u{0}b", "a b"), ("one\u{b}two", "one\ntwo"), ("a\u{1F}b\u{1E}c", "a b\nc"), ("end\u{1A}", "end"),
        ("cut \u{1B}[3", "cut"), ("\u{1B}", ""), ("\u{8}\u{8}x", "x"), ("10%\rdone", "10%\ndone"),
    ])
    func whatATerminalIsToldIsNotText(given: String, seen: String) async throws {
        #expect(try await pages(Array("Log:\n\(given)".utf8)) == [seen.isEmpty ? "Log:" : "Log:\n\(seen)"])
    }

    @Test(arguments: [
        ("a,b\n1,2\n", "a\tb\n1\t2"), ("a;b\n1,5;2\n", "a\tb\n1,5\t2"),
        ("\"x, y\",b\n\"1\"\"2\",3\n", "x, y\tb\n1\"2\t3"),
        ("\"two\nlines\",b\r\n1,2", "two lines\tb\n1\t2"), ("sep=|\na|b,c\n", "a\tb,c"), ("a\tb\n1\t2\n", "a\tb\n1\t2"),
        ("Just a sentence, and more.\nAnother one.\n", "Just a sentence, and more.\nAnother one."),
        ("a,b,,\n1,2,,\n", "a\tb\n1\t2"), ("a,b\r1,2\r3,4\r", "a\tb\n1\t2\n3\t4"),
        ("Product;Price\rCable;5\r", "Product\tPrice\nCable\t5"),
        ("a,\"b\"\r\n\"c\",d\r\n", "a\tb\nc\td"), ("a,b\n\"\",2\n\"x\"\"y\",3\n", "a\tb\n\t2\nx\"y\t3"),
    ])
    func tablesAreRowsOfCells(given: String, seen: String) async throws {
        #expect(try await pages(Array(given.utf8), .csv) == [seen])
    }

    @Test func aLongQuotationTakesNoLongerThanItIs() async throws {
        let cell = String(repeating: "x", count: 95_000)
        let found = try await pages(Array("a,b\n\"\(cell)\",1\n2,3\n".utf8), .csv)
        #expect(found == ["a\tb\n\(cell)\t1\n2\t3"])
    }

    @Test func theReportNamesTheEncoding() async throws {
        let reading = try DocumentReaderReport.read(Array("Größe".unicodeScalars.map { UInt8($0.value) }), .text)
        #expect(reading.encoding == "windows-1252" && reading.warnings.isEmpty)
    }
}
