package import JSONCoding

/// Evaluates a query's expressions over rows. `nil` stands for SQL's undefined: what cannot be said is left out.
package struct Evaluator: Sendable {
    /// The name of the item itself, whatever FROM calls it.
    package static let containerName = "root"

    let parameters: [String: JSONValue]
    /// The time of the query in milliseconds since 1970.
    let now: Int64
    /// What the container adds to its items.
    var rules: ContainerRules
    /// The rows of the group that is being projected; aggregates are computed over them.
    var group: [Scope]?

    /// An evaluator with the parameters' values by `@name`, at a time in milliseconds since 1970.
    package init(parameters: [String: JSONValue], now: Int64, rules: ContainerRules = ContainerRules()) {
        self.parameters = parameters
        self.now = now
        self.rules = rules
    }

    // MARK: - Rows

    /// The rows that FROM and WHERE make of a scope.
    package func rows(of query: Query, in scope: Scope) throws(QueryError) -> [Scope] {
        try rows(of: query, sources: query.sources[...], from: [scope])
    }

    /// The rows that FROM and WHERE make of the items of a container. A subquery that FROM begins with is about all of
    /// them together: it can count them, order them and tell them apart.
    package func rows(of query: Query, over items: [JSONValue]) throws(QueryError) -> [Scope] {
        guard let leading = query.leading, let source = query.sources.first else {
            if query.sources.isEmpty { return try rows(of: query, in: Scope(item: nil)) }
            var all: [Scope] = []
            for item in items { all += try rows(of: query, in: Scope(item: item)) }
            return all
        }
        var bound: [Scope] = []
        for value in Self.elements(of: source, try results(of: leading, rows: rows(of: leading, over: items))) {
            var scope = Scope(item: nil)
            scope.bind(source.name, value)
            bound.append(scope)
        }
        return try rows(of: query, sources: query.sources.dropFirst(), from: bound)
    }

    private func rows(
        of query: Query, sources: ArraySlice<Query.Source>, from start: [Scope]
    ) throws(QueryError) -> [Scope] {
        var rows = start
        for source in sources {
            var next: [Scope] = []
            for row in rows {
                let isItem = source.isItem { row.isItem($0) }
                for value in try values(of: source, in: row) {
                    guard next.count < max(100_000, start.count) else {
                        throw QueryError(message: "The joins make more than 100,000 rows of one item.", code: "SC3021")
                    }
                    var bound = row
                    bound.bind(source.name, value, isItem: isItem)
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
        case .rows(let query), .elementsOfRows(let query):
            return Self.elements(of: source, try results(of: query, in: row))
        }
    }

    /// The rows that a subquery's values are: with `IN` the elements of those that are lists.
    private static func elements(of source: Query.Source, _ values: [JSONValue]) -> [JSONValue] {
        guard case .elementsOfRows = source.kind else { return values }
        return values.flatMap { $0.array ?? [$0] }
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

    /// The values that a row is sorted by; `nil` for a row that has no place in the order. What has no value comes
    /// first, but what has no vector, or one of another dimension, is near to nothing and takes no part.
    package func sortKeys(_ query: Query, _ row: Scope) throws(QueryError) -> [JSONValue?]? {
        var keys: [JSONValue?] = []
        for key in query.order {
            let value = try value(key.expression, row)
            if value == nil, key.isDistance { return nil }
            keys.append(value)
        }
        return keys
    }

    /// For each key of ORDER BY whether the largest come first. Distances take neither ASC nor DESC: the most similar
    /// come first, which have the largest cosines and products and the smallest Euclidean distances.
    package func directions(of query: Query) throws(QueryError) -> [Bool] {
        var directions: [Bool] = []
        for key in query.order {
            guard key.isDistance, case .call(_, let arguments) = key.expression else {
                directions.append(key.descending)
                continue
            }
            directions.append(try distance(arguments, Scope(item: nil)) { query.isItem($0) }.measure.runsDown)
        }
        return directions
    }

    /// Negative, zero or positive as one row's keys come before, with or after another's.
    ///
    /// - Parameter directions: For each key whether the largest come first.
    package static func compare(_ left: [JSONValue?], _ right: [JSONValue?], _ directions: [Bool]) -> Int {
        for (index, runsDown) in directions.enumerated() where index < left.count && index < right.count {
            let order = ValueOrder.compare(left[index], right[index])
            if order != 0 { return runsDown ? -order : order }
        }
        return 0
    }

    private func sorted(_ rows: [Scope], _ query: Query) throws(QueryError) -> [Scope] {
        guard !query.order.isEmpty else { return rows }
        var keyed: [(keys: [JSONValue?], place: Int)] = []
        for (place, row) in rows.enumerated() {
            if let keys = try sortKeys(query, row) { keyed.append((keys, place)) }
        }
        let directions = try directions(of: query)
        keyed.sort { left, right in
            let order = Self.compare(left.keys, right.keys, directions)
            return order == 0 ? left.place < right.place : order < 0
        }
        return keyed.map { rows[$0.place] }
    }

    /// A row of the result; `nil` when there is none.
    package func projection(_ query: Query, _ row: Scope) throws(QueryError) -> JSONValue? {
        switch query.selection {
        case .all: return row.innermost
        case .value(let expression): return try value(expression, row)
        case .columns(let columns):
            var members: [(String, JSONValue)] = []
            for column in columns {
                if let value = try value(column.expression, row) { members.append((column.name, value)) }
            }
            return .object(JSONObject(members))
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
        guard let whole = try value(base, row) else { return nil }
        switch try value(key, row) {
        case .string(let name):
            if !rules.computed.isEmpty, case .variable(let item) = base, row.isItem(item),
                let computed = rules.computed[name]
            {
                return try value(of: computed, whole)
            }
            return whole[name]
        case .int(let index): return Int(exactly: index).flatMap { whole[$0] }
        default: return nil
        }
    }

    private func value(of computed: ContainerRules.Computed, _ item: JSONValue) throws(QueryError) -> JSONValue? {
        // One computed property cannot use another.
        var plain = self
        plain.rules = ContainerRules()
        plain.group = nil
        var scope = Scope(item: item)
        scope.bind(computed.name, item)
        return try plain.value(computed.expression, scope)
    }

    /// What a distance is measured by, and the dimension that the container's policy asks of both vectors.
    private func distance(
        _ arguments: [Expression], _ row: Scope, isItem: (String) -> Bool
    ) throws(QueryError) -> (measure: VectorMeasure, dimensions: Int?) {
        var policy: ContainerRules.Vectors?
        for argument in arguments.prefix(2) { policy = policy ?? rules.vectors(of: argument, isItem: isItem) }
        var options: JSONValue?
        for argument in arguments.dropFirst(2) { options = try value(argument, row) ?? options }
        return (VectorMeasure(options) ?? policy?.measure ?? .cosine, policy?.dimensions)
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
        if name == "VECTORDISTANCE", (2...4).contains(values.count) {
            let (measure, dimensions) = try distance(arguments, row) { row.isItem($0) }
            if let dimensions, values[0]?.array?.count != dimensions { return nil }
            return Functions.vectorDistance(values[0], values[1], measure)
        }
        return try Functions.value(name, values, now: now)
    }
}

extension Query.SortKey {
    /// Whether rows are ordered by how near they are.
    var isDistance: Bool { expression.calls(anyOf: ["VECTORDISTANCE"]) }
}

extension Query.Source {
    /// Whether this is a whole item under another name.
    ///
    /// - Parameter isKnown: Whether a name that is bound already stands for one.
    func isItem(_ isKnown: (String) -> Bool) -> Bool {
        if case .path(.variable(let name)) = kind { isKnown(name) } else { false }
    }
}

extension Query {
    /// Whether a name that FROM binds stands for the whole item.
    func isItem(_ name: String) -> Bool {
        var items: Set<String> = [Evaluator.containerName]
        for source in sources {
            if source.isItem({ items.contains($0) }) { items.insert(source.name) } else { items.remove(source.name) }
        }
        return items.contains(name)
    }
}
