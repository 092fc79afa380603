import DocumentReading
import Documents
import Testing

/// Documents in the Rich Text Format.
@Suite struct RichTextTests {
    private func pages(_ body: String) async throws -> [String] {
        let file =
            "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}{\\f1\\fcharset204 Arial Cyr;}{\\f2\\fcharset128 MS;}}\(body)}"
        return try await DocumentReader().read(Array(file.utf8), .rtf).pages.map(\.text)
    }

    @Test(arguments: [
        ("\\f0\\fs24 The deposit is \\b 300\\b0  euros, M\\'fcnchen.\\par", "The deposit is 300 euros, München."),
        ("One.\\par Two.", "One.\n\nTwo."), ("a\\line b\\tab c", "a\nb\tc"), ("\\{x\\} \\\\", "{x} \\"),
        ("{\\f1 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2} and \\'e9", "Привет and é"), ("{\\f2 \\'95\\'db\\'8f\\'d8}", "保証"),
        ("{\\f2 \\'83A}", "ア"), ("\\u8364?49 \\uc0\\u8211 x", "€49 –x"), ("{\\uc2\\u8364\\'80\\'80}x", "€x"),
        ("\\u-10179?\\u-8704?", "😀"), ("10{\\super 6} m\\super 2\\nosupersub ", "10⁶ m²"), ("H{\\sub 2}O", "H₂O"),
        ("a{\\*\\unknown hidden}b{\\pict 0102ff}c", "abc"), ("{\\info{\\title T}}x", "x"), ("\\bin4 {{{{x", "x"),
        ("{\\field{\\*\\fldinst HYPERLINK \"http://x\"}{\\fldrslt link}}", "link"),
        ("\\lquote a\\rquote  \\emdash", "‘a’ —"),
        (
            "\\trowd\\intbl Plan\\cell Price\\cell\\row\\intbl Plus\\cell 5\\cell\\row\\pard End",
            "Plan\tPrice\nPlus\t5\nEnd"
        ),
        ("{\\upr{?}{\\*\\ud{\\u937?}}}", "Ω"), ("Text{\\footnote A note.} goes on", "Text [A note.] goes on"),
        ("{\\listtext 1.\\tab}First\\par", "1.\tFirst"), ("non\\_breaking opt\\-ional", "non‑breaking optional"),
    ])
    func theTextIsRead(body: String, seen: String) async throws { #expect(try await pages(body) == [seen]) }

    @Test func aFontOfNoAlphabetHasTheDocuments() async throws {
        let file =
            "{\\rtf1\\ansi\\ansicpg1251\\deff1{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset161 B;}}\\f0 \\'cf\\'f0}"
        #expect(try await DocumentReader().read(Array(file.utf8), .rtf).pages[0].text == "Пр")
    }

    @Test func lettersOfSymbolFontsAreSigns() async throws {
        let file =
            "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}{\\f3\\fcharset2 Symbol;}{\\f4\\fcharset2 Wingdings;}}Temperature "
            + "{\\f3\\'b3} 40, 10 {\\f3 m}m {\\f4\\'fc}{\\f3\\u-3917?}}"
        #expect(try await DocumentReader().read(Array(file.utf8), .rtf).pages[0].text == "Temperature ≥ 40, 10 μm ✓≥")
    }

    @Test func pagesAreCounted() async throws {
        #expect(try await pages("One.\\page Two.") == ["One.", "Two."])
        #expect(try await pages("One.\\par\\pagebb Two.") == ["One.", "Two."])
    }

    @Test func hiddenTextIsLeftOutAndReported() async throws {
        let file = "{\\rtf1 Public. {\\v Margin is 40.}\\v Too.\\v0  Shown. {\\fs2 tiny}{\\deleted gone}}"
        #expect(try await DocumentReader().read(Array(file.utf8), .rtf).pages[0].text == "Public.  Shown.")
        let report = try DocumentReaderReport.read(Array(file.utf8), .rtf)
        #expect(report.hidden.map(\.sample) == ["Margin is 40.", "Too.", "tiny", "gone"])
    }

    @Test(arguments: [
        "{\\rtf1 cut", "{\\rtf1 a}}}}b", "{\\rtf1\\'", "{\\rtf1\\'z", "{\\rtf1\\u", "{\\rtf1\\bin99999999999 x",
        "{\\rtf1\\u55357 x}",
        "{\\rtf1\\uc99999\\u1 x}", "{\\rtf1 \\\n", "{\\rtf1{\\fonttbl{\\f99999999999\\fcharset77777 x}}",
    ])
    func brokenFilesNeverTrap(file: String) async { _ = try? await DocumentReader().read(Array(file.utf8), .rtf) }

    @Test func depthHasALimit() async {
        let deep = "{\\rtf1" + String(repeating: "{", count: 100_000)
        await #expect(throws: ExtractionError.self) { try await DocumentReader().read(Array(deep.utf8), .rtf) }
    }
}
