import DocumentReading
import ProductFixture
import Testing

@testable import Documents

/// Hyphens at the ends of lines.
@Suite struct LineEndHyphensTests {
    private func restored(_ page: String, _ lines: String, elsewhere: [String] = []) -> String {
        LineEndHyphens([page] + elsewhere).restored(page, lines: lines)
    }

    @Test(arguments: [
        ("number AB1234-X and", "number AB-\n1234-X and", "number AB-1234-X and"),
        ("the reimbursement is", "the reimburse-\nment is", "the reimbursement is"),
        ("of the 20212024 plan", "of the 2021-\n2024 plan", "of the 2021-2024 plan"),
        ("in BadenBaden there", "in Baden-\nBaden there", "in Baden-Baden there"),
        ("an XMLbased form", "an XML-\nbased form", "an XML-based form"),
        ("no hyphen here", "no hyphen\nhere", "no hyphen here"), ("", "-\n-", ""), ("a b", "a -\nb", "a - b"),
        ("in PNABC77 now", "in PN-\nABC-\n77 now", "in PN-ABC-77 now"),
        ("type SKUXL is", "type SKU-\nXL is", "type SKU-XL is"), ("as ENISO has", "as EN-\nISO has", "as EN-ISO has"),
        ("PNXL", "PN-\nXL", "PN-XL"), ("TShirt and Xray", "T-\nShirt and X-\nray", "T-Shirt and X-ray"),
        ("QUALITY MANAGEMENT PLAN", "QUALITY MANAGE-\nMENT PLAN", "QUALITY MANAGEMENT PLAN"),
        ("a documentation of", "a docu-\nmenta-\ntion of", "a documentation of"),
    ])
    func whatBelongsToAWordComesBack(page: String, lines: String, expected: String) {
        #expect(restored(page, lines) == expected)
    }

    @Test(arguments: [
        ("Range 5 3 cases", "Range 5 -\n3 cases", "Range 5 - 3 cases"),
        ("Balance: 300 EUR", "Balance: -\n300 EUR", "Balance: - 300 EUR"),
        ("Balance: 300 EUR", "Balance:\n-\n300 EUR", "Balance: - 300 EUR"),
        ("EUR 1,see", "EUR 1,-\nsee", "EUR 1,- see"), ("it came -late", "it came --\nlate", "it came -- late"),
        ("of H(2)atoms", "of H(2)-\natoms", "of H(2)-atoms"), ("pre(war)", "pre-\n(war)", "pre-(war)"),
    ])
    func dashesComeBackWithTheirSpaces(page: String, lines: String, expected: String) {
        #expect(restored(page, lines) == expected)
    }

    @Test(arguments: [
        ("http://a.b/cd/e", "http://a.b/c-\nd/e", "http://a.b/c-d/e"),
        ("www.mysite.com.", "www.my-\nsite.com.", "www.my-site.com."),
        ("jane@northwind.org", "jane@north-\nwind.org", "jane@north-wind.org"),
        ("state-of-theart", "state-of-the-\nart", "state-of-the-art"),
        ("the costof-living", "the cost-\nof-living", "the cost-of-living"),
        ("and payment.", "and pay-\nment.", "and payment."),
    ])
    func addressesAndWordsOfSeveralPartsKeepTheirs(page: String, lines: String, expected: String) {
        #expect(restored(page, lines) == expected)
    }

    @Test func aWordMayStandForTheRestOfAnother() {
        #expect(restored("die Hauptund Nebensache", "die Haupt-\nund Nebensache") == "die Haupt- und Nebensache")
        #expect(restored("a 2or 3-day trip", "a 2-\nor 3-day trip") == "a 2- or 3-day trip")
        #expect(restored("the favor is", "the fav-\nor is", elsewhere: ["a favor"]) == "the favor is")
    }

