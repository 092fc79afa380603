import JSONCoding
import OpenAIFaces
import Testing

/// Conditions on the attributes of files.
struct AttributeFilterTests {
    private static let attributes: JSONValue = ["team": "blue", "year": 2024, "open": true]

    @Test(
        arguments: [
            (["type": "eq", "key": "team", "value": "blue"], true),
            (["type": "eq", "key": "team", "value": "red"], false),
            (["type": "eq", "key": "year", "value": 2024.0], true),
            (["type": "eq", "key": "open", "value": true], true),
            (["type": "ne", "key": "none", "value": 1], true), (["type": "eq", "key": "none", "value": 1], false),
            (["type": "gt", "key": "year", "value": 2023], true),
            (["type": "gte", "key": "year", "value": 2024], true),
            (["type": "lt", "key": "year", "value": 2024], false),
            (["type": "lte", "key": "year", "value": 2024], true),
            (["type": "lt", "key": "team", "value": "green"], true),
            (["type": "gt", "key": "team", "value": 3], false),
            (["type": "in", "key": "year", "value": [2023, 2024]], true),
            (["type": "nin", "key": "year", "value": [2023, 2024]], false),
            (["type": "nin", "key": "none", "value": ["x"]], true),
            (
                [
                    "type": "and",
                    "filters": [
                        ["type": "eq", "key": "team", "value": "blue"],
                        [
                            "type": "or",
                            "filters": [
                                ["type": "eq", "key": "year", "value": 1],
                                ["type": "eq", "key": "open", "value": true],
                            ],
                        ],
                    ],
                ], true
            ),
        ] as [(JSONValue, Bool)])
    func conditionsHoldOrDoNot(_ filter: JSONValue, _ holds: Bool) throws {
        #expect(try AttributeFilter(filter, field: "filters").matches(Self.attributes) == holds)
    }

    @Test func conditionsHaveAnEnd() {
        var deep: JSONValue = ["type": "eq", "key": "k", "value": 1]
        for _ in 0..<20 { deep = ["type": "and", "filters": [deep]] }
        let wide: JSONValue = [
            "type": "or", "filters": .array(Array(repeating: ["type": "eq", "key": "k", "value": 1], count: 200)),
        ]
        for filter in [deep, wide] {
            #expect(throws: InvalidFields.self) { try AttributeFilter(filter, field: "filters") }
        }
    }
}
