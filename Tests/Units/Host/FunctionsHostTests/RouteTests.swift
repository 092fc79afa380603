import TestSupport
import Testing

@testable import FunctionsHost

/// Route templates and their constraints (ASP.NET route templates).
@Suite struct RouteTests {
    private func match(_ template: String, _ path: String) throws -> [String: String?]? {
        try RouteTemplate(template).match(path.split(separator: "/").map(String.init)).map { values in
            Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
        }
    }

    @Test(
        arguments: [
            ("notes", "notes", [:]), ("Notes/All", "nOTES/aLL", [:]), ("notes", "note", nil), ("notes", "notes/1", nil),
            ("", "", [:]), ("", "a", nil), ("notes/{id}", "notes/7", ["id": "7"]), ("notes/{id}", "notes", nil),
            ("notes/{id?}", "notes", ["id": nil]), ("notes/{id=5}", "notes", ["id": "5"]),
            ("{a}/{b}", "1/2", ["a": "1", "b": "2"]), ("{a}/x/{b}", "1/x/2", ["a": "1", "b": "2"]),
            ("{a}/x/{b}", "1/y/2", nil),
            ("files/{*rest}", "files/a/b/c", ["rest": "a/b/c"]), ("files/{*rest}", "files", ["rest": nil]),
            ("files/{**rest}", "files/a/b", ["rest": "a/b"]), ("files/{*rest=index}", "files", ["rest": "index"]),
            ("{*all}", "x/y", ["all": "x/y"]), ("{*all}", "", ["all": nil]),
            ("{a:int}/{b:alpha?}", "1", ["a": "1", "b": nil]),
            ("{a:int}/{b:alpha?}", "1/x", ["a": "1", "b": "x"]), ("{a:int}/{b:alpha?}", "1/2", nil),
            ("files/v{n}/{name}.{ext}", "files/v2/a.b.txt", ["n": "2", "name": "a.b", "ext": "txt"]),
            ("files/v{n}", "FILES/V2", ["n": "2"]), ("files/v{n}", "files/v", nil), ("files/v{n}", "files/x2", nil),
            ("files/v{n}", "files/vv2", nil), ("v{n:int}", "v12", ["n": "12"]), ("v{n:int}", "vx", nil),
            ("{a}-{b}-{c}", "1-2-3-4", ["a": "1-2", "b": "3", "c": "4"]), ("{a}-{b}", "1-", nil),
            ("{a}-{b}", "-1", nil), ("{a}.json", "x.json", ["a": "x"]), ("{a}.json", ".json", nil),
            ("{a}.json", "x.json5", nil), ("a{b}c", "abc", ["b": "b"]), ("a{b}c", "ac", nil),
            ("{name}.{ext?}", "a.b", ["name": "a", "ext": "b"]), ("{name}.{ext?}", "a", ["name": "a", "ext": nil]),
            ("{name}.{ext?}", "a.", nil), ("é{n}", "É1", ["n": "1"]), ("{a:regex(^\\d{{2}}$)}x", "12x", ["a": "12"]),
            ("{a:regex(^\\d{{2}}$)}x", "1x", nil), ("v{n}/{rest?}", "v1", ["n": "1", "rest": nil]),
            ("api/notes/{notebook:alpha}/{page:int?}", "api/notes/birds", ["notebook": "birds", "page": nil]),
        ] as [(String, String, [String: String?]?)])
    func templatesMatchPaths(template: String, path: String, expected: [String: String?]?) throws {
        #expect(try match(template, path) == expected)
    }

    @Test(arguments: [
        ("int", "7", true), ("int", "-7", true), ("int", "2147483648", false), ("int", "x", false),
        ("int", "1.0", false),
        ("long", "2147483648", true), ("long", "9223372036854775808", false),
        ("bool", "true", true), ("bool", "FALSE", true), ("bool", "1", false),
        ("guid", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", true), ("guid", "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", true),
        ("guid", "{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}", true), ("guid", "0190a1b2", false),
        ("datetime", "2026-01-05", true), ("datetime", "2026-01-05T09:30:00Z", true), ("datetime", "5/1/2026", true),
        ("datetime", "2026-13-05", false), ("datetime", "tomorrow", false),
        ("decimal", "1.5", true), ("double", "-1e3", true), ("float", "nan", false), ("double", "x", false),
        ("alpha", "abcXYZ", true), ("alpha", "ab1", false), ("alpha", "ä", false),
        ("length(3)", "abc", true), ("length(3)", "abcd", false), ("length(1,3)", "ab", true),
        ("length(1, 3)", "abcd", false),
        ("minlength(2)", "a", false), ("minlength(2)", "ab", true), ("maxlength(2)", "abc", false),
        ("min(5)", "5", true), ("min(5)", "4", false), ("max(5)", "6", false), ("range(1,3)", "3", true),
        ("range(1,3)", "4", false), ("range(1,3)", "x", false), ("required", "x", true),
        ("regex(^\\d{3}$)", "123", true), ("regex(^\\d{3}$)", "1234", false), ("regex(b)", "aBc", true),
    ])
    func constraintsAllowValues(constraint: String, value: String, isAllowed: Bool) throws {
        let rule = try #require(RouteConstraint(constraint))
        #expect(rule.allows(value) == isAllowed)
    }

    @Test(arguments: [
        "nonsense", "int(3)", "length", "length()", "length(a)", "length(1,2,3)", "range(1)", "min(1,2)", "regex",
        "regex(()",
        "max(1", "",
    ])
    func unknownConstraintsAreRefused(text: String) { #expect(RouteConstraint(text) == nil) }

    @Test func constraintsCombine() throws {
        #expect(try match("{a:int:min(5):max(7)}", "6") != nil)
        #expect(try match("{a:int:min(5):max(7)}", "8") == nil)
        #expect(try match("{a:alpha:length(2):regex(^x)}", "xy") != nil)
        // A colon inside parentheses belongs to the constraint.
        #expect(try match("{a:regex(^a:b$)}", "a:b") != nil)
        // A slash inside braces is no separator.
        #expect(try match("{a:regex(^x/?$)}/y", "x/y") != nil)
    }

    @Test(arguments: [
        ("a//b", "two slashes in a row"), ("{}", "without a name"), ("{a", "unbalanced"), ("a}", "unbalanced"),
        ("v{*n}", "text beside a catch-all"), ("{a}{b}", "nothing between"),
        ("v{n?}", "optional parameter beside text"),
        ("{a?}.b", "optional parameter beside text"), ("{a}-{b?}", "optional parameter beside text"),
        ("v{}", "without a name"),
        ("v{n}/{N}", "two parameters of one name"), ("{*a}/b", "catch-all"), ("{a}/{A}", "two parameters of one name"),
        ("{a:nonsense}", "constraint nonsense"), ("{:int}", "usable name"), ("{a/b}", "usable name"),
    ])
    func saysWhatIsWrongWithATemplate(template: String, part: String) {
        let error = #expect(throws: HostError.self) { try RouteTemplate(template) }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains(template) == true)
    }

    @Test func parametersKeepTheirOrder() throws {
        let template = try RouteTemplate("a/{z}/{y?}/{*x}")
        #expect(template.parameters == ["z", "y", "x"] && template.text == "a/{z}/{y?}/{*x}")
    }

    @Test(arguments: [("/a/b/", "a/b"), ("///", ""), ("", ""), ("a", "a"), ("//a//b//", "a//b")])
    func outerSlashesDoNotCount(text: String, trimmed: String) { #expect(text.trimmingSlashes == trimmed) }
}
