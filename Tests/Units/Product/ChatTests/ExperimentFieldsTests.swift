import JSONCoding
import Testing

@testable import Chat

/// What is kept of a run of an evaluation.
struct ExperimentFieldsTests {
    private static let figure: JSONValue = ["name": "near@5", "value": 0.5, "low": 0.25, "high": 0.75, "questions": 8]

    private func problems(_ body: JSONValue) -> [String] {
        do { _ = try ExperimentFields(body) } catch let error as InvalidFields {
            return error.problems.map { "\($0.field): \($0.detail)" }
        } catch { Issue.record(error) }
        return []
    }

    private func body(_ members: JSONObject = [:], figure: JSONValue = Self.figure) -> JSONValue {
        var body: JSONObject = ["name": "x", "figures": [figure]]
        for (name, value) in members.members { body[name] = value }
        return .object(body)
    }

    @Test func aRunIsTakenAsItIs() throws {
        let fields = try ExperimentFields(
            body(["name": "vorher – 1 👩‍🔬", "set": "a/b", "questions": 8, "parameters": ["model": "é"]]))
        #expect(fields.name == "vorher – 1 👩‍🔬")
        let kept: JSONObject = [
            "set": "a/b", "questions": 8, "parameters": ["model": "é"], "figures": [Self.figure],
        ]
        #expect(fields.result == kept)
    }

    @Test(arguments: ["a\0b", "\0", "a\u{1}", "a\u{1b}[31m", "a\u{7f}", "a\u{85}b", "a\nb"])
    func controlCharactersAreRefusedWhereverTextsAreKept(_ given: String) {
        let text = JSONValue.string(given)
        let reason = "Must not have control characters. Take them out."
        #expect(problems(body(["name": text])) == ["name: \(reason)"])
        #expect(problems(body(["set": text])) == ["set: \(reason)"])
        #expect(problems(body(figure: ["name": text, "value": 1])) == ["figures[0].name: \(reason)"])
        for parameters in [JSONObject([("model", text)]), JSONObject([(given, "a")])] {
            #expect(
                problems(body(["parameters": .object(parameters)]))
                    == ["parameters: Names and texts must not have control characters. Take them out."])
        }
    }

    @Test(
        arguments: [
            (["name": "f", "value": "1"], ["figures[0].value: Must be a number."]),
            (["name": "f"], ["figures[0].value: Required."]),
            (["name": "f", "value": nil], ["figures[0].value: Required."]),
            (["value": 1], ["figures[0].name: Required."]),
        ] as [(JSONValue, [String])])
    func aMistakeInAFigureIsToldOnce(_ figure: JSONValue, _ told: [String]) {
        #expect(problems(body(figure: figure)) == told)
    }

    @Test func aValueOutOfItsBoundsIsToldOnce() {
        #expect(problems(body(figure: ["name": "f", "value": 1e13])).count == 1)
    }

    @Test func figuresWithoutNamesAreNotCalledTheSame() {
        let nameless: JSONValue = ["value": 1]
        #expect(
            problems(["name": "x", "figures": [nameless, nameless]])
                == ["figures[0].name: Required.", "figures[1].name: Required."])
        #expect(
            problems(["name": "x", "figures": [Self.figure, Self.figure]])
                == ["figures[1].name: There is another figure of this name."])
    }
}
