/// Reads query text by recursive descent.
package struct QueryParser {
    let tokens: [Token]
    var index = 0
    private var depth = 0
    /// Names that are bound where the parser stands, innermost last.
    var names: [String] = []

    /// Levels of nesting that are understood.
    static let maximumDepth = 100

    private init(_ tokens: [Token]) { self.tokens = tokens }

    /// Parses a whole query of at most 512 KB.
    package static func parse(_ text: String) throws(QueryError) -> Query {
        guard text.utf8.count <= 512 * 1024 else {
            throw QueryError(message: "The SQL query text exceeded the maximum limit of 524288 characters.")
        }
        var parser = QueryParser(try Token.all(of: text))
        let query = try parser.query()
        guard parser.index == parser.tokens.count else { throw parser.error() }
        return query
    }

    /// Parses the condition of a patch, `FROM c WHERE …`.
    package static func parseCondition(_ text: String) throws(QueryError) -> Query {
        try parse("SELECT VALUE true " + text)
    }

    // MARK: - Tokens

    var peek: Token.Kind? { index < tokens.count ? tokens[index].kind : nil }

    func error(_ message: String? = nil, code: String = "SC1001") -> QueryError {
        let near =
            switch peek {
            case .word(let text), .text(let text), .parameter(let text), .symbol(let text): "'\(text.prefix(100))'"
            case .number(let value): "'\(value)'"
            case nil: "end of the query"
            }
        let end = tokens.last.map { $0.range.upperBound } ?? 0
        let location = index < tokens.count ? tokens[index].range : end..<end
        return QueryError(
            message: message ?? "Syntax error, incorrect syntax near \(near).", location: location, code: code)
    }

    mutating func take(_ symbol: String) -> Bool {
        guard peek == .symbol(symbol) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ symbol: String) throws(QueryError) {
        guard take(symbol) else { throw error() }
    }

    func isKeyword(_ keyword: String, ahead: Int = 0) -> Bool {
        guard index + ahead < tokens.count, case .word(let word) = tokens[index + ahead].kind else { return false }
        return word.uppercased() == keyword
    }

    mutating func keyword(_ keyword: String) -> Bool {
        guard isKeyword(keyword) else { return false }
        index += 1
        return true
    }

    mutating func name() throws(QueryError) -> String {
        guard case .word(let word)? = peek else { throw error() }
        index += 1
        return word
    }

    /// Runs a part that may contain itself, within the limit of nesting.
    mutating func nested<Value>(
        _ part: (inout QueryParser) throws(QueryError) -> Value
    ) throws(QueryError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw error("The query is nested more than \(Self.maximumDepth) levels deep.")
        }
        return try part(&self)
    }

    // MARK: - Clauses

    mutating func query() throws(QueryError) -> Query {
        try nested { parser throws(QueryError) in
            let outer = parser.names
            let query = try parser.clauses()
            parser.names = outer
            return query
        }
    }

    private mutating func clauses() throws(QueryError) -> Query {
        guard keyword("SELECT") else { throw error() }
        var query = Query()
        // The selection comes first in the text but speaks of names that FROM binds.
        let selection = index
        try skipToFrom()
        if keyword("FROM") { query.sources = try sources() }
        let afterFrom = index
        index = selection
        if keyword("DISTINCT") { query.isDistinct = true }
        if keyword("TOP") { query.top = try countExpression() }
        if keyword("VALUE") {
            query.selection = .value(try expression())
        } else if take("*") {
            guard query.sources.count == 1 else {
                guard query.sources.count > 1 || peek == nil else { throw error() }
                throw error("'SELECT *' is only valid with a single input set.", code: "SC2040")
            }
        } else {
            query.selection = .columns(try columns())
        }
        guard isKeyword("FROM") && !query.sources.isEmpty || query.sources.isEmpty else { throw error() }
        if !query.sources.isEmpty { index = afterFrom }
        if keyword("WHERE") { query.filter = try expression() }
        if keyword("GROUP") {
            guard keyword("BY") else { throw error() }
            repeat { query.groupBy.append(try expression()) } while take(",")
        }
        if keyword("ORDER") { query.order = try sortKeys() }
        if keyword("OFFSET") {
            query.offset = try countExpression()
            guard keyword("LIMIT") else { throw error() }
            query.limit = try countExpression()
        }
        try checkAggregates(query)
        return query
    }

    private mutating func sortKeys() throws(QueryError) -> [Query.SortKey] {
        guard keyword("BY") else { throw error() }
        var keys: [Query.SortKey] = []
        repeat {
            let key = try expression()
            let descending = keyword("DESC")
            if !descending { _ = keyword("ASC") }
            keys.append(Query.SortKey(expression: key, descending: descending))
        } while take(",")
        return keys
    }

    /// A number or a parameter.
    private mutating func countExpression() throws(QueryError) -> Expression {
        switch peek {
        case .number(let number):
            index += 1
            return .literal(ValueOrder.number(number))
        case .parameter(let name):
            index += 1
            return .parameter(name)
        default: throw error()
        }
    }

    /// Moves to the FROM of this query, or to its end.
    private mutating func skipToFrom() throws(QueryError) {
        var open = 0
        while let token = peek {
            switch token {
            case .symbol("("), .symbol("["), .symbol("{"): open += 1
            case .symbol(")"), .symbol("]"), .symbol("}"):
                open -= 1
                if open < 0 { return }
            case .word where open == 0 && isKeyword("FROM"):
                // A property may be called "from" too.
                if index == 0 || tokens[index - 1].kind != .symbol(".") { return }
            default: break
            }
            index += 1
        }
    }

    private mutating func sources() throws(QueryError) -> [Query.Source] {
        var result = [try source(isFirst: true)]
        while keyword("JOIN") {
            guard result.count <= 10 else { throw error("A query can have at most 10 joins.", code: "SC3020") }
            result.append(try source(isFirst: false))
        }
        return result
    }

    private mutating func source(isFirst: Bool) throws(QueryError) -> Query.Source {
        if peek == .symbol("(") {
            let rows = try subquery()
            let isNamed = keyword("AS") || isName
            return bind(isNamed ? try name() : "", .rows(rows))
        }
        let first = try name()
        if keyword("IN") {
            if peek == .symbol("(") { return bind(first, .elementsOfRows(try subquery())) }
            return bind(first, .elements(try path(isFirst: isFirst)))
        }
        index -= 1
        let path = try path(isFirst: isFirst)
        var alias = path.lastName ?? first
        if keyword("AS") { alias = try name() } else if isName { alias = try name() }
        return bind(alias, .path(path))
    }

    private mutating func bind(_ name: String, _ kind: Query.Source.Kind) -> Query.Source {
        names.append(name)
        return Query.Source(name: name, kind: kind)
    }

    private mutating func subquery() throws(QueryError) -> Query {
        try expect("(")
        let query = try query()
        try expect(")")
        return query
    }

    /// Whether the next word is a name and not the start of a clause.
    private var isName: Bool {
        guard case .word = peek else { return false }
        return !["JOIN", "WHERE", "GROUP", "ORDER", "OFFSET", "IN", "AS"].contains { isKeyword($0) }
    }

    /// A path of FROM; its first name is one that is bound already, otherwise the container whatever it is called.
    private mutating func path(isFirst: Bool) throws(QueryError) -> Expression {
        let first = try name()
        guard isFirst || names.contains(first) else {
            throw error("Identifier '\(first)' could not be resolved.", code: "SC2001")
        }
        return try steps(.variable(names.contains(first) ? first : Evaluator.containerName))
    }

    private mutating func columns() throws(QueryError) -> [Query.Column] {
        var columns: [Query.Column] = []
        var unnamed = 0
        repeat {
            let value = try expression()
            if keyword("AS") {
                columns.append(.init(name: try name(), expression: value))
            } else if let name = value.lastName {
                columns.append(.init(name: name, expression: value))
            } else if case .variable(let name) = value {
                columns.append(.init(name: name, expression: value))
            } else {
                unnamed += 1
                columns.append(.init(name: "$\(unnamed)", expression: value))
            }
            if let last = columns.last, columns.dropLast().contains(where: { $0.name == last.name }) {
                throw error("The property name '\(last.name)' is specified more than once.", code: "SC2041")
            }
        } while take(",")
        return columns
    }

    /// With aggregates, everything else that is selected has to be one of the groups' keys.
    private func checkAggregates(_ query: Query) throws(QueryError) {
        guard query.aggregates else { return }
        func isFixed(_ expression: Expression) -> Bool {
            if expression.isAggregate || query.groupBy.contains(expression) { return true }
            if case .variable = expression { return false }
            return expression.parts.allSatisfy(isFixed)
        }
        guard query.selection != .all, query.selected.allSatisfy(isFixed) else {
            throw QueryError(
                message: "Property reference is invalid in the select list because it is not contained in either an "
                    + "aggregate function or the GROUP BY clause.", code: "SC2103")
        }
        guard query.groupBy.isEmpty || query.order.isEmpty else {
            throw QueryError(
                message: "'ORDER BY' is not supported in presence of GROUP BY.", code: "SC2204")
        }
    }
}
