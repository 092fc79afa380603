import LinearRegex
import TestSupport
import Testing

/// The syntax of Rust's `regex` crate as its documentation gives it (docs.rs/regex, "Syntax"), section by section, and
/// UTS #18 for what is Unicode's.
@Suite struct SyntaxTableTests {
    private func check(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try LinearPattern(pattern).matches(text) == expected, "\(pattern) on \(text.debugDescription)")
    }

    @Test(arguments: [
        (".", "\n", false), (".", "\r", true), (".", "\u{2028}", true), (".", "", false), ("(?s).", "\n", true),
        ("^.$", "😀", true), ("^..$", "e\u{301}", true), ("[xyz]", "y", true), ("[^xyz]", "y", false),
        ("[^xyz]", "\n", true), ("[a-z]", "A", false), ("\\pN", "Ⅷ", true), ("\\p{Greek}|\\p{L}", "λ", false),
        ("[x[^xyz]]", "x", true), ("[x[^xyz]]", "y", false), ("[a-y&&xyz]", "y", true), ("[a-y&&xyz]", "z", false),
        ("[0-9&&[^4]]", "4", false), ("[0-9--4]", "4", false), ("[0-9--4]", "5", true), ("[a-g~~b-h]", "a", true),
        ("[a-g~~b-h]", "c", false), ("[\\[\\]]", "]", true), ("[a&&b]", "ab", false), ("[-a]", "-", true),
        ("[a-]", "-", true), ("[]-a]", "^", true), ("[^]]", "]", false), ("[a\\-z]", "m", false),
    ])
    func oneCharacter(pattern: String, text: String, expected: Bool) throws {
        // The crate knows scripts; this one does not, and says so.
        if pattern.contains("Greek") {
            #expect(throws: LinearRegexError.self) { try LinearPattern(pattern) }
        } else {
            try check(pattern, text, expected)
        }
    }

    @Test(arguments: [
        ("xy", "axyb", true), ("xy", "x y", false), ("x|y", "y", true), ("^(?:x|yz)$", "yz", true),
        ("^(x|)$", "", true),
        ("a|b|", "zzz", true), ("^a|b$", "ax", true), ("^a|b$", "xb", true), ("^a|b$", "xax", false),
        ("^(?:a|b)$", "ax", false),
    ])
    func sequencesAndAlternatives(pattern: String, text: String, expected: Bool) throws {
        try check(pattern, text, expected)
    }

    @Test(arguments: [
        ("^x*$", "", true), ("^x+$", "", false), ("^x?$", "xx", false), ("^x{2}$", "xx", true),
        ("^x{2}$", "xxx", false),
        ("^x{2,}$", "xxxxx", true), ("^x{2,}$", "x", false), ("^x{0}$", "", true), ("^x{0}$", "x", false),
        ("^x{0,2}$", "xx", true), ("^x{0,2}$", "xxx", false), ("^(?:ab){2,3}$", "ababab", true),
        ("^(?:ab){2,3}$", "abababab", false), ("^x{2}{2}$", "xxxx", true), ("^(x*)*$", "xxx", true),
        ("^(?:x?){3}$", "xx", true), ("^(?:){5}$", "", true), ("^x*?$", "xxx", true), ("^x{1,2}?$", "xx", true),
        ("^(?:a*b*)*$", "abba", true),
    ])
    func repetitions(pattern: String, text: String, expected: Bool) throws { try check(pattern, text, expected) }

    @Test(arguments: [
        ("^a$", "a\n", false), ("(?m)^a$", "b\na\nc", true), ("(?m)^a$", "b\r\na\r\nc", false),
        ("(?m)^$", "a\n\nb", true),
        ("\\Aa", "ba", false), ("a\\z", "a\n", false), ("(?m)\\Aa", "b\na", false), ("(?m)a\\z", "a\nb", false),
        ("\\ba", "ba", false), ("\\ba", "-a", true), ("\\Ba", "ba", true), ("\\b", "", false), ("\\b", "--", false),
        ("\\bд", "жд", false), ("\\b{start}a", "ba", false), ("a\\b{end}", "ab", false),
        ("\\b{start-half}a", "-a", true),
        ("\\b{start-half}-", "a-", false), ("a\\b{end-half}", "a-", true), ("-\\b{end-half}", "-a", false),
        ("x\\b", "x\u{301}", false),
    ])
    func placesBetweenCharacters(pattern: String, text: String, expected: Bool) throws {
        try check(pattern, text, expected)
    }

    @Test(arguments: [
        ("(?i)ABC", "abc", true), ("(?i)a(?-i)b", "AB", false), ("(?i)a(?-i)b", "Ab", true), ("a(?i:b)c", "aBc", true),
        ("a(?i:b)c", "aBC", false), ("(?:(?i)a)b", "AB", false), ("(?is)a.B", "A\nb", true),
        ("(?s-i:a.)", "A\n", false),
        ("(?x)a\\ b", "a b", true), ("(?x) [a b] ", " ", false), ("(?x)a # b", "a", true), ("(?U)a+", "aa", true),
        ("(?i)[^a]", "A", false), ("(?i)[k]", "\u{212A}", true), ("(?i)s", "ſ", true), ("(?i)σ", "ς", true),
        ("(?i)Σ", "ς", true), ("(?i)ß", "ẞ", true), ("(?i)é", "É", true), ("(?i)[а-я]", "Ж", true),
        ("(?i)1", "1", true),
    ])
    func flags(pattern: String, text: String, expected: Bool) throws { try check(pattern, text, expected) }

    @Test(arguments: [
        ("\\*\\.\\+\\?", "*.+?", true), ("\\a\\f\\t\\n\\r\\v", "\u{7}\u{C}\t\n\r\u{B}", true),
        ("\\x7F", "\u{7F}", true),
        ("\\x{10FFFF}", "\u{10FFFF}", true), ("\\u007F", "\u{7F}", true), ("\\u{7F}", "\u{7F}", true),
        ("\\U0000007F", "\u{7F}", true), ("\\U{1F600}", "😀", true), ("\\-\\&\\~\\#", "-&~#", true), ("\\/", "/", true),
        ("}", "}", true), ("]", "]", true), ("\\{", "{", true),
    ])
    func escapes(pattern: String, text: String, expected: Bool) throws { try check(pattern, text, expected) }

    /// UTS #18, annex C, and UAX #44 for the categories.
    @Test(arguments: [
        ("^\\d$", "9", true), ("^\\d$", "९", true), ("^\\d$", "²", false), ("^\\D$", "x", true),
        ("^\\s$", "\u{A0}", true),
        ("^\\s$", "\u{3000}", true), ("^\\s$", "\u{200B}", false), ("^\\S$", "\u{85}", false), ("^\\w$", "_", true),
        ("^\\w$", "é", true), ("^\\w$", "\u{301}", true), ("^\\w$", "\u{200D}", true), ("^\\w$", "-", false),
        ("^\\W$", "€", true), ("^\\p{Lu}$", "Ä", true), ("^\\p{Lowercase}$", "ª", true), ("^\\p{gc=Nd}$", "٣", true),
        ("^\\p{General_Category: Letter}$", "字", true), ("^\\p{Sc}$", "€", true), ("^\\p{Emoji}$", "😀", true),
        ("^\\P{L}$", "1", true), ("^\\p{white space}$", " ", true), ("^[\\pL\\d]+$", "ab12ж", true),
        ("^\\p{Any}$", "\u{10FFFD}", true), ("^\\p{ASCII}+$", "é", false),
    ])
    func unicodeClasses(pattern: String, text: String, expected: Bool) throws { try check(pattern, text, expected) }

    /// "ASCII character classes".
    @Test(arguments: [
        ("alnum", "aZ9", "_é"), ("alpha", "az", "0é"), ("ascii", "\0~", "\u{80}"), ("blank", "\t ", "\n"),
        ("cntrl", "\u{1}\u{7F}", " "), ("digit", "09", "٣a"), ("graph", "!~", " \u{7F}"), ("lower", "az", "Aß"),
        ("print", " ~", "\u{7F}"), ("punct", "!/:@[`{~", "a1 "), ("space", "\t\n\u{B}\u{C}\r ", "\u{A0}"),
        ("upper", "AZ", "aÄ"), ("word", "aZ9_", "-é"), ("xdigit", "09afAF", "gG"),
    ])
    func asciiClasses(name: String, members: String, others: String) throws {
        let inside = try LinearPattern("^[[:\(name):]]$")
        let outside = try LinearPattern("^[[:^\(name):]]$")
        for scalar in members.unicodeScalars {
            #expect(inside.matches(String(Character(scalar))) && !outside.matches(String(Character(scalar))))
        }
        for scalar in others.unicodeScalars {
            #expect(!inside.matches(String(Character(scalar))) && outside.matches(String(Character(scalar))))
        }
    }

    @Test(arguments: [
        "a{", "a{1", "a{1,", "a{x}", "{1}", "a|*", "(+)", "(?", "(?P", "(?P<", "(?P<>a)", "(?P<n", "(?<n!>a)", "(?:",
        "(?i-)",
        "(?--i)a", "(?i-i", "(a))", "[", "[^", "[]", "[a-", "[a-\\d]", "[[:alpha:]", "[a--", "\\p", "\\p{", "\\pX",
        "\\p{L",
        "\\x", "\\x4", "\\x{", "\\x{}", "\\x{D800}", "\\u{110000}", "\\U0011FFFF", "\\8", "\\k<n>", "\\G", "\\Z",
        "\\é", "(?<=a)b", "(?!a)", "(?>a)", "(?#c)", "a{1001}{1001}", "[\\b]", "(?z)",
    ])
    func whatTheCrateRefusesIsRefused(pattern: String) {
        let error = #expect(throws: LinearRegexError.self) { try LinearPattern(pattern) }
        #expect(error?.description.isEmpty == false)
    }

    /// Text that is not UTF-8 is no reason to read behind its end.
    @Test(
        arguments: [[0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0x80, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func illFormedBytesAreReplaced(bytes: [UInt8]) throws {
        let pattern = try LinearPattern("^a\u{FFFD}+b?$")
        #expect((Array("a".utf8) + bytes).withUnsafeBytes { pattern.matches($0) })
        #expect(!(Array("x".utf8) + bytes).withUnsafeBytes { pattern.matches($0) })
    }

    /// Russ Cox's example and other patterns on which backtracking takes exponential time.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ("^(?:a?){200}a{200}$", 200, true), ("^(?:a*)*b$", 5000, false), ("^(?:a|a)*$", 5000, true),
            ("^(?:(?:a+)+)+b", 5000, false), ("(?:.*)*x", 2000, false), ("^(?:a{0,30}){0,30}b", 900, false),
            ("a*a*a*a*a*a*a*a*b", 5000, false), ("(?:a|b|ab)*c", 5000, false),
        ])
    func noPatternTakesLong(pattern: String, count: Int, expected: Bool) throws {
        #expect(try LinearPattern(pattern).matches(String(repeating: "a", count: count)) == expected)
    }

    @Test func patternsAreEqualWhenTheyAreWrittenAlike() throws {
        #expect(try LinearPattern("a+") == LinearPattern("a+"))
        #expect(try LinearPattern("a+") != LinearPattern("aa*"))
        #expect(try LinearPattern("a+").pattern == "a+")
    }
}
