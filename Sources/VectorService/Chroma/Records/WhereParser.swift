public import JSONCoding
import LinearRegex

extension WhereFilter {
    /// Filters may be nested this deep; Chroma has no rule, but recursion needs a bound.
    private static let maximumDepth = 64
    /// Conditions that a filter may have: each is a pass over all records, while a list of operands is one pass.
    private static let maximumConditions = 1024

    /// Reads a `where` clause; `nil` for null or absent.
    ///
    /// - Throws: `ChromaError` 400.
    public static func parse(_ value: JSONValue?) throws(ChromaError) -> WhereFilter? {
        guard let value, !value.isNull else { return nil }
        var left = maximumConditions
        return try clause(value, depth: 0, &left)
    }

    /// Reads a `where_document` clause; `nil` for null or absent.
    public static func parseDocument(_ value: JSONValue?) throws(ChromaError) -> WhereFilter? {
        guard let value, !value.isNull else { return nil }
        var left = maximumConditions
        return try documentClause(value, depth: 0, &left)
    }

    /// Counts a condition, or a list of them.
    private static func admit(_ what: String, depth: Int, _ left: inout Int) throws(ChromaError) {
        guard depth < maximumDepth else {
            throw .invalid("Invalid \(what) clause: it is nested more than \(maximumDepth) levels deep")
        }
        left -= 1
        guard left >= 0 else {
            throw .invalid("Invalid \(what) clause: it has more than \(maximumConditions) conditions")
        }
    }

    private static func clause(
        _ value: JSONValue, depth: Int, _ left: inout Int
    ) throws(ChromaError) -> WhereFilter {
        try admit("where", depth: depth, &left)
        guard let members = value.object?.members, members.count == 1, let member = members.first else {
            throw .invalid("Invalid where clause")
        }
        switch member.name {
        case "$and", "$or":
            guard let list = member.value.array else { throw .invalid("Invalid where clause") }
            var parts: [WhereFilter] = []
            for item in list { parts.append(try clause(item, depth: depth + 1, &left)) }
            return member.name == "$and" ? .and(parts) : .or(parts)
        case "#document":
            // Only the document's own operators: the rest would need an index that documents do not have.
            let name = member.value.object?.members.first?.name ?? "$eq"
            guard ["$contains", "$not_contains", "$regex", "$not_regex"].contains(name) else {
                throw .invalid(
                    "Cannot filter using metadata key '#document' with type 'Str' because indexing is disabled")
            }
            return try documentClause(member.value, depth: depth + 1, &left)
        case "#id": return try idClause(member.value)
        case let key where key.hasPrefix("$"): throw .invalid("Invalid where clause")
        case let key: return try condition(key, member.value)
        }
    }

    private static func condition(_ key: String, _ value: JSONValue) throws(ChromaError) -> WhereFilter {
        guard let object = value.object else { return .compare(key: key, .equal, try scalar(value)) }
        guard object.members.count == 1, let member = object.members.first else {
            throw .invalid("Invalid where clause")
        }
        switch member.name {
        case "$in", "$nin":
            guard let list = member.value.array, let first = list.first else { throw .invalid("Invalid where clause") }
            var operands: [JSONValue] = []
            for item in list {
                let operand = try scalar(item)
                guard kind(operand) == kind(first) || kind(first) == "float" && kind(operand) == "int" else {
                    throw .invalid("Invalid where clause")
                }
                operands.append(operand)
            }
            return .isIn(key: key, operands, negated: member.name == "$nin")
        case "$contains", "$not_contains":
            return .contains(key: key, try scalar(member.value), negated: member.name == "$not_contains")
        default:
            guard let comparison = Comparison(rawValue: member.name) else { throw .invalid("Invalid where clause") }
            let operand = try scalar(member.value)
            if comparison != .equal, comparison != .notEqual, operand.double == nil {
                throw .invalid("Invalid where clause")
            }
            return .compare(key: key, comparison, operand)
        }
    }

    private static func idClause(_ value: JSONValue) throws(ChromaError) -> WhereFilter {
        let member = value.object?.members.first
        guard value.object == nil || value.object?.members.count == 1 else { throw .invalid("Invalid where clause") }
        let name = member?.name ?? "$eq"
        let operand = member?.value ?? value
        switch name {
        case "$eq", "$ne":
            guard let id = operand.string else { throw .invalid("Invalid where clause") }
            return .hasID([id], negated: name == "$ne")
        case "$in", "$nin":
            guard let list = operand.array, !list.isEmpty else { throw .invalid("Invalid where clause") }
            let ids = list.compactMap(\.string)
            guard ids.count == list.count else { throw .invalid("Invalid where clause") }
            return .hasID(ids, negated: name == "$nin")
        default: throw .invalid("Invalid where clause")
        }
    }

    private static func documentClause(
        _ value: JSONValue, depth: Int, _ left: inout Int
    ) throws(ChromaError) -> WhereFilter {
        try admit("where document", depth: depth, &left)
        guard let members = value.object?.members, members.count == 1, let member = members.first else {
            throw .invalid("Invalid where document clause")
        }
        switch member.name {
        case "$and", "$or":
            guard let list = member.value.array else { throw .invalid("Invalid where document clause") }
            var parts: [WhereFilter] = []
            for item in list { parts.append(try documentClause(item, depth: depth + 1, &left)) }
            return member.name == "$and" ? .and(parts) : .or(parts)
        case "$contains", "$not_contains":
            guard let text = member.value.string else { throw .invalid("Invalid where document clause") }
            return .documentContains(text, negated: member.name == "$not_contains")
        case "$regex", "$not_regex":
            guard let pattern = member.value.string else { throw .invalid("Invalid where document clause") }
            do {
                return .documentMatches(try LinearPattern(pattern), negated: member.name == "$not_regex")
            } catch {
                // Three r's, as Chroma writes it (docs/reference/chroma.md, 5.2).
                throw error.kind == .bytes
                    ? .invalid("Byte pattern is not allowed") : .invalid("Regex syntax errror: \(error)")
            }
        default: throw .invalid("Invalid where document clause")
        }
    }

    private static func scalar(_ value: JSONValue) throws(ChromaError) -> JSONValue {
        switch value {
        case .string, .bool, .int, .double: return value
        case .null, .array, .object: throw .invalid("Invalid where clause")
        }
    }

    private static func kind(_ value: JSONValue) -> String {
        switch value {
        case .string: "string"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .null, .array, .object: "other"
        }
    }
}
