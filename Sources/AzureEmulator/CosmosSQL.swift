import JSONCoding

/// A parsed query of the subset that the emulator runs.
struct CosmosQuery: Sendable {
    indirect enum Expression: Sendable {
        case literal(JSONValue)
        case undefined
        case parameter(String)
        /// The row itself, or a path into it.
        case property(Expression, String)
        case element(Expression, Int)
        case root
        case unary(String, Expression)
        case binary(String, Expression, Expression)
        case isIn(Expression, [Expression], negated: Bool)
        case call(String, [Expression])
        case object([(String, Expression)])
        case array([Expression])
    }

    struct Column: Sendable {
        let name: String
        let expression: Expression
    }

    enum Selection: Sendable {
        case all
        case value(Expression)
        case columns([Column])
    }

    var selection = Selection.all
    var isDistinct = false
    var top: Expression?
    var filter: Expression?
    var order: [(Expression, descending: Bool)] = []
    var offset: Expression?
    var limit: Expression?
}

/// The query is not one that the emulator understands.
struct CosmosSyntaxError: Error {
    let message: String
}

/// Reads the query text into tokens and these into a `CosmosQuery`.
struct CosmosParser {
    private enum Token: Equatable {
        case word(String)
        case text(String)
        case number(Double)
        case parameter(String)
        case symbol(String)
    }

    private var tokens: [Token] = []
    private var index = 0
    private var alias = "root"
    private var depth = 0

    static func parse(_ text: String) throws(CosmosSyntaxError) -> CosmosQuery {
        guard text.utf8.count <= 512 * 1024 else {
            throw CosmosSyntaxError(message: "The query is longer than 512 KB.")
        }
        var parser = CosmosParser()
        try parser.tokenise(Array(text.unicodeScalars))
        return try parser.query()
    }

    // MARK: - Tokens

    private mutating func tokenise(_ text: [Unicode.Scalar]) throws(CosmosSyntaxError) {
        var place = 0
        func isName(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isAlphabetic || scalar == "_" || isDigit(scalar)
        }
        func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
        while place < text.count {
            let scalar = text[place]
            if scalar.properties.isWhitespace {
                place += 1
            } else if scalar == "'" || scalar == "\"" {
                let (value, end) = try Self.string(text, place)
                tokens.append(.text(value))
                place = end
            } else if scalar == "@" || isName(scalar) && !isDigit(scalar) {
                var end = place + 1
                while end < text.count, isName(text[end]) { end += 1 }
                var word = ""
                word.unicodeScalars.append(contentsOf: text[place..<end])
                tokens.append(scalar == "@" ? .parameter(word) : .word(word))
                place = end
            } else if isDigit(scalar) {
                var end = place + 1
                while end < text.count, isDigit(text[end]) || ".eE".unicodeScalars.contains(text[end]) { end += 1 }
                var word = ""
                word.unicodeScalars.append(contentsOf: text[place..<end])
                guard let value = Double(word) else { throw CosmosSyntaxError(message: "Bad number '\(word)'.") }
                tokens.append(.number(value))
                place = end
            } else {
                let next = place + 1 < text.count ? text[place + 1] : " "
                let pair = String(Character(scalar)) + String(Character(next))
                if ["!=", "<>", "<=", ">=", "||", "??"].contains(pair) {
                    tokens.append(.symbol(pair))
                    place += 2
                } else {
                    tokens.append(.symbol(String(Character(scalar))))
                    place += 1
                }
            }
        }
    }

    private static func string(_ text: [Unicode.Scalar], _ start: Int) throws(CosmosSyntaxError) -> (String, Int) {
        var result = ""
        var place = start + 1
        while place < text.count {
            let scalar = text[place]
            if scalar == text[start] { return (result, place + 1) }
            if scalar == "\\", place + 1 < text.count {
                place += 1
                switch text[place] {
                case "n": result += "\n"
                case "t": result += "\t"
                case "r": result += "\r"
                case "b": result += "\u{8}"
                case "f": result += "\u{c}"
                case "u":
                    let digits = text[(place + 1)...].prefix(4)
                    guard digits.count == 4, let code = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
                        let decoded = Unicode.Scalar(code)
                    else { throw CosmosSyntaxError(message: "Bad escape in a string.") }
                    result.unicodeScalars.append(decoded)
                    place += 4
                case let other: result.unicodeScalars.append(other)
                }
            } else {
                result.unicodeScalars.append(scalar)
            }
            place += 1
        }
        throw CosmosSyntaxError(message: "A string has no end.")
    }

