public import JSONCoding
import LinearRegex

/// Checks values against the part of JSON Schema (draft 2020-12, validation vocabulary) that tools' arguments use: types,
/// members, items, enumerations, bounds and patterns. What it does not know it does not check.
public struct JSONSchema: Sendable {
    private static let maximumDepth = 16
    private static let maximumProblems = 10

    private let schema: JSONValue

    /// Wraps a schema.
    public init(_ schema: JSONValue) { self.schema = schema }

    /// What is wrong with a value, each with its place; empty when nothing is.
    public func problems(_ value: JSONValue) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        Self.check(value, schema, "arguments", 0, &problems)
        return problems
    }

    private static func check(
        _ value: JSONValue, _ schema: JSONValue, _ place: String, _ depth: Int, _ problems: inout [FieldProblem]
    ) {
        guard problems.count < maximumProblems, schema.object != nil else { return }
        func wrong(_ detail: String) { problems.append(FieldProblem(field: place, detail: detail)) }
        // What is not looked at must not pass for right.
        guard depth < maximumDepth else { return wrong("Must not be nested more than \(maximumDepth) levels deep.") }
        if let types = schema["type"].map({ $0.array?.compactMap(\.string) ?? [$0.string ?? ""] }),
            !types.contains(where: { fits(value, $0) })
        {
            return wrong("Must be of type \(types.joined(separator: " or ")).")
        }
        if let allowed = schema["enum"]?.array, !allowed.contains(value) {
            return wrong("Must be one of \(allowed.map(\.text).joined(separator: ", ")).")
        }
        if let only = schema["const"], only != value { return wrong("Must be \(only.text).") }
        switch value {
        case .int, .double: checkNumber(value.double ?? 0, schema, wrong)
        case .string(let text): checkText(text, schema, wrong)
        case .array(let list):
            if let least = schema["minItems"]?.int, list.count < least { wrong("Must have at least \(least) entries.") }
            if let most = schema["maxItems"]?.int, list.count > most { wrong("Must have at most \(most) entries.") }
            guard let items = schema["items"] else { return }
            for (index, item) in list.enumerated() { check(item, items, "\(place)[\(index)]", depth + 1, &problems) }
        case .object(let object): checkMembers(object, schema, place, depth, &problems)
        case .null, .bool: break
        }
    }

    private static func fits(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null): true
        case ("number", .int), ("number", .double): true
        case ("integer", _): value.int != nil
        default: false
        }
    }

    private static func checkNumber(_ number: Double, _ schema: JSONValue, _ wrong: (String) -> Void) {
        if let least = schema["minimum"]?.double, number < least { wrong("Must be at least \(least).") }
        if let most = schema["maximum"]?.double, number > most { wrong("Must be at most \(most).") }
        if let bound = schema["exclusiveMinimum"]?.double, number <= bound { wrong("Must be more than \(bound).") }
        if let bound = schema["exclusiveMaximum"]?.double, number >= bound { wrong("Must be less than \(bound).") }
    }

    private static func checkText(_ text: String, _ schema: JSONValue, _ wrong: (String) -> Void) {
        let count = text.unicodeScalars.count
        if let least = schema["minLength"]?.int, count < least { wrong("Must have at least \(least) characters.") }
        if let most = schema["maxLength"]?.int, count > most { wrong("Must have at most \(most) characters.") }
        if let pattern = schema["pattern"]?.string, let regex = try? LinearPattern(pattern), !regex.matches(text) {
            wrong("Must match \(pattern).")
        }
    }

    private static func checkMembers(
        _ object: JSONObject, _ schema: JSONValue, _ place: String, _ depth: Int, _ problems: inout [FieldProblem]
    ) {
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where object[name] == nil {
            problems.append(FieldProblem(field: "\(place).\(name)", detail: "Required."))
        }
        let known = schema["properties"]
        for (name, value) in object.members {
            if let member = known?[name] {
                check(value, member, "\(place).\(name)", depth + 1, &problems)
            } else if let rest = schema["additionalProperties"] {
                if rest.bool == false {
                    problems.append(FieldProblem(field: "\(place).\(name)", detail: "Unknown argument."))
                } else {
                    check(value, rest, "\(place).\(name)", depth + 1, &problems)
                }
            }
        }
    }
}
