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
