import LinearRegex
import TestSupport
import Testing

@Suite struct LinearRegexTests {
    @Test(arguments: [
        ("abc", "xabcx", true), ("^abc", "xabc", false), ("abc$", "abcx", false), ("a.c", "a\nc", false),
        ("(?s)a.c", "a\nc", true), ("(?m)^b", "a\nb", true), ("^b", "a\nb", false), ("(?i)straße", "STRAßE", true),
        ("(?i)k", "\u{212A}", true), ("(?i)[a-c]x", "BX", true), ("\\d+", "٣", true), ("^\\w+$", "naïve_1", true),
        ("\\bfox\\b", "a fox!", true), ("\\bfox\\b", "foxes", false), ("é\\b", "é!", true), ("\\B", "", true),
        ("a{2,3}b", "aab", true), ("^a{2,3}$", "aaaa", false), ("^(a|bc)+$", "abcbca", true), ("", "", true),
        ("[[:alpha:]&&[^x]]", "x", false), ("[a-z--[aeiou]]", "e", false), ("[a-z~~[c-e]]", "d", false),
        ("[]a]", "]", true), ("[^\\d\\s]", "7 ", false), ("\\p{Lu}", "é", false), ("\\p{Lu}", "É", true),
        ("\\PL", "ab", false), ("\\p{^L}", "a1", true), ("\\x41\\x{42}\\u0043", "ABC", true),
        ("(?x) a b # comment\n c", "abc", true), ("(?P<year>\\d{4})-(?<m>\\d\\d)", "on 2024-05", true),
        ("(?:a|b)??c", "c", true), ("\\Aab\\z", "ab", true), ("x*", "yyy", true), ("(?i:A)b", "aB", false),
        ("\\b{start}fox\\b{end}", "the fox", true), ("\\<fox\\>", "foxy", false), ("日本.", "日本語", true),
        ("(a*)*b", String(repeating: "a", count: 40), false), ("[\\w--\\d]", "5", false), ("(|a)+$", "aaa", true),
    ])
    func matches(pattern: String, text: String, expected: Bool) throws {
        #expect(try LinearPattern(pattern).matches(text) == expected)
    }

    @Test(arguments: [
        "(", ")", "[", "a**b{", "*a", "a{3,2}", "a{99999}", "(?=a)", "(?<!a)", "\\1", "[z-a]", "\\p{Nothing}", "\\q",
        "(?<a>x)(?<a>y)", "\\x{110000}", "(?y)", "a{2000}{2000}", "(?i", "[a", "\\", "(?P<1a>x)", "\\u12",
    ])
    func refuses(pattern: String) { #expect(throws: LinearRegexError.self) { try LinearPattern(pattern) } }

    @Test(arguments: ["(?-u:\\d)", "(?-u).", "(?-u:\\xFF)", "(?-u:[^a])"])
    func refusesPartsOfCharacters(pattern: String) {
        let error = #expect(throws: LinearRegexError.self) { try LinearPattern(pattern) }
        #expect(error?.kind == .bytes)
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "(", count: 100_000) + String(repeating: ")", count: 100_000)
        #expect(throws: LinearRegexError.self) { try LinearPattern(deep) }
    }

    /// Patterns that take a backtracking engine longer than the age of the universe.
    @Test(.timeLimit(.minutes(10)), arguments: ["(a+)+$", "(a|aa)+$", "(.*a){12}$", "(x+x+)+y"])
    func takesLinearTime(pattern: String) throws {
        let regex = try LinearPattern(pattern)
        #expect(!regex.matches(String(repeating: "a", count: 4000) + "!"))
    }
}