    private func error() -> CosmosSyntaxError {
        let near =
            switch index < tokens.count ? tokens[index] : nil {
            case .word(let text), .text(let text), .parameter(let text), .symbol(let text): text
            case .number(let value): String(value)
            case nil: "the end"
            }
        return CosmosSyntaxError(message: "Syntax error, incorrect syntax near '\(near)'.")
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard index < tokens.count, tokens[index] == .symbol(symbol) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(CosmosSyntaxError) {
        guard take(symbol) else { throw error() }
    }

    private func isKeyword(_ keyword: String, at place: Int? = nil) -> Bool {
        let place = place ?? index
        guard place < tokens.count, case .word(let word) = tokens[place] else { return false }
        return word.uppercased() == keyword
    }

    private mutating func keyword(_ keyword: String) -> Bool {
        guard isKeyword(keyword) else { return false }
        index += 1
        return true
    }

    private mutating func name() throws(CosmosSyntaxError) -> String {
        guard index < tokens.count, case .word(let word) = tokens[index] else { throw error() }
        index += 1
        return word
    }

    // MARK: - Clauses

    private mutating func query() throws(CosmosSyntaxError) -> CosmosQuery {
        var query = CosmosQuery()
        guard keyword("SELECT") else { throw error() }
        // The alias is needed for reading the selection, so FROM is looked up first.
        alias = fromAlias() ?? "root"
        if keyword("DISTINCT") { query.isDistinct = true }
        if keyword("TOP") { query.top = try primary() }
        if keyword("VALUE") {
            query.selection = .value(try expression())
        } else if take("*") {
            query.selection = .all
        } else {
            query.selection = .columns(try columns())
        }
        if keyword("FROM") {
            _ = try name()
            if keyword("AS") { _ = try name() } else if case .word? = peek, !isClause { index += 1 }
        }
        if isKeyword("JOIN") || isKeyword("GROUP") {
            throw CosmosSyntaxError(message: "JOIN and GROUP BY are not supported by this emulator.")
        }
        if keyword("WHERE") { query.filter = try expression() }
        if isKeyword("GROUP") { throw CosmosSyntaxError(message: "GROUP BY is not supported by this emulator.") }
        if keyword("ORDER") {
            guard keyword("BY") else { throw error() }
            repeat {
                let key = try expression()
                let descending = keyword("DESC")
                if !descending { _ = keyword("ASC") }
                query.order.append((key, descending))
            } while take(",")
        }
        if keyword("OFFSET") {
            query.offset = try primary()
            guard keyword("LIMIT") else { throw error() }
            query.limit = try primary()
        }
        guard index == tokens.count else { throw error() }
        return query
    }

    private var peek: Token? { index < tokens.count ? tokens[index] : nil }
    private var isClause: Bool { ["WHERE", "ORDER", "OFFSET", "GROUP", "JOIN"].contains { isKeyword($0) } }

    private func fromAlias() -> String? {
        guard let from = tokens.indices.first(where: { isKeyword("FROM", at: $0) }), from + 1 < tokens.count,
            case .word(let first) = tokens[from + 1]
        else { return nil }
        var next = from + 2
        if next < tokens.count, isKeyword("AS", at: next) { next += 1 }
        if next < tokens.count, case .word(let second) = tokens[next],
            !["WHERE", "ORDER", "OFFSET", "GROUP", "JOIN"].contains(second.uppercased())
        {
            return second
        }
        return first
    }

    private mutating func columns() throws(CosmosSyntaxError) -> [CosmosQuery.Column] {
        var columns: [CosmosQuery.Column] = []
        var unnamed = 0
        repeat {
            let value = try expression()
            if keyword("AS") {
                columns.append(.init(name: try name(), expression: value))
            } else if case .property(_, let property) = value {
                columns.append(.init(name: property, expression: value))
            } else if case .root = value {
                columns.append(.init(name: alias, expression: value))
            } else {
                unnamed += 1
                columns.append(.init(name: "$\(unnamed)", expression: value))
            }
        } while take(",")
        return columns
    }

    // MARK: - Expressions, loosest first

    private mutating func expression() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw CosmosSyntaxError(message: "The expression is nested too deep.") }
        var left = try conjunction()
        while keyword("OR") { left = .binary("OR", left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        var left = try negation()
        while keyword("AND") { left = .binary("AND", left, try negation()) }
        return left
    }

    private mutating func negation() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        var count = 0
        while keyword("NOT") { count += 1 }
        let inner = try comparison()
        return count % 2 == 1 ? .unary("NOT", inner) : inner
    }

