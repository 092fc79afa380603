import JSONCoding
import Telemetry

/// What a run of an evaluation comes to, as it is sent to be kept.
struct ExperimentFields: Sendable {
    private static let names = [
        "name", "set", "startedAt", "seconds", "questions", "leftOut", "failures", "parameters", "figures",
    ]
    private static let figureNames = ["name", "value", "low", "high", "questions"]
    static let mostFigures = 200
    static let mostParameters = 50
    static let count: ClosedRange<Double> = 0...1_000_000
    static let value: ClosedRange<Double> = -1e12...1e12

    let name: String
    /// Everything but the name, in the order of the documentation.
    let result: JSONObject

    /// Reads a body.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong.
    init(_ body: JSONValue) throws {
        var reader = try FieldReader(body, allowed: Self.names)
        name = reader.requiredString("name", length: 1...200)
        if name.unicodeScalars.allSatisfy(\.properties.isWhitespace), !name.isEmpty {
            reader.add("name", "Must not be blank.")
        }
        Self.requirePrintable(name, "name", &reader)
        var result: JSONObject = [:]
        if let set = reader.string("set", length: 1...1000) {
            Self.requirePrintable(set, "set", &reader)
            result["set"] = .string(set)
        }
        if let started = reader.string("startedAt", length: 1...40) {
            if Timestamp.milliseconds(iso8601: started) == nil {
                reader.add("startedAt", "Must be a time such as 2026-01-31T12:00:00.000Z.")
            }
            result["startedAt"] = .string(started)
        }
        result["seconds"] = reader.number("seconds", in: 0...1e9).map { .double($0) }
        for name in ["questions", "leftOut", "failures"] {
            guard let number = reader.number(name, in: Self.count) else { continue }
            if let count = Int64(exactly: number) {
                result[name] = .int(count)
            } else {
                reader.add(name, "Must be whole.")
            }
        }
        result["parameters"] = Self.parameters(body["parameters"], &reader)
        result["figures"] = try Self.figures(body["figures"], &reader)
        try reader.finish()
        self.result = result
    }

    /// Refuses control characters: what is kept is shown in one line, and U+0000 would end it.
    private static func requirePrintable(_ text: String, _ field: String, _ reader: inout FieldReader) {
        if hasControls(text) { reader.add(field, "Must not have control characters. Take them out.") }
    }

    private static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func parameters(_ value: JSONValue?, _ reader: inout FieldReader) -> JSONValue? {
        guard let value, !value.isNull else { return nil }
        guard let members = value.object?.members, members.count <= mostParameters,
            members.allSatisfy({ name, value in
                (1...100).contains(name.utf8.count) && (value.string.map { $0.utf8.count <= 6000 } ?? false)
            })
        else {
            reader.add(
                "parameters", "Must be an object of at most \(mostParameters) texts, each of at most 6000 bytes.")
            return nil
        }
        if members.contains(where: { hasControls($0.name) || hasControls($0.value.string ?? "") }) {
            reader.add("parameters", "Names and texts must not have control characters. Take them out.")
        }
        return value
    }

    private static func figures(_ value: JSONValue?, _ reader: inout FieldReader) throws -> JSONValue? {
        guard let list = value?.array, (1...mostFigures).contains(list.count) else {
            reader.add("figures", "Must be a list of 1 to \(mostFigures) figures, each with a name and a value.")
            return nil
        }
        var names: Set<String> = []
        for (index, figure) in list.enumerated() {
            try reader.inside("figures[\(index)]") {
                var fields = try FieldReader(figure, allowed: figureNames)
                let name = fields.requiredString("name", length: 1...100)
                requirePrintable(name, "name", &fields)
                if !name.isEmpty, !names.insert(name).inserted {
                    fields.add("name", "There is another figure of this name.")
                }
                if figure["value"]?.isNull ?? true { fields.add("value", "Required.") }
                _ = fields.number("value", in: Self.value)
                let (low, high) = (fields.number("low", in: Self.value), fields.number("high", in: Self.value))
                if let low, let high, low > high { fields.add("low", "Must not be above high.") }
                _ = fields.number("questions", in: count)
                try fields.finish()
            }
        }
        return value
    }
}
