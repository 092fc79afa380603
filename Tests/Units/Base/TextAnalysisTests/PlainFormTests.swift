import Testing

@testable import TextAnalysis

/// A text without the forms that are only looks.
@Suite struct PlainFormTests {
    @Test(arguments: [
        ("certiﬁcate for oﬀshore ﬂights", "certificate for offshore flights"), ("ＡＢＣ－１２３", "ABC-123"),
        ("the manufacturer’s “warranty”", "the manufacturer's \"warranty\""), ("2021–2024", "2021-2024"),
        ("re\u{AD}im\u{200B}bursement", "reimbursement"), ("½ l, ③, Ⅳ, ㎏", "1⁄2 l, 3, IV, kg"),
        ("⼈⼝", "人口"), ("ｱﾊﾟｰﾄ", "アパート"), ("ﻣﺮﺣﺒﺎ", "مرحبا"), ("e\u{301}te\u{301}", "été"), ("が", "が"), ("한글", "한글"),
        ("plain", "plain"), ("", ""),
    ])
    func plain(text: String, expected: String) { #expect(PlainForm.of(text) == expected) }
}