    private mutating func comparison() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        let left = try sum()
        for symbol in ["=", "!=", "<>", "<=", ">=", "<", ">"] where take(symbol) {
            return .binary(symbol == "<>" ? "!=" : symbol, left, try sum())
        }
        let negated = isKeyword("NOT") && (isKeyword("IN", at: index + 1) || isKeyword("BETWEEN", at: index + 1))
        if negated { index += 1 }
        if keyword("IN") {
            try expect("(")
            return .isIn(left, try list(until: ")"), negated: negated)
        }
        if keyword("BETWEEN") {
            let low = try sum()
            guard keyword("AND") else { throw error() }
            let inside = CosmosQuery.Expression.binary("AND", .binary(">=", left, low), .binary("<=", left, try sum()))
            return negated ? .unary("NOT", inside) : inside
        }
        return left
    }

    private mutating func sum() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        var left = try product()
        while true {
            if take("+") {
                left = .binary("+", left, try product())
            } else if take("-") {
                left = .binary("-", left, try product())
            } else if take("||") {
                left = .binary("||", left, try product())
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        var left = try primary()
        while true {
            if take("*") {
                left = .binary("*", left, try primary())
            } else if take("/") {
                left = .binary("/", left, try primary())
            } else if take("%") {
                left = .binary("%", left, try primary())
            } else {
                return left
            }
        }
    }

    private mutating func list(until end: String) throws(CosmosSyntaxError) -> [CosmosQuery.Expression] {
        var items: [CosmosQuery.Expression] = []
        if take(end) { return items }
        repeat { items.append(try expression()) } while take(",")
        try expect(end)
        return items
    }

    private mutating func primary() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        guard let token = peek else { throw error() }
        index += 1
        var value: CosmosQuery.Expression
        switch token {
        case .number(let number): value = .literal(Int64(exactly: number).map { .int($0) } ?? .double(number))
        case .text(let text): value = .literal(.string(text))
        case .parameter(let name): value = .parameter(name)
        case .symbol("("):
            value = try expression()
            try expect(")")
        case .symbol("-"): value = .unary("-", try primary())
        case .symbol("["): value = .array(try list(until: "]"))
        case .symbol("{"): value = try objectLiteral()
        case .word(let word): value = try wordExpression(word)
        case .symbol:
            index -= 1
            throw error()
        }
        while true {
            if take(".") {
                value = .property(value, try name())
            } else if take("[") {
                switch peek {
                case .text(let name): value = .property(value, name)
                case .number(let number): value = .element(value, Int(exactly: number) ?? -1)
                default: throw error()
                }
                index += 1
                try expect("]")
            } else {
                return value
            }
        }
    }

    private mutating func wordExpression(_ word: String) throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        if take("(") { return .call(word.uppercased(), try list(until: ")")) }
        switch word.lowercased() {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "null": return .literal(nil)
        case "undefined": return .undefined
        default: break
        }
        guard word == alias || word == "root" else {
            throw CosmosSyntaxError(message: "Identifier '\(word)' could not be resolved.")
        }
        return .root
    }

    private mutating func objectLiteral() throws(CosmosSyntaxError) -> CosmosQuery.Expression {
        var members: [(String, CosmosQuery.Expression)] = []
        if take("}") { return .object(members) }
        repeat {
            let key: String
            switch peek {
            case .text(let text), .word(let text): key = text
            default: throw error()
            }
            index += 1
            try expect(":")
            members.append((key, try expression()))
        } while take(",")
        try expect("}")
        return .object(members)
    }
}
