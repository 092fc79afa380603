import AzureSignatures
import Chroma
import CosmosQuery
import HTTPMessages
import JSONCoding
import LinearRegex
import Markup
import OTLP
import SentenceUnits
import WordPieces

/// The list. Sizes count what the name says.
enum GrowingInputs {
    static let all: [GrowingInput] = json + messages + patterns + documents + vectors + cosmos + host + product + access

    static func text(_ count: Int, _ part: (Int) -> String, separator: String = "") -> String {
        (0..<count).map(part).joined(separator: separator)
    }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: - JSON

    private static func parsing(_ name: String, most: Int = 1 << 22, _ make: @escaping @Sendable (Int) -> String)
        -> GrowingInput
    {
        GrowingInput(name, most: most) { size in
            let input = bytes(make(size))
            return { blackHole(try? JSONParser.parse(input)) }
        }
    }

    private static let json: [GrowingInput] = [
        parsing("JSON: members") { "{" + text($0, { "\"m\($0)\":1" }, separator: ",") + "}" },
        parsing("JSON: members named twice") { size in
            let half = text(size, { "\"m\($0)\":1" }, separator: ",")
            return "{\(half),\(half)}"
        },
        parsing("JSON: one name, many times") { "{" + text($0, { _ in "\"m\":1" }, separator: ",") + "}" },
        parsing("JSON: marks in names", most: 1 << 16) { size in
            let marks = String(repeating: "\u{301}\u{327}", count: 60)
            return "{" + text(size, { "\"\($0)e\(marks)\":1,\"\($0)é\(marks)\":2" }, separator: ",") + "}"
        },
        parsing("JSON: marks in a name") { size in
            let marks = String(repeating: "\u{301}\u{327}", count: size)
            return "{\"e\(marks)\":1,\"é\(marks)\":2,\"e\(marks)x\":3}"
        },
        parsing("JSON: elements") { "[" + text($0, { "\($0)" }, separator: ",") + "]" },
        parsing("JSON: escapes") { "\"" + String(repeating: "\\u00e9\\n", count: $0) + "\"" },
        parsing("JSON: digits") { String(repeating: "7", count: $0) },
        parsing("JSON: digits behind the point") { "0." + String(repeating: "7", count: $0) },
        parsing("JSON: spaces") { String(repeating: " ", count: $0) + "1" },
        parsing("JSON: an error behind many lines") { String(repeating: "\n", count: $0) + "x" },
        GrowingInput("JSON: objects compared") { size in
            let one = JSONObject((0..<size).map { ("m\($0)", .int(Int64($0))) })
            let other = JSONObject(one.members.reversed().map { ($0.name, $0.value) })
            return { blackHole(one == other) }
        },
        GrowingInput("JSON: members set, then removed") { size in
            {
                var object = JSONObject()
                for index in 0..<size { object["m\(index)"] = 1 }
                object.removeAll(Set((0..<size).map { "m\($0)" }))
                blackHole(object)
            }
        },
        GrowingInput("JSON: unknown fields") { size in
            let value = JSONValue.object(JSONObject((0..<size).map { ("m\($0)", 1) }))
            return { blackHole(try? FieldReader(value, allowed: ["a", "b"])) }
        },
    ]

    // MARK: - Messages

