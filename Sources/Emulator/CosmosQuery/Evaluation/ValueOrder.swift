package import JSONCoding

/// The order of values: undefined, null, booleans, numbers, strings, arrays, objects; `nil` is undefined
/// (docs/reference/cosmos-db.md, 6.3).
package enum ValueOrder {
    /// A number as the shortest kind of JSON number.
    package static func number(_ value: Double) -> JSONValue {
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return .int(whole) }
        return .double(value)
    }

    /// The place of a value's type.
    package static func rank(_ value: JSONValue?) -> Int {
        switch value {
        case nil: 0
        case .null: 1
        case .bool: 2
        case .int, .double: 3
        case .string: 4
        case .array: 5
        case .object: 6
        }
    }

    /// Negative, zero or positive as `left` comes before, with or after `right`.
    package static func compare(_ left: JSONValue?, _ right: JSONValue?) -> Int {
        let (a, b) = (rank(left), rank(right))
        if a != b { return a < b ? -1 : 1 }
        switch (left, right) {
        case (.bool(let a), .bool(let b)): return a == b ? 0 : (b ? -1 : 1)
        case (.string(let a), .string(let b)): return compare(a, b)
        case (.array(let a), .array(let b)):
            for (x, y) in zip(a, b) {
                let order = compare(x, y)
                if order != 0 { return order }
            }
            return a.count == b.count ? 0 : (a.count < b.count ? -1 : 1)
        case (.object(let a), .object(let b)):
            if equal(a, b) { return 0 }
            return compare(JSONValue.object(a).text, JSONValue.object(b).text)
        default:
            let (a, b) = (left?.double ?? 0, right?.double ?? 0)
            return a < b ? -1 : (a > b ? 1 : 0)
        }
    }

    private static func equal(_ a: JSONObject, _ b: JSONObject) -> Bool {
        a.members.count == b.members.count
            && a.members.allSatisfy { member in b[member.name].map { compare($0, member.value) == 0 } ?? false }
    }

    /// Strings by code point, whatever their normal form.
    private static func compare(_ a: String, _ b: String) -> Int {
        // The order of UTF-8 bytes is the order of code points.
        if a.utf8.elementsEqual(b.utf8) { return 0 }
        return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    }

    /// Whether two values are the same for `=`, DISTINCT and GROUP BY.
    package static func equal(_ left: JSONValue?, _ right: JSONValue?) -> Bool { compare(left, right) == 0 }

    /// A text that equal values share, for looking up what was seen.
    package static func identity(_ value: JSONValue?) -> String {
        switch value {
        case nil: "undefined"
        case .int(let value): Double(value).description
        case .double(let value): (value == 0 ? 0 : value).description
        case .array(let items): "[" + items.map { identity($0) }.joined(separator: ",") + "]"
        case .object(let object):
            "{"
                + object.members.map { JSONValue.string($0.name).text + ":" + identity($0.value) }.sorted()
                .joined(separator: ",") + "}"
        case .some(let value): value.text
        }
    }
}