    @Test func softHyphensAreShown() {
        #expect(
            LineEndHyphens.joined("docu\u{AD}\nment reim\u{2010}\nburse AB\u{AD}12\n\nend\u{AD}\n\nx")
                == "document reimburse AB-12\n\nend-\n\nx")
        #expect(LineEndHyphens.plain("AB\u{AD}12") == "AB-12")
    }

    @Test(arguments: [
        (["Range 5 -", "3 cases"], true), (["the PN-", "ABC is"], true), (["state-of-the-", "art"], true),
        (["Haupt-", "und Nebensache"], true), (["a docu-", "ment of"], false), (["a docu-", "menta-", "tion"], false),
        (["no hyphen", "here"], false), (["at the end-"], false), ([], false),
    ])
    func stretchesOfTextTellWhetherLinesAreNeeded(texts: [String], expected: Bool) {
        #expect(LineEndHyphens([]).mayBeLacking(in: texts) == expected)
    }

    @Test func aFileHasItsHyphens() async throws {
        var pdf = SamplePDF("")
        func shown(_ lines: [String]) async throws -> String {
            pdf.pages = [
                SamplePDF.Page(lines.enumerated().map { SamplePDF.line($1, y: 720 - 14 * Double($0)) }.joined())
            ]
            return try await DocumentReader().read(pdf.bytes, .pdf).pages[0].text
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        #expect(try await shown(["Range 5 -", "3 cases of a docu-", "ment."]) == "Range 5 - 3 cases of a document.")
        #expect(try await shown(["We have the SKU-", "XL of a range."]) == "We have the SKU-XL of a range.")
        let map =
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
            + "1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <20> <7D> <0020> endbfrange\n"
            + "2 beginbfchar <7E> <00AD> <7F> <2010> endbfchar endcmap end end"
        pdf.objects = ["<< /Length \(map.utf8.count) >>\nstream\n\(map)\nendstream"]
        pdf.fonts["F1"] = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 1000 0 R >>"
        #expect(
            try await shown(["One docu~", "ment reim\u{7F}", "bursed AB~12 and CD~", "34 end."])
                == "One document reimbursed AB-12 and CD-34 end.")
    }

    @Test func onlyWholeWordsThatStandAtALinesEndGetTheirs() {
        #expect(restored("a10 and a1 and a100", "a10 and a-\n1 and a100") == "a10 and a-1 and a100")
        #expect(restored("COVID19 or COVID19", "COVID-\n19 or COVID19") == "COVID-19 or COVID19")
    }

    @Test func manyHyphensTakeTimeThatGrowsWithThePage() {
        func page(_ count: Int) -> (String, String) {
            let words = (0..<count).map { ("part\($0)", "x\($0)") }
            return (words.map { $0 + $1 }.joined(separator: " "), words.map { "\($0)-\n\($1)" }.joined(separator: " "))
        }
        func seconds(_ count: Int) -> Double {
            let (joined, lines) = page(count)
            let time = ContinuousClock().measure { #expect(restored(joined, lines) != joined) }
            return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        }
        var (once, twice) = (0.0, Double.infinity)
        for _ in 0..<3 where twice > 3 * max(once, 0.05) { (once, twice) = (seconds(5000), seconds(10_000)) }
        #expect(twice <= 3 * max(once, 0.05), "\(once) s and \(twice) s")
    }

    @Test func theDocumentsOwnSpellingDecides() {
        #expect(
            restored("a wellknown rule", "a well-\nknown rule", elsewhere: ["is well-known."]) == "a well-known rule")
        #expect(
            restored("the email here", "the e-\nmail here", elsewhere: ["email, e-mail and email and email"])
                == "the email here")
    }

    @Test(arguments: [
        ("plain words only, nothing else", false), ("order AB1234-X now", true), ("in BadenBaden", true),
        ("wellknown and well-known", true), ("Dr. Smith paid 40 euros", false), ("", false),
    ])
    func linesAreReadOnlyWhereSomethingMayBeLacking(page: String, expected: Bool) {
        #expect(LineEndHyphens([page]).mayBeLacking == expected)
    }
}