    private static let messages: [GrowingInput] = [
        GrowingInput("HTTP: fields that Connection names") { size in
            var fields: HTTPFields = ["Connection": text(size, { "x-\($0)" }, separator: ", ")]
            for index in 0..<size { fields.append("X-\(index)", "1") }
            let given = fields
            return {
                var copy = given
                copy.removeHopByHop()
                blackHole(copy)
            }
        },
        GrowingInput("HTTP: fields whose framing is looked at") { size in
            var fields: HTTPFields = ["Host": "x"]
            for index in 0..<size { fields.append("X-\(index)", "1") }
            let given = fields
            return { blackHole(FramingGuard.refusal(method: .get, fields: given)) }
        },
        GrowingInput("HTTP: query parameters") { size in
            let target = HTTPTarget("/?" + text(size, { "p\($0)=%41+b" }, separator: "&"))
            return { blackHole(target.query) }
        },
        GrowingInput("HTTP: segments of a path") { size in
            let target = HTTPTarget(String(repeating: "/%41", count: size))
            return { blackHole(target.segments) }
        },
        GrowingInput("Storage: parameters that are signed") { size in
            let target = HTTPTarget("/c?" + text(size, { "p\($0)=1&P\($0)=2" }, separator: "&"))
            return {
                blackHole(
                    SharedKey.stringToSign(method: .get, target: target, fields: [:], contentLength: 0, account: "a"))
            }
        },
        GrowingInput("Storage: fields that are signed") { size in
            var fields = HTTPFields()
            for index in 0..<size { fields.append("x-ms-meta-\(index)", " v ") }
            let given = fields
            return {
                blackHole(
                    SharedKey.stringToSign(
                        method: .get, target: HTTPTarget("/c"), fields: given, contentLength: 0, account: "a"))
            }
        },
        GrowingInput("OTLP: labels and points in protobuf") { size in
            // Field 1 of a message, again and again: resources without anything.
            let bytes = (0..<size).flatMap { _ in [0x0A, 0x02, 0x0A, 0x00] as [UInt8] }
            return { blackHole(try? ProtobufReader.decode(bytes, as: OTLPSchema.metricsRequest)) }
        },
        GrowingInput("OTLP: points in JSON") { size in
            let points = text(
                size,
                {
                    "{\"asInt\":\"\($0)\",\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\($0)\"}}]}"
                }, separator: ",")
            let value = try JSONParser.parse(
                "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":{\"dataPoints\":[\(points)]}}]}]}]}"
            )
            return { blackHole(ReceivedMetric.all(in: value)) }
        },
    ]

    // MARK: - Patterns

    private static func compiling(_ name: String, most: Int, _ make: @escaping @Sendable (Int) -> String)
        -> GrowingInput
    {
        GrowingInput(name, from: 64, most: most) { size in
            let pattern = make(size)
            return { blackHole(try? LinearPattern(pattern)) }
        }
    }

    private static let patterns: [GrowingInput] = [
        compiling("Pattern: alternatives", most: 4096) { text($0, { "a\($0 % 10)" }, separator: "|") },
        compiling("Pattern: groups", most: 4096) { String(repeating: "(a)", count: $0) },
        compiling("Pattern: names of groups", most: 4096) { text($0) { "(?<g\($0)>a)" } },
        compiling("Pattern: characters of a class", most: 16_384) { "[" + String(repeating: "aé", count: $0) + "]" },
        compiling("Pattern: empty groups, repeated", most: 8192) {
            "(?:a" + String(repeating: "(?:)", count: $0) + "){5000}"
        },
        compiling("Pattern: a class, repeated", most: 16_384) { "[" + String(repeating: "ab", count: $0) + "]{10000}" },
        compiling("Pattern: operators one upon the other", most: 32_768) { "a" + String(repeating: "*", count: $0) },
        compiling("Pattern: operators in a class", most: 16_384) { "[a" + String(repeating: "~~b", count: $0) + "]" },
        GrowingInput("Pattern: text") { size in
            let pattern = try LinearPattern("(a+)+b|[é-ö]{3}")
            let given = String(repeating: "aaé", count: size)
            return { blackHole(pattern.matches(given)) }
        },
        GrowingInput("Pattern: text for a class of many characters", from: 64, most: 4096) { size in
            let pattern = try LinearPattern(
                "[" + (0..<8192).compactMap { Unicode.Scalar(0x4E00 + 2 * $0) }.map { String(Character($0)) }.joined()
                    + "]x")
            let given = String(repeating: "\u{5E01}", count: size)
            return { blackHole(pattern.matches(given)) }
        },
    ]

    // MARK: - Documents

    private static func markup(_ name: String, html: Bool = false, _ make: @escaping @Sendable (Int) -> String)
        -> GrowingInput
    {
        GrowingInput(name, most: 1 << 18) { size in
            let input = bytes(make(size))
            return {
                if html {
                    try? MarkupReader.htmlEvents(input) { blackHole($0) }
                } else {
                    blackHole(try? MarkupReader.tree(input))
                }
            }
        }
    }

    private static let documents: [GrowingInput] = [
        markup("XML: elements") { "<a>" + String(repeating: "<b/>", count: $0) + "</a>" },
        markup("XML: attributes") { "<a " + text($0) { "b\($0)=\"1\" " } + "/>" },
        GrowingInput("XML: attributes in UTF-16", most: 1 << 18) { size in
            let wide = ("<a " + text(size) { "b\($0)=\"1\" " } + "/>").utf16
            let input: [UInt8] =
                [0xFF, 0xFE] + wide.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
            return { blackHole(try? MarkupReader.tree(input)) }
        },
        markup("XML: elements with many attributes") { size in
            let element = "<b " + text(500) { "b\($0)=\"1\" " } + "/>"
            return "<a>" + String(repeating: element, count: max(1, size / 256)) + "</a>"
        },
        markup("XML: attributes of the document's type") { size in
            "<!DOCTYPE a [<!ATTLIST b " + text(size) { "b\($0) CDATA \"1\" " } + ">]><a>"
                + String(repeating: "<b/>", count: size) + "</a>"
        },
        markup("XML: namespaces") { "<a " + text($0) { "xmlns:b\($0)=\"x:\($0)\" " } + "/>" },
        markup("XML: text") { "<a>" + String(repeating: "x&amp;", count: $0) + "</a>" },
        markup("HTML: elements", html: true) { String(repeating: "<p>x", count: $0) },
        markup("HTML: attributes", html: true) { "<p " + text($0) { "b\($0) " } + ">x" },
        markup("HTML: attributes in quotes", html: true) { "<p " + text($0) { "b\($0)='>' " } + ">x" },
        markup("HTML: end tags", html: true) { String(repeating: "</p>", count: $0) },
        GrowingInput("Text: word pieces") { size in
            let given = String(repeating: "sauvignon [x] \u{E9}\u{301} ", count: size)
            return { blackHole(WordPieceTokenizer.shared.count(given)) }
        },
        GrowingInput("Text: one long word") { size in
            let given = String(repeating: "x", count: size)
            return { blackHole(WordPieceTokenizer.shared.count(given)) }
        },
        GrowingInput("Text: sentences") { size in
            let given = Array(String(repeating: "One. Two!\n\n1.\n", count: size).unicodeScalars)
            return { blackHole(SentenceSplitter.units(given)) }
        },
        GrowingInput("Text: points and spaces") { size in
            let given = Array(String(repeating: ".    \n", count: size).unicodeScalars)
            return { blackHole(SentenceSplitter.units(given)) }
        },
    ]

    // MARK: - Cosmos DB's queries

    private static func parsing(query name: String, most: Int, _ make: @escaping @Sendable (Int) -> String)
        -> GrowingInput
    {
        GrowingInput(name, from: 64, most: most) { size in
            let text = make(size)
            return { blackHole(try? QueryParser.parse(text)) }
        }
    }

    private static func evaluating(
        _ name: String, most: Int = 1 << 20, _ query: String, _ item: @escaping @Sendable (Int) -> JSONObject
    ) -> GrowingInput {
        GrowingInput(name, most: most) { size in
            let parsed = try QueryParser.parse(query)
            let scope = Scope(item: .object(item(size)))
            return { blackHole(try? Evaluator(parameters: [:], now: 0).results(of: parsed, in: scope)) }
        }
    }

    /// A text and one that nearly stands in it, everywhere.
    private static func haystack(_ size: Int) -> JSONObject {
        [
            "t": .string(String(repeating: "a", count: 2 * size)),
            "p": .string(String(repeating: "a", count: size / 2) + "b"),
        ]
    }

    private static func numbers(_ size: Int) -> JSONObject { ["a": .array((0..<size).map { .int(Int64($0)) })] }

    private static let cosmos: [GrowingInput] = [
        parsing(query: "Query: columns", most: 16_384) {
            "SELECT " + text($0, { "c.a\($0)" }, separator: ",") + " FROM c"
        },
        parsing(query: "Query: conditions", most: 16_384) {
            "SELECT * FROM c WHERE " + text($0, { "c.a=\($0)" }, separator: " OR ")
        },
        parsing(query: "Query: operands of IN", most: 32_768) {
            "SELECT * FROM c WHERE c.a IN (" + text($0, { "\($0)" }, separator: ",") + ")"
        },
        parsing(query: "Query: keys of groups", most: 16_384) { size in
            let keys = text(size, { "c.a\($0)" }, separator: ",")
            return "SELECT \(keys), COUNT(1) AS n FROM c GROUP BY \(keys)"
        },
        parsing(query: "Query: keys of the order", most: 16_384) {
            "SELECT * FROM c ORDER BY " + text($0, { "c.a\($0)" }, separator: ",")
        },
        parsing(query: "Query: operators in a row", most: 65_536) { "SELECT VALUE 1" + text($0) { _ in "+1" } },
        parsing(query: "Query: subqueries", most: 4096) { size in
            "SELECT VALUE [" + text(size, { "(SELECT VALUE \($0))" }, separator: ",") + "] FROM c"
        },
        evaluating("Query: CONTAINS", "SELECT VALUE CONTAINS(c.t, c.p) FROM c", haystack),
        evaluating("Query: INDEX_OF", "SELECT VALUE INDEX_OF(c.t, c.p) FROM c", haystack),
        evaluating("Query: LASTINDEXOF", "SELECT VALUE LastIndexOf(c.t, c.p) FROM c", haystack),
        evaluating("Query: REPLACE", most: 1 << 19, "SELECT VALUE REPLACE(c.t, c.p, 'x') FROM c", haystack),
        evaluating("Query: STRINGSPLIT", "SELECT VALUE StringSplit(c.t, c.p) FROM c", haystack),
        evaluating("Query: LIKE", "SELECT VALUE c.t LIKE '%a%b%c' FROM c", haystack),
        evaluating("Query: TRIM", "SELECT VALUE TRIM(c.t) FROM c") {
            ["t": .string(String(repeating: " ", count: $0))]
        },
        evaluating("Query: sets", most: 1 << 16, "SELECT VALUE SetIntersect(c.a, c.a) FROM c", numbers),
        evaluating("Query: distinct rows", most: 65_536, "SELECT DISTINCT VALUE x FROM x IN c.a", numbers),
        evaluating("Query: sorted rows", most: 65_536, "SELECT VALUE x FROM x IN c.a ORDER BY x DESC", numbers),
        evaluating("Query: objects compared", most: 1 << 16, "SELECT VALUE c.a = c.b FROM c") { size in
            let members = (0..<size).map { ("m\($0)", JSONValue.int(Int64($0))) }
            return ["a": .object(JSONObject(members)), "b": .object(JSONObject(members.reversed()))]
        },
    ]
}
