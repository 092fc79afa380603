/// A word of the query text, with its place in Unicode scalars.
struct Token: Equatable {
    enum Kind: Equatable {
        case word(String)
        case text(String)
        case number(Double)
        case parameter(String)
        case symbol(String)
    }

    let kind: Kind
    let range: Range<Int>

    /// The words of a query.
    ///
    /// - Throws: `QueryError` for text without an end, bad numbers and escapes.
    static func all(of query: String) throws(QueryError) -> [Token] {
        var lexer = Lexer(text: Array(query.unicodeScalars))
        var tokens: [Token] = []
        while let token = try lexer.next() { tokens.append(token) }
        return tokens
    }
}

private struct Lexer {
    let text: [Unicode.Scalar]
    var place = 0

    private static let pairs: Set<String> = ["!=", "<>", "<=", ">=", "||", "??", "<<", ">>"]
    private static let singles = Set("=<>+-*/%()[]{},.:?&|^~".unicodeScalars)

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        isDigit(scalar) || scalar == "_" || scalar.properties.isAlphabetic
    }

    private func string(_ range: Range<Int>) -> String {
        var result = String.UnicodeScalarView()
        result.append(contentsOf: text[range])
        return String(result)
    }

    private func error(_ start: Int, _ message: String) -> QueryError {
        QueryError(message: message, location: start..<max(start + 1, place))
    }

    mutating func next() throws(QueryError) -> Token? {
        while place < text.count {
            if text[place].properties.isWhitespace {
                place += 1
            } else if text[place] == "-", place + 1 < text.count, text[place + 1] == "-" {
                while place < text.count, text[place] != "\n" { place += 1 }
            } else {
                break
            }
        }
        guard place < text.count else { return nil }
        let start = place
        let kind = try kind()
        return Token(kind: kind, range: start..<place)
    }

    private mutating func kind() throws(QueryError) -> Token.Kind {
        let start = place
        let first = text[place]
        switch first {
        case "'", "\"": return .text(try quoted(first))
        case "@":
            place += 1
            while place < text.count, Self.isName(text[place]) { place += 1 }
            return .parameter(string(start..<place))
        case _ where Self.isDigit(first) || first == "." && place + 1 < text.count && Self.isDigit(text[place + 1]):
            return .number(try number())
        case _ where Self.isName(first):
            while place < text.count, Self.isName(text[place]) { place += 1 }
            return .word(string(start..<place))
        // The gateway's placeholder for a resume filter; clients that do not replace it mean "no filter".
        case "{" where text[place...].starts(with: "{documentdb-formattableorderbyquery-filter}".unicodeScalars):
            place += "{documentdb-formattableorderbyquery-filter}".unicodeScalars.count
            return .word("true")
        default:
            if place + 1 < text.count, Self.pairs.contains(string(place..<place + 2)) {
                place += 2
                return .symbol(string(start..<place))
            }
            guard Self.singles.contains(first) else {
                throw error(start, "Syntax error, invalid token '\(first)'.")
            }
            place += 1
            return .symbol(String(first))
        }
    }

    private mutating func number() throws(QueryError) -> Double {
        let start = place
        while place < text.count {
            let isExponentSign =
                (text[place] == "+" || text[place] == "-") && (text[place - 1] == "e" || text[place - 1] == "E")
            guard
                Self.isDigit(text[place]) || ".eE".unicodeScalars.contains(text[place])
                    || place > start && isExponentSign
            else { break }
            place += 1
        }
        guard let value = Double(string(start..<place)) else {
            throw error(start, "Syntax error, invalid numeric value token '\(string(start..<place))'.")
        }
        return value
    }

    private mutating func quoted(_ quote: Unicode.Scalar) throws(QueryError) -> String {
        let start = place
        var units: [UInt16] = []
        place += 1
        while place < text.count {
            let scalar = text[place]
            place += 1
            if scalar == quote {
                // Halves of a surrogate pair may come as two escapes.
                return String(decoding: units, as: UTF16.self)
            }
            guard scalar == "\\" else {
                units += Array(String(Character(scalar)).utf16)
                continue
            }
            guard place < text.count else { break }
            let escaped = text[place]
            place += 1
            switch escaped {
            case "n": units.append(10)
            case "t": units.append(9)
            case "r": units.append(13)
            case "b": units.append(8)
            case "f": units.append(12)
            case "\\", "/", "'", "\"": units.append(UInt16(escaped.value))
            case "u":
                let digits = string(place..<min(place + 4, text.count))
                guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else {
                    throw error(start, "Syntax error, invalid escape sequence in a string literal.")
                }
                units.append(unit)
                place += 4
            default: throw error(start, "Syntax error, invalid escape sequence '\\\(escaped)' in a string literal.")
            }
        }
        throw error(start, "Syntax error, the string literal has no end.")
    }
}
