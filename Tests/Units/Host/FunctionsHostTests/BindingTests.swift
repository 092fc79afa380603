import AzureStorage
import JSONCoding
import TestSupport
import Testing

@testable import FunctionsHost

/// Bindings of function.json and what their values may say (docs/reference/functions-custom-handlers.md, 2.3 and 2.4).
@Suite struct BindingTests {
    private func binding(_ text: String) throws -> BindingDefinition {
        try BindingDefinition(try JSONParser.parse(text), number: 3)
    }

    @Test func namesAndTypesLoseTheirCase() throws {
        let read = try binding(
            "{\"Type\":\"QueueTrigger\",\"Name\":\"Job\",\"DIRECTION\":\"IN\",\"DataType\":\"Binary\"}")
        #expect(read.type == "queuetrigger" && read.name == "Job" && read.isTrigger)
        #expect(read.direction == .in && read.dataType == "binary")
        // A trigger's direction goes without saying.
        #expect(try binding("{\"type\":\"timerTrigger\",\"name\":\"t\"}").direction == .in)
        #expect(try binding("{\"type\":\"http\",\"name\":\"$return\",\"direction\":\"out\"}").name == "$return")
    }

    @Test(arguments: [
        ("5", "must be an object"), ("{}", "has no type"), ("{\"type\":\"http\"}", "has no name"),
        ("{\"type\":\"http\",\"name\":\"a\"}", "has no direction"),
        ("{\"type\":\"http\",\"name\":\"a\",\"direction\":\"up\"}", "not up"),
        ("{\"type\":\"http\",\"name\":\"a\",\"direction\":\"inout\"}", "inout is not supported"),
        ("{\"type\":\"http\",\"name\":\"a-b\",\"direction\":\"out\"}", "a-b is not valid"),
        ("{\"type\":\"blob\",\"name\":\"$return\",\"direction\":\"in\"}", "$return must be an output"),
        ("{\"type\":\"sql\",\"name\":\"a\",\"direction\":\"out\"}", "sql is not known"),
        ("{\"type\":\"queueTrigger\",\"name\":\"a\",\"direction\":\"out\"}", "direction in"),
        ("{\"type\":\"http\",\"name\":\"a\",\"direction\":\"out\",\"dataType\":\"text\"}", "string, binary or stream"),
    ])
    func everyFaultNamesItsPlace(text: String, part: String) {
        let error = #expect(throws: HostError.self) { try binding(text) }
        #expect(error?.description.contains("bindings[3]") == true && error?.description.contains(part) == true)
    }

