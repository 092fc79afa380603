import JSONCoding

extension Functions {
    static let lists: [Row] = [
        ("ARRAY_LENGTH", 1...1, { $0.list(0).map { .int(Int64($0.count)) } }),
        (
            "ARRAY_CONTAINS", 2...3,
            { arguments in
                guard let list = arguments.list(0), let wanted = arguments[1] else { return nil }
                let partly = arguments.flag(2)
                return .bool(list.contains { partly ? covers($0, wanted) : ValueOrder.equal($0, wanted) })
            }
        ),
        (
            "ARRAY_CONTAINS_ANY", 2...64,
            { arguments in
                guard let list = arguments.list(0) else { return nil }
                return .bool(
                    arguments.values.dropFirst().contains { wanted in list.contains { ValueOrder.equal($0, wanted) } })
            }
        ),
        (
            "ARRAY_CONTAINS_ALL", 2...64,
            { arguments in
                guard let list = arguments.list(0) else { return nil }
                return .bool(
                    arguments.values.dropFirst().allSatisfy { wanted in list.contains { ValueOrder.equal($0, wanted) } }
                )
            }
        ),
        (
            "ARRAY_CONCAT", 2...64,
            { arguments in
                let lists = arguments.values.compactMap { $0?.array }
                return lists.count == arguments.count ? .array(Array(lists.joined())) : .none
            }
        ),
        (
            "ARRAY_SLICE", 2...3,
            { arguments in
                guard let list = arguments.list(0), let start = arguments.whole(1) else { return nil }
                let first = start < 0 ? max(0, list.count + max(start, -list.count)) : start
                let count = arguments.count == 3 ? arguments.whole(2) ?? 0 : list.count
                return .array(Array(list.dropFirst(first).prefix(max(0, count))))
            }
        ),
        (
            "SETINTERSECT", 2...2,
            { arguments in
                guard let a = arguments.list(0), let b = arguments.list(1) else { return nil }
                let known = Set(b.map { ValueOrder.identity($0) })
                return .array(distinct(a).filter { known.contains(ValueOrder.identity($0)) })
            }
        ),
        (
            "SETUNION", 2...2,
            { arguments in
                guard let a = arguments.list(0), let b = arguments.list(1) else { return nil }
                return .array(distinct(a + b))
            }
        ),
        (
            "SETDIFFERENCE", 2...2,
            { arguments in
                guard let a = arguments.list(0), let b = arguments.list(1) else { return nil }
                let known = Set(b.map { ValueOrder.identity($0) })
                return .array(distinct(a).filter { !known.contains(ValueOrder.identity($0)) })
            }
        ),
        (
            "SETEQUAL", 2...2,
            { arguments in
                guard let a = arguments.list(0), let b = arguments.list(1) else { return nil }
                return .bool(Set(a.map { ValueOrder.identity($0) }) == Set(b.map { ValueOrder.identity($0) }))
            }
        ),
        ("ARRAY_MAX", 1...1, { scalars($0)?.max { ValueOrder.compare($0, $1) < 0 } }),
        ("ARRAY_MIN", 1...1, { scalars($0)?.min { ValueOrder.compare($0, $1) < 0 } }),
        ("ARRAY_SUM", 1...1, { numbers($0).map { ValueOrder.number($0.reduce(0, +)) } }),
        (
            "ARRAY_AVG", 1...1,
            { arguments in
                guard let all = numbers(arguments), !all.isEmpty else { return nil }
                return ValueOrder.number(all.reduce(0, +) / Double(all.count))
            }
        ),
        (
            "ARRAY_MEDIAN", 1...1,
            { arguments in
                guard let all = numbers(arguments)?.sorted(), !all.isEmpty else { return nil }
                let middle = all.count / 2
                return ValueOrder.number(all.count % 2 == 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2)
            }
        ),
        (
            "CHOOSE", 2...64,
            { arguments in
                guard let place = arguments.whole(0), (1..<arguments.count).contains(place) else { return nil }
                return arguments[place]
            }
        ),
        (
            "OBJECTTOARRAY", 1...3,
            { arguments in
                guard let object = arguments[0]?.object else { return nil }
                let (key, value) = (arguments.text(1) ?? "k", arguments.text(2) ?? "v")
                return .array(
                    object.members.map { .object(JSONObject([(key, .string($0.name)), (value, $0.value)])) })
            }
        ),
    ]

    /// Whether every member of `part` is in `whole`, recursively; what are no objects have to be equal.
    private static func covers(_ whole: JSONValue, _ part: JSONValue) -> Bool {
        guard let part = part.object, let whole = whole.object else { return ValueOrder.equal(whole, part) }
        return part.members.allSatisfy { member in whole[member.name].map { covers($0, member.value) } ?? false }
    }

    /// The numbers of a list that has nothing else.
    private static func numbers(_ arguments: Arguments) -> [Double]? {
        guard let list = arguments.list(0) else { return nil }
        let all = list.compactMap(\.double)
        return all.count == list.count ? all : .none
    }

    /// The values of a list that has no lists and objects.
    private static func scalars(_ arguments: Arguments) -> [JSONValue]? {
        guard let list = arguments.list(0), list.allSatisfy({ $0.array == nil && $0.object == nil }) else { return nil }
        return list
    }

    private static func distinct(_ list: [JSONValue]) -> [JSONValue] {
        var seen: Set<String> = []
        return list.filter { seen.insert(ValueOrder.identity($0)).inserted }
    }
}
