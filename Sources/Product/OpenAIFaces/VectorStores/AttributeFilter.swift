public import JSONCoding

/// A condition on the attributes of a store's files (`filters`): comparisons, joined by `and` and `or`.
public indirect enum AttributeFilter: Sendable, Equatable {
    case all([AttributeFilter])
    case any([AttributeFilter])
    case comparison(key: String, Comparison, JSONValue)

    /// How a value is compared.
    public enum Comparison: String, Sendable, CaseIterable {
        case equal = "eq"
        case notEqual = "ne"
        case greater = "gt"
        case greaterOrEqual = "gte"
        case less = "lt"
        case lessOrEqual = "lte"
        case among = "in"
        case notAmong = "nin"
    }

    private static let mostConditions = 100
    private static let deepest = 8

    /// Reads the wire form.
    ///
    /// - Parameter field: What it is called in problems.
    /// - Throws: `InvalidFields`.
    public init(_ json: JSONValue, field: String) throws {
        var left = Self.mostConditions
        self = try Self.read(json, field, depth: 0, &left)
    }

    private static func read(_ json: JSONValue, _ field: String, depth: Int, _ left: inout Int) throws
        -> AttributeFilter
    {
        left -= 1
        guard depth < deepest, left >= 0 else {
            throw InvalidFields(
                field: field, detail: "Must have at most \(mostConditions) conditions, \(deepest) deep.")
        }
        guard let type = json["type"]?.string else {
            throw InvalidFields(field: field + ".type", detail: "Required: and, or, or a comparison such as eq.")
        }
        if type == "and" || type == "or" {
            guard let list = json["filters"]?.array, !list.isEmpty else {
                throw InvalidFields(field: field + ".filters", detail: "Must be a list of at least one filter.")
            }
            var parts: [AttributeFilter] = []
            for (place, part) in list.enumerated() {
                parts.append(try read(part, "\(field).filters[\(place)]", depth: depth + 1, &left))
            }
            return type == "and" ? .all(parts) : .any(parts)
        }
        guard let comparison = Comparison(rawValue: type) else {
            let known = Comparison.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidFields(field: field + ".type", detail: "Must be and, or, or one of \(known).")
        }
        guard let key = json["key"]?.string, !key.isEmpty else {
            throw InvalidFields(field: field + ".key", detail: "Required: the name of an attribute.")
        }
        guard let value = json["value"], isFitting(value, comparison) else {
            let kind =
                switch comparison {
                case .among, .notAmong: "a list of texts or numbers"
                case .equal, .notEqual: "a text, a number, or true or false"
                default: "a text or a number"
                }
            throw InvalidFields(field: field + ".value", detail: "Must be \(kind).")
        }
        return .comparison(key: key, comparison, value)
    }

    private static func isFitting(_ value: JSONValue, _ comparison: Comparison) -> Bool {
        func isOrdered(_ value: JSONValue) -> Bool { value.string != nil || value.double != nil }
        switch comparison {
        case .among, .notAmong: return value.array.map { $0.allSatisfy(isOrdered) } ?? false
        case .equal, .notEqual: return isOrdered(value) || value.bool != nil
        default: return isOrdered(value)
        }
    }

    /// Whether a file's attributes meet it. One that is not there is unequal to everything, and neither less nor greater.
    public func matches(_ attributes: JSONValue) -> Bool {
        switch self {
        case .all(let parts): parts.allSatisfy { $0.matches(attributes) }
        case .any(let parts): parts.contains { $0.matches(attributes) }
        case .comparison(let key, let comparison, let value): Self.holds(attributes[key], comparison, value)
        }
    }

    private static func holds(_ found: JSONValue?, _ comparison: Comparison, _ value: JSONValue) -> Bool {
        guard let found else { return comparison == .notEqual || comparison == .notAmong }
        switch comparison {
        case .equal: return isEqual(found, value)
        case .notEqual: return !isEqual(found, value)
        case .among: return value.array?.contains { isEqual(found, $0) } ?? false
        case .notAmong: return !(value.array?.contains { isEqual(found, $0) } ?? false)
        case .greater: return order(found, value).map { $0 > 0 } ?? false
        case .greaterOrEqual: return order(found, value).map { $0 >= 0 } ?? false
        case .less: return order(found, value).map { $0 < 0 } ?? false
        case .lessOrEqual: return order(found, value).map { $0 <= 0 } ?? false
        }
    }

    private static func isEqual(_ one: JSONValue, _ two: JSONValue) -> Bool {
        if let one = one.double, let two = two.double { return one == two }
        return one == two
    }

    /// Negative, zero or positive; `nil` for what has no order.
    private static func order(_ one: JSONValue, _ two: JSONValue) -> Int? {
        if let one = one.double, let two = two.double { return one < two ? -1 : one > two ? 1 : 0 }
        if let one = one.string, let two = two.string { return one < two ? -1 : one > two ? 1 : 0 }
        return nil
    }
}
