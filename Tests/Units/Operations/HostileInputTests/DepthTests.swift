import Chroma
import CosmosQuery
import Documents
import JSONCoding
import LinearRegex
import Markup
import OTLP
import TestSupport
import Testing
import Tools

/// Whatever reads something that can contain itself: a million deep, or as deep as its size limit admits, it is refused
/// with an error that names a limit; as deep as the limit allows, it is read, used and let go, all on the small stack
/// that a thread of Swift's pool may have.
@Suite struct DepthTests {
    struct Parser: Sendable, CustomTestStringConvertible {
        let name: String
        /// What errors name, whichever limit is met first.
        let limits: [String]
        /// Depth that is read.
        let allowed: Int
        let make: @Sendable (Int) -> String
        /// Reads, and does what is ever done with what was read.
        let read: @Sendable (String) throws -> Void

        var testDescription: String { name }
    }

    private static func wrapped(_ open: String, _ inner: String, _ close: String, _ depth: Int) -> String {
        String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
    }

    /// Expectations belong to tasks, and this runs on threads without one.
    private static func must(_ holds: Bool, line: Int = #line) throws {
        guard holds else { throw TestFailure("line \(line) does not hold") }
    }

    // MARK: - The parsers

    private static func json(_ name: String, _ open: String, _ close: String, levels: Int = 1, lenient: Bool = false)
        -> Parser
    {
        Parser(
            name: "JSON: " + name, limits: ["128 levels"], allowed: 127 / levels,
            make: { wrapped(open, "1", close, $0) },
            read: { text in
                let value = try JSONParser.parse(text, lenient: lenient)
                try must(value == (try JSONParser.parse(value.text)))
                try must(ValueOrder.compare(value, value) == 0 && !ValueOrder.identity(value).isEmpty)
            })
    }

    private static func pattern(
        _ name: String, allowed: Int, limits: [String] = ["250 deep", "65536 bytes"],
        _ make: @escaping @Sendable (Int) -> String
    ) -> Parser {
        Parser(
            name: "Pattern: " + name, limits: limits, allowed: allowed, make: make,
            read: { text in
                let pattern = try LinearPattern(text)
                _ = pattern.matches("aéa")
            })
    }

    private static func query(_ name: String, allowed: Int, _ make: @escaping @Sendable (Int) -> String) -> Parser {
        Parser(
            name: "Query: " + name, limits: ["100 levels", "256 levels", "524288"], allowed: allowed,
            make: { "SELECT VALUE " + make($0) + " FROM c" },
            read: { text in
                let query = try QueryParser.parse(text)
                try must(query == query)
                _ = try Evaluator(parameters: [:], now: 0).results(of: query, in: Scope(item: ["a": ["a": 1]]))
                _ = try QueryPlan(query, parameters: [:]).json(ranges: [])
            })
    }

    private static func filter(_ name: String, _ open: String, _ inner: String, _ close: String) -> Parser {
        Parser(
            name: "Chroma: " + name, limits: ["64 levels", "64 deep", "128 levels"], allowed: 60,
            make: { wrapped(open, inner, close, $0) },
            read: { text in
                let body = try JSONParser.parse(text)
                if let rank = body["rank"] { _ = try RankExpression(rank) }
                if let filter = try WhereFilter.parse(body["where"]) {
                    try must(!filter.operands.isEmpty && !filter.needsDocument && filter == filter)
                }
                if let filter = try WhereFilter.parseDocument(body["where_document"]) { try must(filter.needsDocument) }
            })
    }

