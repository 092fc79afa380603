import JSONCoding

// Expressions, loosest binding first.
extension QueryParser {
    mutating func expression() throws(QueryError) -> Expression {
        try nested { parser throws(QueryError) in
            let expression = try parser.conditional()
            parser.tallest = max(parser.tallest, parser.height)
            return expression
        }
    }

    private mutating func conditional() throws(QueryError) -> Expression {
        let condition = try coalescence()
        guard take("?") else { return condition }
        let first = height
        let yes = try expression()
        let second = height
        try expect(":")
        let no = try expression()
        try raise(first, second)
        return .conditional(condition, yes, no)
    }

    private mutating func coalescence() throws(QueryError) -> Expression {
        var operands = [try disjunction()]
        var most = height
        while take("??") {
            operands.append(try disjunction())
            most = max(most, height)
        }
        return try balanced("??", operands, most)
    }

    private mutating func disjunction() throws(QueryError) -> Expression {
        var operands = [try conjunction()]
        var most = height
        while keyword("OR") {
            operands.append(try conjunction())
            most = max(most, height)
        }
        return try balanced("OR", operands, most)
    }

    private mutating func conjunction() throws(QueryError) -> Expression {
        var operands = [try negation()]
        var most = height
        while keyword("AND") {
            operands.append(try negation())
            most = max(most, height)
        }
        return try balanced("AND", operands, most)
    }

    /// Joins what an associative operator joins as a tree of little depth: such chains can be thousands long, and
    /// evaluating goes as deep as the tree.
    ///
    /// - Parameter most: The height of the tallest operand.
    private mutating func balanced(
        _ name: String, _ operands: [Expression], _ most: Int
    ) throws(QueryError) -> Expression {
        height = most
        var reach = 1
        while reach < operands.count {
            try raise()
            reach *= 2
        }
        return Self.balanced(name, operands[...])
    }

    private static func balanced(_ name: String, _ operands: ArraySlice<Expression>) -> Expression {
        guard operands.count > 1 else { return operands.first ?? .undefined }
        let middle = operands.startIndex + operands.count / 2
        return .binary(name, balanced(name, operands[..<middle]), balanced(name, operands[middle...]))
    }

    private mutating func negation() throws(QueryError) -> Expression {
        guard keyword("NOT") else { return try comparison() }
        let operand = try nested { parser throws(QueryError) in try parser.negation() }
        try raise()
        return .unary("NOT", operand)
    }

    private mutating func comparison() throws(QueryError) -> Expression {
        let left = try level(0)
        let first = height
        for symbol in ["=", "!=", "<>", "<=", ">=", "<", ">"] where take(symbol) {
            let right = try level(0)
            try raise(first)
            return .binary(symbol == "<>" ? "!=" : symbol, left, right)
        }
        let negated = isKeyword("NOT") && ["IN", "BETWEEN", "LIKE"].contains { isKeyword($0, ahead: 1) }
        if negated { index += 1 }
        if keyword("IN") {
            try expect("(")
            let list = try list(until: ")")
            try raise(first)
            return .isIn(left, list, negated: negated)
        }
        if keyword("BETWEEN") {
            let low = try level(0)
            let second = height
            guard keyword("AND") else { throw error() }
            let high = try level(0)
            try raise(first, second)
            return .between(left, low, high, negated: negated)
        }
        if keyword("LIKE") {
            let pattern = try level(0)
            let second = height
            let escape = keyword("ESCAPE") ? try level(0) : nil
            try raise(first, second)
            return .like(left, pattern, escape: escape, negated: negated)
        }
        return left
    }

    /// Binary operators from loose to tight.
    private static let levels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-", "||"], ["*", "/", "%"]]

    private mutating func level(_ number: Int) throws(QueryError) -> Expression {
        guard number < Self.levels.count else { return try unary() }
        var left = try level(number + 1)
        while let symbol = Self.levels[number].first(where: { peek == .symbol($0) }) {
            index += 1
            let first = height
            let right = try level(number + 1)
            try raise(first)
            left = .binary(symbol, left, right)
        }
        return left
    }

    private mutating func unary() throws(QueryError) -> Expression {
        for symbol in ["-", "+", "~"] where take(symbol) {
            let operand = try nested { parser throws(QueryError) in try parser.unary() }
            try raise()
            return .unary(symbol, operand)
        }
        return try steps(try primary())
    }

    /// Property steps behind a value, whose height the parser knows.
    mutating func steps(_ start: Expression) throws(QueryError) -> Expression {
        var value = start
        while true {
            if take(".") {
                try raise()
                value = .property(value, .literal(.string(try name())))
            } else if take("[") {
                let first = height
                let key = try expression()
                try raise(first)
                value = .property(value, key)
                try expect("]")
            } else {
                return value
            }
        }
    }

    mutating func list(until end: String) throws(QueryError) -> [Expression] {
        try above { parser throws(QueryError) in
            var items: [Expression] = []
            if parser.take(end) { return items }
            repeat { items.append(try parser.expression()) } while parser.take(",")
            try parser.expect(end)
            return items
        }
    }

    private mutating func primary() throws(QueryError) -> Expression {
        height = 0
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
        try above { parser throws(QueryError) in
            var members: [Expression.Member] = []
            if parser.take("}") { return .object(members) }
            repeat {
                let key: String
                switch parser.peek {
                case .text(let text), .word(let text): key = text
                default: throw parser.error()
                }
                parser.index += 1
                try parser.expect(":")
                members.append(.init(name: key, value: try parser.expression()))
            } while parser.take(",")
            try parser.expect("}")
            return .object(members)
        }
    }
}
