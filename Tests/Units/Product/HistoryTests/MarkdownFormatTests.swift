import JSONCoding
import Testing

@testable import History

/// What is written for people to read.
@Suite struct MarkdownFormatTests {
    @Test(arguments: [
        ("It is so [1], and so [2].", "It is so [^7], and so [2]."),
        ("A [1](https://x.example) link", "A [1](https://x.example) link"),
        ("`[1]` and ``a ` [1]`` and ` [1]", "`[1]` and ``a ` [1]`` and ` [^7]"),
        ("```\n[1] <b>\n``` x\n```\n[1]", "```\n[1] <b>\n``` x\n```\n[^7]"),
        ("~~~\n[1]", "~~~\n[1]\n~~~"),
        (
            "<script>alert(1)</script> ![x](https://x.example/y.png)",
            "&lt;script>alert(1)&lt;/script> \\![x](https://x.example/y.png)"
        ),
        ("a\r\nb [1][1]", "a\nb [^7][^7]"), ("[1234567] [] [x] [", "[1234567] [] [x] ["), ("", ""),
    ])
    func marksBecomeFootnotesAndNothingRuns(_ text: String, _ expected: String) {
        #expect(MarkdownText.marked(text, [1: 7]).text == expected)
    }

    @Test func aLineHasNoMarkup() {
        #expect(
            MarkdownText.inline("a *b*\n[c](d) <e> `f` # |g|") == "a \\*b\\* \\[c\\](d) \\<e\\> \\`f\\` \\# \\|g\\|")
    }

    @Test(arguments: [
        ("Costs of 2026", "Costs of 2026.json"), ("a/b\\c:d*e?f\"g<h>i|j", "a b c d e f g h i j.json"),
        ("..", "chat.json"), ("  ", "chat.json"), ("../../etc/passwd", "etc passwd.json"), (".hidden", "hidden.json"),
        ("a.", "a.json"), ("a\u{202E}b\u{0}c\nd", "a b c d.json"), ("日本語", "日本語.json"),
        (String(repeating: "x", count: 300), String(repeating: "x", count: 80) + ".json"),
        ("v1.2 of . it", "v1.2 of . it.json"),
    ])
    func filesHaveNamesThatFilesCanHave(_ name: String, _ expected: String) {
        #expect(AttachmentName(name, extension: "json").text == expected)
    }

    @Test func aNameIsSaidForNewAndOldClients() {
        #expect(
            AttachmentName("Ü \"1\"", extension: "md").disposition
                == "attachment; filename=\"_ 1.md\"; filename*=UTF-8''%C3%9C%201.md")
    }
}
