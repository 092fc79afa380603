import JSONCoding

/// Aggregate functions over the values of a group; undefined values do not count.
enum Aggregates {
    static func value(_ name: String, _ values: [JSONValue?]) -> JSONValue? {
        let defined = values.compactMap(\.self)
        switch name {
        case "COUNT": return .int(Int64(defined.count))
        case "COUNTIF": return .int(Int64(defined.count { $0 == .bool(true) }))
        case "MIN": return defined.min { ValueOrder.compare($0, $1) < 0 }
        case "MAX": return defined.max { ValueOrder.compare($0, $1) < 0 }
        default:
            let numbers = defined.compactMap(\.double)
            guard numbers.count == defined.count else { return nil }
            let sum = numbers.reduce(0, +)
            if name == "SUM" { return ValueOrder.number(sum) }
            return numbers.isEmpty ? .none : ValueOrder.number(sum / Double(numbers.count))
        }
    }
}
