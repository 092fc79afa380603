import ChatMessages
import Testing

/// Names of files within answers.
struct MarkdownNameTests {
    @Test(arguments: [
        ("plan.pdf", "plan.pdf"), ("snake_case_name.txt", "snake_case_name.txt"), ("_draft_.md", "\\_draft\\_.md"),
        ("price *net*.txt", "price \\*net\\*.txt"), ("[a](b).pdf", "\\[a\\](b).pdf"), ("a<b>.txt", "a\\<b>.txt"),
        ("a\\b`c`|~d", "a\\\\b\\`c\\`\\|\\~d"), ("", ""),
    ])
    func namesAreShownAsTheyAre(name: String, escaped: String) {
        #expect(MarkdownName.escaped(name) == escaped)
        #expect(MarkdownName.plain(escaped) == name)
    }

    @Test(arguments: ["\\", "a\\", "C:\\temp", "\\n"])
    func whatWasNeverEscapedStays(text: String) {
        #expect(MarkdownName.plain(text) == text)
    }
}