    static let parsers: [Parser] = [
        json("arrays", "[", "]"), json("objects", "{\"a\":", "}"), json("both", "[{\"a\":", "}]", levels: 2),
        json("with comments", "[/**/", ",]", lenient: true),
        pattern("groups", allowed: 249) { wrapped("(", "a", ")", $0) },
        pattern("groups without a number", allowed: 249) { wrapped("(?:", "a|b", ")", $0) },
        pattern("stars", allowed: 250) { "a" + String(repeating: "*", count: $0) },
        // Each repeats what is before it twice.
        pattern("plus signs", allowed: 12) { "a" + String(repeating: "+", count: $0) },
        pattern("counts", allowed: 250) { "a" + String(repeating: "{1}", count: $0) },
        pattern("groups with stars", allowed: 124) { wrapped("(", "a", ")*", $0) },
        pattern("groups with many stars", allowed: 60) { wrapped("(", "a", ")***", $0) },
        pattern("classes", allowed: 249, limits: ["250"]) { wrapped("[", "a", "]", min($0, 30_000)) },
        pattern("negated classes", allowed: 249, limits: ["250"]) { wrapped("[^", "a", "]", min($0, 20_000)) },
        pattern("intersections", allowed: 249, limits: ["250", "65536 bytes"]) {
            "[a" + String(repeating: "&&a", count: $0) + "]"
        },
        pattern("differences", allowed: 249, limits: ["250", "65536 bytes"]) {
            "[a" + String(repeating: "--b", count: $0) + "]"
        },
        pattern("symmetric differences", allowed: 249, limits: ["250", "65536 bytes"]) {
            "[a" + String(repeating: "~~[b]", count: $0 / 2) + "]"
        },
        query("parentheses", allowed: 90) { wrapped("(", "1", ")", $0) },
        query("lists", allowed: 90) { wrapped("[", "1", "]", $0) },
        query("objects", allowed: 90) { wrapped("{'a':", "1", "}", $0) },
        query("NOT", allowed: 90) { wrapped("NOT ", "true", "", $0) },
        query("signs", allowed: 90) { wrapped("- ", "1", "", $0) },
        query("calls", allowed: 90) { wrapped("ABS(", "1", ")", $0) },
        query("choices", allowed: 90) { wrapped("true ? ", "1", " : 2", $0) },
        query("choices behind each other", allowed: 90) { wrapped("true ? 1 : ", "1", "", $0) },
        query("subqueries", allowed: 45) { wrapped("(SELECT VALUE ", "1", " FROM c)", $0) },
        query("EXISTS", allowed: 45) { wrapped("EXISTS(SELECT VALUE ", "1", " FROM c)", $0) },
        query("sums", allowed: 250) { "1" + String(repeating: "+1", count: $0) },
        query("products", allowed: 250) { "1" + String(repeating: "*1", count: $0) },
        query("steps of a path", allowed: 250) { "c" + String(repeating: ".a", count: $0) },
        query("steps in brackets", allowed: 250) { "c" + String(repeating: "['a']", count: $0) },
        query("steps upon sums, again and again", allowed: 24) { wrapped("(", "c.a.a", "+1+1).a.a.a.a", $0) },
        query("sums in sums", allowed: 80) { wrapped("1+(", "1", ")+1", $0) },
        filter("$and", "{\"$and\":[", "{\"a\":1}", "]}").inside("where"),
        filter("$or of documents", "{\"$or\":[", "{\"$contains\":\"x\"}", "]}").inside("where_document"),
        filter("sums of ranks", "{\"$sum\":[", "{\"$val\":1}", "]}").inside("rank"),
        filter("functions of ranks", "{\"$abs\":", "{\"$val\":1}", "}").inside("rank"),
        Parser(
            name: "XML: elements", limits: ["256 deep", "limits"], allowed: MarkupReader.maximumDepth,
            make: { wrapped("<a>", "x", "</a>", $0) },
            read: { text in
                let tree = try MarkupReader.tree(Array(text.utf8))
                try must(tree == tree)
            }),
        Parser(
            name: "HTML: elements", limits: ["256 deep", "limits", "not HTML"], allowed: 200,
            make: { wrapped("<div>", "x", "</div>", $0) },
            read: { text in try MarkupReader.htmlEvents(Array(text.utf8)) { _ in } }),
        Parser(
            name: "Tools: arguments", limits: ["16 levels", "128 levels"], allowed: 15,
            make: { wrapped("{\"a\":", "1", "}", $0) },
            read: { text in
                let schema: JSONValue = ["additionalProperties": ["additionalProperties": [:]]]
                let problems = JSONSchema(Self.nestedSchema(schema)).problems(try JSONParser.parse(text))
                if let problem = problems.first { throw TestFailure(problem.detail) }
            }),
    ]

