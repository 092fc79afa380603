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
        ("no hyphen here", "no hyphen\nhere", "no hyphen here"), ("", "-\n-", ""), ("a b", "a -\nb", "a b"),
    ])
    func whatBelongsToAWordComesBack(page: String, lines: String, expected: String) {
        #expect(restored(page, lines) == expected)
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
