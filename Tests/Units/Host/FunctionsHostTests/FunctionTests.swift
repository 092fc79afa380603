import FoundationEssentials
import JSONCoding
import TestSupport
import Testing

@testable import FunctionsHost

/// function.json, routes and binding values (docs/reference/functions-custom-handlers.md, 2).
@Suite struct FunctionTests {
    private static let http: JSONValue = [
        "bindings": [
            ["type": "httpTrigger", "direction": "in", "name": "req"],
            ["type": "http", "direction": "out", "name": "res"],
        ]
    ]

    private func catalog(
        _ functions: [String: JSONValue], host: JSONValue = ["version": "2.0"], environment: [String: String] = [:]
    ) throws -> FunctionCatalog {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try host.text.write(toFile: folder + "/host.json", atomically: true, encoding: .utf8)
        for (name, json) in functions {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try json.text.write(toFile: "\(folder)/\(name)/function.json", atomically: true, encoding: .utf8)
        }
        let configuration = try HostConfiguration(root: folder, environment: environment)
        return try FunctionCatalog(configuration, environment: environment)
    }

    private func http(_ changes: JSONValue) -> JSONValue {
        let trigger = JSONValue.object(["type": "httpTrigger", "direction": "in", "name": "req"]).merging(changes)
        return ["bindings": [trigger, ["type": "http", "direction": "out", "name": "res"]]]
    }

    @Test(arguments: [
        ("a", true), ("A-b_9", true), ("myhost", true), ("9a", false), ("_a", false), ("host", false), ("Host", false),
        ("é", false), (String(repeating: "a", count: 128), true), (String(repeating: "a", count: 129), false),
    ])
    func namesOfFunctions(name: String, isValid: Bool) throws {
        #expect(try catalog([name: Self.http]).functions.isEmpty != isValid)
    }

    @Test(arguments: [
        ("req", true), ("r9", true), ("9r", false), ("a_b", false), ("a-b", false), ("$return", false), ("", false),
    ])
    func namesOfTriggers(name: String, isValid: Bool) throws {
        let read = try catalog(["f": http(["name": .string(name)])])
        #expect(read.functions.isEmpty != isValid && read.errors.isEmpty == isValid)
    }

    @Test(arguments: [
        ("{}", "no bindings"), ("{\"bindings\":[]}", "no bindings"), ("{\"bindings\":[5]}", "object"),
        ("{\"bindings\":[{\"type\":\"http\",\"direction\":\"out\",\"name\":\"res\"}]}", "exactly one trigger"),
        ("{\"bindings\":[{\"type\":\"newTrigger\",\"name\":\"a\"}]}", "newTrigger is not known"),
        (
            "{\"bindings\":[{\"type\":\"httpTrigger\",\"name\":\"a\"},{\"type\":\"http\",\"direction\":\"out\",\"name\":\"a\"}]}",
            "unique"
        ),
        ("{\"bindings\":[{\"type\":\"httpTrigger\",\"name\":\"a\",\"authLevel\":\"x\"}]}", "authLevel"),
        ("{\"bindings\":[{\"type\":\"httpTrigger\",\"name\":\"a\",\"route\":\"administration/x\"}]}", "reserved"),
        ("{\"bindings\":[{\"type\":\"queueTrigger\",\"name\":\"a\",\"queueName\":\"%none%\"}]}", "no setting none"),
        ("{\"bindings\":[{\"type\":\"queueTrigger\",\"name\":\"a\",\"queueName\":\"50%\"}]}", "without a partner"),
        ("{\"bindings\":[{\"type\":\"timerTrigger\",\"name\":\"a\",\"schedule\":\"nonsense\"}]}", "schedule"),
        ("{\"scriptFile\":\"x.sh\",\"bindings\":[{\"type\":\"httpTrigger\",\"name\":\"a\"}]}", "scriptFile"),
    ])
    func saysWhatIsWrongAndRunsTheRest(content: String, part: String) throws {
        let read = try catalog(["bad": try JSONParser.parse(content), "good": Self.http])
        #expect(read.functions.map(\.name) == ["good"])
        #expect(read.errors.count == 1 && read.errors[0].detail.contains(part), "\(read.errors)")
    }

    @Test func routesConflictByPathAndMethod() throws {
        let read = try catalog([
            "a": http(["route": "/Notes/", "methods": ["get"]]),
            "b": http(["route": "notes", "methods": ["get", "post"]]),
            "c": http(["route": "notes", "methods": ["put"]]), "d": http(["route": "notes"]),
        ])
        #expect(read.functions.map(\.name) == ["a", "c"])
        #expect(read.errors.map(\.name) == ["b", "d"] && read.errors[0].detail.contains("function a"))
    }

    @Test func disabledByFileOrSetting() throws {
        let off: JSONValue = Self.http.setting(["disabled"], to: true)
        let read = try catalog(
            ["a": off, "b": Self.http, "c": off, "d": Self.http],
            environment: ["AzureWebJobs.b.Disabled": "1", "AzureWebJobs_c_Disabled": "false"])
        #expect(read.functions.map(\.isDisabled) == [true, true, false, false])
    }

