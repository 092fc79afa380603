package import JSONCoding

/// Evaluates a query's expressions over rows. `nil` stands for SQL's undefined: what cannot be said is left out.
package struct Evaluator: Sendable {
    /// The name of the item itself, whatever FROM calls it.
    package static let containerName = "root"

    let parameters: [String: JSONValue]
    /// The time of the query in milliseconds since 1970.
    let now: Int64
    /// The rows of the group that is being projected; aggregates are computed over them.
    var group: [Scope]?

    /// An evaluator with the parameters' values by `@name`, at a time in milliseconds since 1970.
    package init(parameters: [String: JSONValue], now: Int64) {
        self.parameters = parameters
        self.now = now
    }

    // MARK: - Rows

    /// The rows that FROM and WHERE make of a scope.
    package func rows(of query: Query, in scope: Scope) throws(QueryError) -> [Scope] {
        var rows = [scope]
        for source in query.sources {
            var next: [Scope] = []
            for row in rows {
                for value in try values(of: source, in: row) {
                    guard next.count < 100_000 else {
                        throw QueryError(message: "The joins make more than 100,000 rows of one item.", code: "SC3021")
                    }
                    var bound = row
                    bound.bind(source.name, value)
                    next.append(bound)
                }
            }
            rows = next
        }
        guard let filter = query.filter else { return rows }
        var kept: [Scope] = []
        for row in rows where try value(filter, row) == .bool(true) { kept.append(row) }
        return kept
    }

    private func values(of source: Query.Source, in row: Scope) throws(QueryError) -> [JSONValue] {
        switch source.kind {
        case .path(let path): return try value(path, row).map { [$0] } ?? []
        case .elements(let path): return try value(path, row)?.array ?? []
        case .rows(let query): return try results(of: query, in: row)
        }
    }

    /// Everything a query gives in one scope, ordered, projected and limited.
    package func results(of query: Query, in scope: Scope) throws(QueryError) -> [JSONValue] {
        try results(of: query, rows: rows(of: query, in: scope))
    }

    /// Everything a query gives for rows that FROM and WHERE have made already.
    package func results(of query: Query, rows: [Scope]) throws(QueryError) -> [JSONValue] {
        var inner = self
        inner.group = nil
        var projected: [JSONValue] = []
        if query.aggregates {
            for group in try inner.groups(of: query, rows) {
                inner.group = group
                if let value = try inner.projection(query, group.first ?? Scope(item: nil)) { projected.append(value) }
            }
        } else {
            for row in try inner.sorted(rows, query) {
                if let value = try inner.projection(query, row) { projected.append(value) }
            }
        }
        if query.isDistinct {
            var seen: Set<String> = []
            projected = projected.filter { seen.insert(ValueOrder.identity($0)).inserted }
        }
        if let offset = query.offset, let limit = query.limit {
            projected = Array(projected.dropFirst(try count(offset)).prefix(try count(limit)))
        }
        if let top = query.top { projected = Array(projected.prefix(try count(top))) }
        return projected
    }

    /// The number behind TOP, OFFSET or LIMIT.
    package func count(_ expression: Expression) throws(QueryError) -> Int {
        guard let number = try value(expression, Scope(item: nil))?.int, (0...Int64(Int32.max)).contains(number) else {
            throw QueryError(
                message: "TOP, OFFSET and LIMIT need a whole number from 0 to 2147483647.", code: "SC1010")
        }
        return Int(number)
    }

    private func groups(of query: Query, _ rows: [Scope]) throws(QueryError) -> [[Scope]] {
        if query.groupBy.isEmpty { return [rows] }
        var order: [String] = []
        var groups: [String: [Scope]] = [:]
        for row in rows {
            var key = ""
            for expression in query.groupBy { key += ValueOrder.identity(try value(expression, row)) + "\u{1F}" }
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(row)
        }
        return order.map { groups[$0] ?? [] }
    }

    /// The values that a row is sorted by.
    package func sortKeys(_ query: Query, _ row: Scope) throws(QueryError) -> [JSONValue?] {
        var keys: [JSONValue?] = []
        for key in query.order { keys.append(try value(key.expression, row)) }
        return keys
    }

    /// Negative, zero or positive as one row's keys come before, with or after another's in the query's order.
    package static func compare(_ left: [JSONValue?], _ right: [JSONValue?], _ query: Query) -> Int {
        for (index, key) in query.order.enumerated() where index < left.count && index < right.count {
            let order = ValueOrder.compare(left[index], right[index])
            if order != 0 { return key.runsDown ? -order : order }
        }
        return 0
    }

    private func sorted(_ rows: [Scope], _ query: Query) throws(QueryError) -> [Scope] {
        guard !query.order.isEmpty else { return rows }
        var keyed: [(keys: [JSONValue?], place: Int)] = []
        for (place, row) in rows.enumerated() { keyed.append((try sortKeys(query, row), place)) }
        keyed.sort { left, right in
            let order = Self.compare(left.keys, right.keys, query)
            return order == 0 ? left.place < right.place : order < 0
        }
        return keyed.map { rows[$0.place] }
    }

    /// A row of the result; `nil` when there is none.
    ///
    /// - Throws: `QueryError` also for a row that is too large: a value may stand in it many times, and again so in
    ///   each query around.
    package func projection(_ query: Query, _ row: Scope) throws(QueryError) -> JSONValue? {
        switch query.selection {
        case .all: return row.innermost
        case .value(let expression):
            guard let value = try value(expression, row) else { return nil }
            return try bounded(value)
        case .columns(let columns):
            var members: [(String, JSONValue)] = []
            for column in columns {
                if let value = try value(column.expression, row) { members.append((column.name, value)) }
            }
            return try bounded(.object(JSONObject(members)))
        }
    }

    /// Bytes that a row of a result may have.
    private static let maximumRow = 8 << 20

    private func bounded(_ value: JSONValue) throws(QueryError) -> JSONValue {
        var left = Self.maximumRow
        Self.spend(&left, on: value)
        guard left >= 0 else {
            throw QueryError(message: "A row of the result has more than \(Self.maximumRow) bytes.", code: "SC3031")
        }
        return value
    }

    /// Takes about as much as the value has bytes as JSON; stops when there is nothing left.
    private static func spend(_ left: inout Int, on value: JSONValue) {
        switch value {
        case .null, .bool, .int, .double: left -= 4
        case .string(let text): left -= text.utf8.count + 2
        case .array(let items):
            left -= 2
            for item in items where left >= 0 { spend(&left, on: item) }
        case .object(let object):
            left -= 2
            for member in object.members where left >= 0 {
                left -= member.name.utf8.count + 3
                spend(&left, on: member.value)
            }
        }
    }

    // MARK: - Values

    /// The value of an expression in a row.
    package func value(_ expression: Expression, _ row: Scope) throws(QueryError) -> JSONValue? {
        switch expression {
        case .literal(let value): return value
        case .undefined: return nil
        case .variable(let name): return row[name]
        case .parameter(let name):
            guard let value = parameters[name] else {
                throw QueryError(
                    message: "The SQL query references parameter '\(name)' that is not supplied.", code: "SC1010")
            }
            return value
        case .property(let base, let key): return try member(base, key, row)
        case .object(let members):
            var result: [(String, JSONValue)] = []
            for member in members {
                if let value = try value(member.value, row) { result.append((member.name, value)) }
            }
            return .object(JSONObject(result))
        case .array(let items):
            var result: [JSONValue] = []
            for item in items { if let value = try value(item, row) { result.append(value) } }
            return .array(result)
        case .conditional(let condition, let yes, let no):
            return try value(value(condition, row) == .bool(true) ? yes : no, row)
        case .unary(let name, let operand): return Operators.unary(name, try value(operand, row))
        case .binary(let name, let left, let right): return try binary(name, left, right, row)
        case .isIn, .between, .like: return try comparison(expression, row)
        case .call(let name, let arguments): return try call(name, arguments, row)
        case .exists(let query): return .bool(try !results(of: query, in: row).isEmpty)
        case .arrayOf(let query): return .array(try results(of: query, in: row))
        case .scalar(let query):
            let results = try results(of: query, in: row)
            guard results.count <= 1 else {
                throw QueryError(message: "A scalar subquery gives more than one value.", code: "SC3040")
            }
            return results.first
        }
    }

    private func member(_ base: Expression, _ key: Expression, _ row: Scope) throws(QueryError) -> JSONValue? {
        guard let base = try value(base, row) else { return nil }
        switch try value(key, row) {
        case .string(let name): return base[name]
        case .int(let index): return Int(exactly: index).flatMap { base[$0] }
        default: return nil
        }
    }

    private func binary(_ name: String, _ left: Expression, _ right: Expression, _ row: Scope) throws(QueryError)
        -> JSONValue?
    {
        let a = try value(left, row)
        switch name {
        case "AND" where a == .bool(false): return false
        case "OR" where a == .bool(true): return true
        case "??" where a != nil: return a
        default: return Operators.binary(name, a, try value(right, row))
        }
    }

    private func comparison(_ expression: Expression, _ row: Scope) throws(QueryError) -> JSONValue? {
        switch expression {
        case .isIn(let left, let list, let negated):
            guard let left = try value(left, row) else { return nil }
            for item in list {
                if let item = try value(item, row), ValueOrder.equal(left, item) { return .bool(!negated) }
            }
            return .bool(negated)
        case .between(let operand, let low, let high, let negated):
            let operand = try value(operand, row)
            let inside = Operators.binary(
                "AND", Operators.binary(">=", operand, try value(low, row)),
                Operators.binary("<=", operand, try value(high, row)))
            return negated ? Operators.unary("NOT", inside) : inside
        case .like(let operand, let pattern, let escape, let negated):
            let character = try escape.flatMap { escape throws(QueryError) in try value(escape, row) }?.string
            guard let text = try value(operand, row)?.string, let pattern = try value(pattern, row)?.string else {
                return nil
            }
            guard pattern.utf8.count <= LikePattern.maximumLength else {
                throw QueryError(
                    message: "A LIKE pattern has at most \(LikePattern.maximumLength) characters.", code: "SC2062")
            }
            let matches = LikePattern(pattern, escape: character?.unicodeScalars.first).matches(text)
            return .bool(matches != negated)
        default: return nil
        }
    }

    private func call(_ name: String, _ arguments: [Expression], _ row: Scope) throws(QueryError) -> JSONValue? {
        if Expression.aggregateNames.contains(name) {
            guard let group, let argument = arguments.first, arguments.count == 1 else {
                throw QueryError(
                    message: "The aggregate function \(name) takes one argument and is allowed in SELECT only.",
                    code: "SC2006")
            }
            var rows = self
            rows.group = nil
            var values: [JSONValue?] = []
            for member in group { values.append(try rows.value(argument, member)) }
            return Aggregates.value(name, values)
        }
        if name == "IIF", arguments.count == 3 {
            return try value(value(arguments[0], row) == .bool(true) ? arguments[1] : arguments[2], row)
        }
        var values: [JSONValue?] = []
        for argument in arguments { values.append(try value(argument, row)) }
        return try Functions.value(name, values, now: now)
    }
}

extension Query.SortKey {
    /// Distances sort nearest first and take neither ASC nor DESC.
    var runsDown: Bool {
        if case .call("VECTORDISTANCE", _) = expression { return true }
        return descending
    }
}
