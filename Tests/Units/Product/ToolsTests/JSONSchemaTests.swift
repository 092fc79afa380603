import JSONCoding
import Testing

@testable import Tools

@Suite struct JSONSchemaTests {
    private static let schema: JSONValue = [
        "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": [
            "name": ["type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"],
            "age": ["type": ["integer", "null"], "minimum": 0, "maximum": 150],
            "ratio": ["type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1],
            "kind": ["enum": ["a", "b", 3]], "flag": ["const": true],
            "list": ["type": "array", "items": ["type": "boolean"], "minItems": 1, "maxItems": 2],
            "free": ["type": "object", "additionalProperties": ["type": "string"]],
        ],
    ]

    @Test(arguments: [
        #"{"name":"anna"}"#,
        #"{"name":"bo","age":0,"ratio":0.5,"kind":3,"flag":true,"list":[true,false],"free":{"x":"y"}}"#,
        #"{"name":"bo","age":null,"ratio":0.999}"#, #"{"name":"bo","age":7.0}"#,
    ])
    func accepts(text: String) throws {
        #expect(JSONSchema(Self.schema).problems(try JSONParser.parse(text)).isEmpty)
    }

    @Test(arguments: [
        ("[]", "arguments"), ("{}", "arguments.name"), (#"{"name":"a"}"#, "arguments.name"),
        (#"{"name":"ANNA"}"#, "arguments.name"),
        (#"{"name":"bo","age":1.5}"#, "arguments.age"), (#"{"name":"bo","age":-1}"#, "arguments.age"),
        (#"{"name":"bo","ratio":1}"#, "arguments.ratio"), (#"{"name":"bo","kind":"c"}"#, "arguments.kind"),
        (#"{"name":"bo","flag":false}"#, "arguments.flag"), (#"{"name":"bo","list":[]}"#, "arguments.list"),
        (#"{"name":"bo","list":[true,1]}"#, "arguments.list[1]"),
        (#"{"name":"bo","free":{"x":1}}"#, "arguments.free.x"),
        (#"{"name":"bo","other":1}"#, "arguments.other"),
    ])
    func refuses(text: String, place: String) throws {
        #expect(JSONSchema(Self.schema).problems(try JSONParser.parse(text)).map(\.field) == [place])
    }

    @Test func stopsInTheDeepAndInTheMany() throws {
        let endless: JSONValue = [
            "type": "object", "properties": ["a": ["type": "object"]], "additionalProperties": false,
        ]
        let many = JSONValue.object(JSONObject((0..<1000).map { ("x\($0)", 1) }))
        #expect(JSONSchema(endless).problems(many).count <= 1000)
        #expect(JSONSchema("nonsense").problems(many).isEmpty)
    }
}