    @Test func customRoutesKeepTheirNumbers() throws {
        let host: JSONValue = [
            "version": "2.0",
            "customHandler": [
                "description": ["defaultExecutablePath": "x"],
                "http": [
                    "defaultAuthorizationLevel": "anonymous",
                    "routes": [
                        ["route": "a"], ["route": "x//y"], ["route": " "], ["route": "{}"], ["route": "{a"],
                        ["route": "b c", "authorizationLevel": "admin"], [:],
                    ],
                ],
            ],
        ]
        let read = try catalog([:], host: host)
        #expect(read.functions.map(\.name) == ["http-handler1", "http-handler6"])
        #expect(read.errors.map(\.name) == [2, 3, 4, 5, 7].map { "http-handler\($0)" })
        guard case .http(let trigger) = read.functions[0].trigger else { throw TestFailure("no HTTP trigger") }
        #expect(trigger.level == .anonymous && trigger.methods?.count == 9)
        #expect(throws: HostError.self) { try catalog(["f": Self.http], host: host) }
        #expect(throws: HostError.self) {
            try catalog([:], host: host, environment: ["FUNCTIONS_WORKER_RUNTIME": "node"])
        }
    }

    @Test(arguments: [
        ("api/chat", "api/Chat", true), ("api/{id}", "api/x", true), ("api/{id}", "api", false),
        ("api/{id?}", "api", true), ("api/{n:int}", "api/5", true), ("api/{n:int}", "api/x", false),
        ("a/{*rest}", "a/b/c", true), ("a/{*rest}", "a", true), ("a/b", "a/b/c", false), ("{*rest}", "", true),
        ("x/{g:guid}", "x/0c9f1c9e-1f7e-4a5c-8f2e-5f2f7b5a9c10", true), ("x/{d=7}", "x", true),
        ("{a:alpha:minlength(2)}", "ab", true), ("{a:alpha:minlength(2)}", "a", false), ("{a:range(1,12)}", "12", true),
        ("{a:range(1,12)}", "13", false), ("{a:length(3)}", "abc", true), ("{a:length(1,2)}", "abc", false),
        ("{a:regex(^\\d{{2}}$)}", "x", false), ("{a:regex(^b/?c$)}", "BC", true), ("{a:bool}", "True", true),
        ("{a:datetime}", "2026-01-05", true), ("{a:datetime}", "soon", false), ("{a:double}", "1.5", true),
        ("{a:long}", "99999999999", true), ("{a:int}", "99999999999", false), ("{a:max(3)}", "4", false),
        ("{a:min(3)}", "4", true), ("{a:int?}", "", true),
    ])
    func matchesRoutes(template: String, path: String, matches: Bool) throws {
        let values = try RouteTemplate(template).match(path.split(separator: "/").map(String.init))
        #expect((values != nil) == matches)
    }

    @Test(arguments: [
        "a//b", "{}", "{a", "a}", "x{a}{b}", "{*a}/b", "{a}/{A}", "{a:nonsense}", "{a:range(1)}", "{:int}",
    ])
    func refusesRoutes(template: String) { #expect(throws: HostError.self) { try RouteTemplate(template) } }

    @Test func standardsAndAbsentSegments() throws {
        let values = try #require(try RouteTemplate("n/{a}/{b=7}/{c?}").match(["n", "1"]))
        #expect(values.map(\.name) == ["a", "b", "c"] && values.map(\.value) == ["1", "7", nil])
    }

    @Test func resolvesExpressions() throws {
        let metadata: JSONObject = ["id": "\"x 1\"", "Query": ["lang": "en"], "n": "5"]
        #expect(try BindingExpression.resolve("a/{ID}-{n}/{query.lang}", metadata) == "a/x 1-5/en")
        #expect(try BindingExpression.resolve("{rand-guid:N}", metadata).count == 32)
        #expect(try BindingExpression.resolve("{datetime:yyyy-MM}", metadata).count == 7)
        #expect(throws: HostError.self) { try BindingExpression.resolve("{none}", metadata) }
        #expect(throws: HostError.self) { try BindingExpression.resolve("{id", metadata) }
    }

    @Test(arguments: [
        ("c/{name}.{ext}", "a.b.txt", ["a.b", "txt"]), ("c/in/{name}", "in/x/y", ["x/y"]),
        ("c/in/{name}", "out/x", nil),
        ("c/{a}-end", "x-end", ["x"]), ("c/{a}-end", "x-end2", nil), ("c", "any", ["any"]),
        ("c/fix.txt", "fix.txt", []),
        ("c/{a}.txt", ".txt", nil),
    ])
    func matchesBlobs(path: String, name: String, values: [String]?) throws {
        #expect(try BlobPattern(path).match(name)?.map(\.value) == values)
    }

    @Test(arguments: ["{c}/x", "", "c/{a}{b}", "c/{a", "c/{}"])
    func refusesBlobPaths(path: String) { #expect(throws: HostError.self) { try BlobPattern(path) } }
}