    /// A schema that goes deeper than any value is looked at.
    private static func nestedSchema(_ inner: JSONValue) -> JSONValue {
        (0..<20).reduce(inner) { schema, _ in ["additionalProperties": schema] }
    }

    @Test(arguments: parsers, [1_000_000, 60_000, 5000])
    func whatIsTooDeepIsRefusedByNameOfTheLimit(parser: Parser, depth: Int) throws {
        guard depth > parser.allowed else { return }
        let text = parser.make(depth)
        let message = try onSmallStack { () throws -> String? in
            do { try parser.read(text) } catch { return "\(error)" }
            return nil
        }
        let found = try #require(message, "\(parser.name) read what is \(depth) deep")
        #expect(parser.limits.contains { found.contains($0) }, "\(found.prefix(300))")
    }

    @Test(arguments: parsers) func asDeepAsIsAllowedItIsRead(parser: Parser) throws {
        let text = parser.make(parser.allowed)
        try onSmallStack { try parser.read(text) }
    }

    /// The tests themselves run in tasks; this one says so.
    @Test func aTaskOfThePoolReadsThemToo() async {
        for parser in Self.parsers {
            let text = parser.make(100_000)
            await Task.detached { _ = try? parser.read(text) }.value
        }
    }

    /// Neither the nesting nor one of the chains is beyond its limit, but all of them together are.
    @Test(arguments: [".a", "+1", "*1", "['a']"]) func levelsOfNestingAndOfChainsAddUp(step: String) throws {
        let text = "SELECT VALUE " + Self.wrapped("(", "c", String(repeating: step, count: 100) + ")", 90) + " FROM c"
        let message = try onSmallStack { () -> String? in
            do { _ = try QueryParser.parse(text) } catch { return (error as? QueryError)?.message }
            return nil
        }
        #expect(message?.contains("256 levels") == true)
    }

    // MARK: - Messages inside messages

    /// Messages a million deep: the schema knows no such thing, and what it does not know is passed over.
    @Test func messagesOfProtobufAreNotFollowedIntoTheDeep() throws {
        var reversed: [UInt8] = []
        while reversed.count < 1 << 20 {
            var length = reversed.count
            var varint: [UInt8] = []
            repeat {
                varint.append(UInt8(length & 127) | (length > 127 ? 128 : 0))
                length >>= 7
            } while length > 0
            reversed += varint.reversed() + [0x0A]
        }
        let bytes = Array(reversed.reversed())
        try onSmallStack { _ = try? ProtobufReader.decode(bytes, as: OTLPSchema.metricsRequest) }
    }

    /// A value that stands twice in each of many queries around each other would be larger than any memory.
    @Test(arguments: ["[x, x]", "{a: x, b: x}", "ARRAY_CONCAT(x, x)", "CONCAT(x, x)", "x || x"])
    func resultsDoNotInflate(expression: String) throws {
        let seed = expression.contains("ARRAY") ? "[1]" : "'text'"
        var text = "SELECT VALUE x FROM (SELECT VALUE \(seed)) AS x"
        for _ in 0..<40 { text = "SELECT VALUE \(expression) FROM (\(text)) AS x" }
        let query = try QueryParser.parse(text)
        let results = try onSmallStack {
            (try? Evaluator(parameters: [:], now: 0).results(of: query, in: Scope(item: [:]))) ?? []
        }
        #expect(results.allSatisfy { $0.text.utf8.count < 16 << 20 })
    }
}

extension DepthTests.Parser {
    /// The text as a member of an object.
    fileprivate func inside(_ member: String) -> Self {
        Self(
            name: name, limits: limits, allowed: allowed, make: { "{\"\(member)\":\(make($0))}" }, read: read)
    }
}
