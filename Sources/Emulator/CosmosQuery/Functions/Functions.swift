import JSONCoding

/// The built-in scalar functions, by name in upper case.
enum Functions {
    /// A function over its arguments; `nil` is undefined on both sides.
    typealias Body = @Sendable (Arguments) throws(QueryError) -> JSONValue?

    /// The arguments of one call.
    struct Arguments {
        let values: [JSONValue?]
        /// The time of the query in milliseconds since 1970.
        let now: Int64
        var count: Int { values.count }
        subscript(_ index: Int) -> JSONValue? { index < values.count ? values[index] : .none }
        func text(_ index: Int) -> String? { self[index]?.string }
        func number(_ index: Int) -> Double? { self[index]?.double }
        func whole(_ index: Int) -> Int? { self[index]?.int.flatMap { Int(exactly: $0) } }
        func flag(_ index: Int) -> Bool { self[index]?.bool ?? false }
        func list(_ index: Int) -> [JSONValue]? { self[index]?.array }
    }

    private struct Entry {
        let arity: ClosedRange<Int>
        let body: Body
    }

    private static let table: [String: Entry] = {
        var table: [String: Entry] = [:]
        for group in [types, strings, numbers, lists, dates, others] {
            for (name, arity, body) in group { table[name] = Entry(arity: arity, body: body) }
        }
        return table
    }()

    /// One row of a group's table.
    typealias Row = (String, ClosedRange<Int>, Body)

    static let names: Set<String> = Set(table.keys).union(["IIF"])

    static func value(_ name: String, _ values: [JSONValue?], now: Int64) throws(QueryError) -> JSONValue? {
        guard let entry = table[name], entry.arity.contains(values.count) else {
            let arity = table[name]?.arity ?? 3...3
            let wanted =
                arity.lowerBound == arity.upperBound
                ? "\(arity.lowerBound)" : "\(arity.lowerBound) to \(arity.upperBound)"
            throw QueryError(
                message: "The \(name) function requires \(wanted) argument(s), \(values.count) given.", code: "SC2050")
        }
        return try entry.body(Arguments(values: values, now: now))
    }

    private static let types: [Row] = [
        ("IS_DEFINED", 1...1, { .bool($0[0] != nil) }),
        ("IS_NULL", 1...1, { .bool($0[0] == .null) }),
        ("IS_STRING", 1...1, { .bool($0.text(0) != nil) }),
        ("IS_NUMBER", 1...1, { .bool($0.number(0) != nil) }),
        ("IS_FINITE_NUMBER", 1...1, { .bool($0.number(0)?.isFinite ?? false) }),
        ("IS_INTEGER", 1...1, { .bool($0.whole(0) != nil) }),
        ("IS_BOOL", 1...1, { .bool($0[0]?.bool != nil) }),
        ("IS_ARRAY", 1...1, { .bool($0.list(0) != nil) }),
        ("IS_OBJECT", 1...1, { .bool($0[0]?.object != nil) }),
        ("IS_PRIMITIVE", 1...1, { .bool($0[0].map { $0.array == nil && $0.object == nil } ?? false) }),
    ]
}