    @Test func valuesTakeSettings() throws {
        let read = try binding(
            "{\"type\":\"queue\",\"name\":\"a\",\"direction\":\"out\",\"queueName\":\"%PREFIX%-jobs\",\"n\":5}")
        #expect(try read.required("queueName", ["PREFIX": "my"]) == "my-jobs")
        #expect(try read.optional("n", [:]) == "5")
        #expect(try read.optional("none", [:]) == nil)
        let missing = #expect(throws: HostError.self) { try read.required("connection", [:]) }
        #expect(missing?.description == "bindings[3] (a) has no connection.")
        #expect(throws: HostError.self) { try read.required("queueName", [:]) }
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("%A%", "1"), ("x%A%y%B%", "x1y2"), ("%A%%B%", "12"), ("", ""),
            ("%none%", nil), ("50%", nil), ("%A", nil), ("%", nil),
        ] as [(String, String?)])
    func settingsStandBetweenPercentSigns(text: String, expected: String?) {
        #expect((try? BindingExpression.resolveSettings(text, ["A": "1", "B": "2"], place: "p")) == expected)
    }

    private static let metadata: JSONObject = [
        "name": "\"report\"", "plain": "text", "pages": "\"12\"", "Query": ["lang": "en", "Deep": ["er": "x"]],
        "list": "[1,2]",
    ]

    @Test(
        arguments: [
            ("no braces", "no braces"), ("{name}", "report"), ("{NAME}.pdf", "report.pdf"),
            ("{plain}/{pages}", "text/12"),
            ("{query.lang}", "en"), ("{Query.deep.ER}", "x"), ("{list}", "[1,2]"),
            ("{query}", "{\"lang\":\"en\",\"Deep\":{\"er\":\"x\"}}"),
            ("{none}", nil), ("{query.none}", nil), ("{name", nil), ("a}b", "a}b"),
        ] as [(String, String?)])
    func expressionsComeFromTheTrigger(text: String, expected: String?) {
        #expect((try? BindingExpression.resolve(text, Self.metadata)) == expected)
    }

    @Test func someExpressionsAreMadeAnew() throws {
        let first = try BindingExpression.resolve("{rand-guid}", [:])
        let second = try BindingExpression.resolve("{rand-guid}", [:])
        #expect(first.count == 36 && first != second)
        #expect(try BindingExpression.resolve("{sys.randguid:N}", [:]).count == 32)
        let time = try BindingExpression.resolve("{datetime}", [:])
        #expect(time.count == 20 && time.hasSuffix("Z"))
        let stamp = try BindingExpression.resolve("{DateTime:yyyyMMdd-HHmmss-fff}", [:])
        #expect(stamp.split(separator: "-").map(\.count) == [8, 6, 3])
        #expect(time.prefix(4) == stamp.prefix(4))
    }

    // MARK: - What a binding needs

    @Test(
        arguments: [
            ("{\"type\":\"blob\",\"name\":\"a\",\"direction\":\"out\",\"path\":\"c/{name}\"}", nil),
            ("{\"type\":\"blob\",\"name\":\"a\",\"direction\":\"in\"}", "has no path"),
            ("{\"type\":\"queue\",\"name\":\"a\",\"direction\":\"out\",\"queueName\":\"q\"}", nil),
            ("{\"type\":\"queue\",\"name\":\"a\",\"direction\":\"out\"}", "has no queueName"),
            (
                "{\"type\":\"queue\",\"name\":\"a\",\"direction\":\"in\",\"queueName\":\"q\"}",
                "cannot have the direction in"
            ),
            (
                "{\"type\":\"cosmosDB\",\"name\":\"a\",\"direction\":\"in\",\"databaseName\":\"d\",\"containerName\":\"c\",\"connection\":\"C\"}",
                nil
            ),
            (
                "{\"type\":\"cosmosDB\",\"name\":\"a\",\"direction\":\"in\",\"databaseName\":\"d\",\"containerName\":\"c\"}",
                "has no connection"
            ),
            (
                "{\"type\":\"cosmosDB\",\"name\":\"a\",\"direction\":\"in\",\"databaseName\":\"d\",\"connection\":\"C\"}",
                "has no containerName"
            ),
            ("{\"type\":\"http\",\"name\":\"a\",\"direction\":\"in\"}", "cannot have the direction in"),
        ] as [(String, String?)])
    func needsAreCheckedBeforeTheFirstCall(text: String, part: String?) throws {
        let read = try binding(text)
        guard let part else { return try DataBinding.check(read, [:]) }
        let error = #expect(throws: HostError.self) { try DataBinding.check(read, [:]) }
        #expect(error?.description.contains(part) == true)
    }

    @Test func contentIsBase64UnlessItIsCalledText() throws {
        let plain = try binding("{\"type\":\"blobTrigger\",\"name\":\"a\"}")
        let text = try binding("{\"type\":\"blobTrigger\",\"name\":\"a\",\"dataType\":\"string\"}")
        #expect(DataBinding.value(Array("hé".utf8), plain) == "aMOp")
        #expect(DataBinding.value(Array("hé".utf8), text) == "\"hé\"")
    }

    // MARK: - Blob patterns

    @Test(arguments: [
        ("uploads/{name}", "uploads", ""), ("/uploads/in/{name}.{ext}/", "uploads", "in/"), ("uploads", "uploads", ""),
        ("uploads/fix.txt", "uploads", "fix.txt"), ("c/{a}/{b}", "c", ""),
    ])
    func patternsKnowWhatToList(path: String, container: String, prefix: String) throws {
        let pattern = try BlobPattern(path)
        #expect(pattern.container == container && pattern.prefix == prefix)
    }

    @Test(
        arguments: [
            ("c/{dir}/{file}", "a/b/c", ["a/b", "c"]), ("c/{a}-{b}", "x-y-z", ["x-y", "z"]), ("c/{a}-{b}", "-y", nil),
            ("c/{a}-{b}", "x-", nil), ("c/in/{name}.csv", "in/x.csv", ["x"]), ("c/in/{name}.csv", "in/x.csv.bak", nil),
            ("c/in/{name}.csv", "in/.csv", nil), ("c/a{x}b", "a1b2b", ["1b2"]),
        ] as [(String, String, [String]?)])
    func tokensTakeAsMuchAsTheyCan(path: String, name: String, values: [String]?) throws {
        #expect(try BlobPattern(path).match(name)?.map(\.value) == values)
    }
}
