public import JSONCoding

/// A condition on a record's metadata and document, as in Chroma's `where` and `where_document`.
public indirect enum WhereFilter: Sendable, Equatable {
    case and([WhereFilter])
    case or([WhereFilter])
    /// A scalar comparison. The negated forms hold for records without the key, too.
    case compare(key: String, Comparison, JSONValue)
    case isIn(key: String, [JSONValue], negated: Bool)
    /// Membership in an array value.
    case contains(key: String, JSONValue, negated: Bool)
    case documentContains(String, negated: Bool)

    /// How a scalar is compared.
    public enum Comparison: String, Sendable {
        case equal = "$eq"
        case notEqual = "$ne"
        case greater = "$gt"
        case greaterOrEqual = "$gte"
        case less = "$lt"
        case lessOrEqual = "$lte"
    }

    /// Whether the filter looks at the document.
    public var needsDocument: Bool {
        switch self {
        case .and(let parts), .or(let parts): parts.contains(where: \.needsDocument)
        case .documentContains: true
        case .compare, .isIn, .contains: false
        }
    }

    /// Whether a record matches.
    ///
    /// - Parameters:
    ///   - metadata: The record's metadata, `nil` when it has none.
    ///   - document: Gives the record's document; called only when needed.
    public func matches(_ metadata: JSONObject?, document: () -> String?) -> Bool {
        switch self {
        case .and(let parts): return parts.allSatisfy { $0.matches(metadata, document: document) }
        case .or(let parts): return parts.contains { $0.matches(metadata, document: document) }
        case .compare(let key, let comparison, let operand):
            let value = metadata?[key]
            switch comparison {
            case .equal: return value.map { scalarEqual($0, operand) } ?? false
            case .notEqual: return !(value.map { scalarEqual($0, operand) } ?? false)
            case .greater: return order(value, operand).map { $0 > 0 } ?? false
            case .greaterOrEqual: return order(value, operand).map { $0 >= 0 } ?? false
            case .less: return order(value, operand).map { $0 < 0 } ?? false
            case .lessOrEqual: return order(value, operand).map { $0 <= 0 } ?? false
            }
        case .isIn(let key, let operands, let negated):
            let found = metadata?[key].map { value in operands.contains { scalarEqual(value, $0) } } ?? false
            return found != negated
        case .contains(let key, let operand, let negated):
            let found = metadata?[key]?.array?.contains { sameKind($0, operand) && $0 == operand } ?? false
            return found != negated
        case .documentContains(let text, let negated):
            // Byte-wise, so that the test is exact and case-sensitive.
            let found = document().map { hasPart(Array($0.utf8), Array(text.utf8)) } ?? false
            return found != negated
        }
    }
}

private func scalarEqual(_ value: JSONValue, _ operand: JSONValue) -> Bool {
    switch (value, operand) {
    // Plain equality is quick but also true of other spellings of the same characters.
    case (.string(let a), .string(let b)): a == b && a.utf8.elementsEqual(b.utf8)
    case (.bool(let a), .bool(let b)): a == b
    case (.int, .int), (.int, .double), (.double, .int), (.double, .double): order(value, operand) == 0
    default: false
    }
}

/// Compares two numbers exactly, 64-bit integers beyond 2^53 included; `nil` when one is no number.
private func order(_ value: JSONValue?, _ operand: JSONValue) -> Int? {
    switch (value, operand) {
    case (.int(let a), .int(let b)): return a < b ? -1 : (a > b ? 1 : 0)
    case (.double(let a), .double(let b)): return a < b ? -1 : (a > b ? 1 : (a == b ? 0 : nil))
    case (.int(let a), .double(let b)): return compare(a, b)
    case (.double(let a), .int(let b)): return compare(b, a).map { -$0 }
    default: return nil
    }
}

private func compare(_ integer: Int64, _ float: Double) -> Int? {
    guard !float.isNaN else { return nil }
    if float >= 0x1p63 { return -1 }
    if float < -0x1p63 { return 1 }
    let whole = Int64(float.rounded(.down))
    if integer != whole { return integer < whole ? -1 : 1 }
    return float > float.rounded(.down) ? -1 : 0
}

private func sameKind(_ a: JSONValue, _ b: JSONValue) -> Bool {
    switch (a, b) {
    case (.string, .string), (.bool, .bool), (.int, .int), (.double, .double): true
    default: false
    }
}

private func hasPart(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    guard text.count >= part.count else { return false }
    for start in 0...(text.count - part.count) where text[start] == first {
        if text[start..<start + part.count].elementsEqual(part) { return true }
    }
    return false
}
