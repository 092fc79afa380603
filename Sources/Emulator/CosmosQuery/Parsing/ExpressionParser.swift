import JSONCoding

// Expressions, loosest binding first.
extension QueryParser {
    mutating func expression() throws(QueryError) -> Expression {
        try nested { parser throws(QueryError) in try parser.conditional() }
    }

    private mutating func conditional() throws(QueryError) -> Expression {
        let left = try coalescence()
        guard take("?") else { return left }
        let yes = try expression()
        try expect(":")
        return .conditional(left, yes, try expression())
    }

    private mutating func coalescence() throws(QueryError) -> Expression {
        var operands = [try disjunction()]
        while take("??") { operands.append(try disjunction()) }
        return Self.balanced("??", operands[...])
    }

    private mutating func disjunction() throws(QueryError) -> Expression {
        var operands = [try conjunction()]
        while keyword("OR") { operands.append(try conjunction()) }
        return Self.balanced("OR", operands[...])
    }

    private mutating func conjunction() throws(QueryError) -> Expression {
        var operands = [try negation()]
        while keyword("AND") { operands.append(try negation()) }
        return Self.balanced("AND", operands[...])
    }

    /// Joins what an associative operator joins as a tree of little depth: such chains can be thousands long, and
    /// evaluating goes as deep as the tree.
    private static func balanced(_ name: String, _ operands: ArraySlice<Expression>) -> Expression {
        guard operands.count > 1 else { return operands.first ?? .undefined }
        let middle = operands.startIndex + operands.count / 2
        return .binary(name, balanced(name, operands[..<middle]), balanced(name, operands[middle...]))
    }

    /// Operators in a row that are not associative, and steps of a path.
    private static let maximumChain = 200

    private mutating func negation() throws(QueryError) -> Expression {
        guard keyword("NOT") else { return try comparison() }
        return try nested { parser throws(QueryError) in .unary("NOT", try parser.negation()) }
    }

    private mutating func comparison() throws(QueryError) -> Expression {
        let left = try level(0)
        for symbol in ["=", "!=", "<>", "<=", ">=", "<", ">"] where take(symbol) {
            return .binary(symbol == "<>" ? "!=" : symbol, left, try level(0))
        }
        let negated = isKeyword("NOT") && ["IN", "BETWEEN", "LIKE"].contains { isKeyword($0, ahead: 1) }
        if negated { index += 1 }
        if keyword("IN") {
            try expect("(")
            return .isIn(left, try list(until: ")"), negated: negated)
        }
        if keyword("BETWEEN") {
            let low = try level(0)
            guard keyword("AND") else { throw error() }
            return .between(left, low, try level(0), negated: negated)
        }
        if keyword("LIKE") {
            let pattern = try level(0)
            return .like(left, pattern, escape: keyword("ESCAPE") ? try level(0) : nil, negated: negated)
        }
        return left
    }

    /// Binary operators from loose to tight.
    private static let levels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-", "||"], ["*", "/", "%"]]

    private mutating func level(_ number: Int) throws(QueryError) -> Expression {
        guard number < Self.levels.count else { return try unary() }
        var left = try level(number + 1)
        var count = 0
        while let symbol = Self.levels[number].first(where: { peek == .symbol($0) }) {
            count += 1
            guard count <= Self.maximumChain else { throw error("More than \(Self.maximumChain) operators in a row.") }
            index += 1
            left = .binary(symbol, left, try level(number + 1))
        }
        return left
    }

    private mutating func unary() throws(QueryError) -> Expression {
        for symbol in ["-", "+", "~"] where take(symbol) {
            return try nested { parser throws(QueryError) in .unary(symbol, try parser.unary()) }
        }
        return try steps(try primary())
    }

    /// Property steps behind a value.
    mutating func steps(_ start: Expression) throws(QueryError) -> Expression {
        var value = start
        var count = 0
        while true {
            count += 1
            guard count <= Self.maximumChain else { throw error("A path of more than \(Self.maximumChain) steps.") }
            if take(".") {
                value = .property(value, .literal(.string(try name())))
            } else if take("[") {
                value = .property(value, try expression())
                try expect("]")
            } else {
                return value
            }
        }
    }

    mutating func list(until end: String) throws(QueryError) -> [Expression] {
        var items: [Expression] = []
        if take(end) { return items }
        repeat { items.append(try expression()) } while take(",")
        try expect(end)
        return items
    }

    private mutating func primary() throws(QueryError) -> Expression {
        guard let token = peek else { throw error() }
        switch token {
        case .number(let number):
            index += 1
            return .literal(ValueOrder.number(number))
        case .text(let text):
            index += 1
            return .literal(.string(text))
        case .parameter(let name):
            index += 1
            return .parameter(name)
        case .symbol("("):
            index += 1
            if isKeyword("SELECT") {
                let query = try query()
                try expect(")")
                return .scalar(query)
            }
            let inner = try expression()
            try expect(")")
            return inner
        case .symbol("["):
            index += 1
            return .array(try list(until: "]"))
        case .symbol("{"):
            index += 1
            return try object()
        case .word(let word):
            index += 1
            return try wordExpression(word)
        case .symbol: throw error()
        }
    }

    private mutating func wordExpression(_ word: String) throws(QueryError) -> Expression {
        let upper = word.uppercased()
        if peek == .symbol("("), ["EXISTS", "ARRAY"].contains(upper), isKeyword("SELECT", ahead: 1) {
            index += 1
            let query = try query()
            try expect(")")
            return upper == "EXISTS" ? .exists(query) : .arrayOf(query)
        }
        if take("(") {
            guard Functions.names.contains(upper) || Expression.aggregateNames.contains(upper) else {
                index -= 2
                throw error("'\(word)' is not a recognized built-in function name.", code: "SC2005")
            }
            return .call(upper, try list(until: ")"))
        }
        switch word.lowercased() {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "null": return .literal(nil)
        case "undefined": return .undefined
        default: break
        }
        if names.contains(word) { return .variable(word) }
        // The container answers to this name when FROM has given it no other.
        if word == "root" { return .variable(Evaluator.containerName) }
        index -= 1
        throw error("Identifier '\(word)' could not be resolved.", code: "SC2001")
    }

    private mutating func object() throws(QueryError) -> Expression {
        var members: [Expression.Member] = []
        if take("}") { return .object(members) }
        repeat {
            guard case .text(let key)? = peek else {
                if case .word(let key)? = peek {
                    index += 1
                    try expect(":")
                    members.append(.init(name: key, value: try expression()))
                    continue
                }
                throw error()
            }
            index += 1
            try expect(":")
            members.append(.init(name: key, value: try expression()))
        } while take(",")
        try expect("}")
        return .object(members)
    }
}
