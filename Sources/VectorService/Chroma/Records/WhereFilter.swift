public import JSONCoding
public import LinearRegex

/// A condition on a record's metadata and document, as in Chroma's `where` and `where_document`
/// (docs/reference/chroma.md, 5).
public indirect enum WhereFilter: Sendable, Equatable {
    case and([WhereFilter])
    case or([WhereFilter])
    /// A scalar comparison. The negated forms hold for records without the key, too.
    case compare(key: String, Comparison, JSONValue)
    case isIn(key: String, [JSONValue], negated: Bool)
    /// Membership in an array value.
    case contains(key: String, JSONValue, negated: Bool)
    case documentContains(String, negated: Bool)
    case documentMatches(LinearPattern, negated: Bool)
    /// The record's id is one of these.
    case hasID([String], negated: Bool)

    /// How a scalar is compared.
    public enum Comparison: String, Sendable {
        case equal = "$eq"
        case notEqual = "$ne"
        case greater = "$gt"
        case greaterOrEqual = "$gte"
        case less = "$lt"
        case lessOrEqual = "$lte"
    }

    /// Whether evaluating the filter has to read documents.
    public var needsDocument: Bool {
        switch self {
        case .and(let parts), .or(let parts): parts.contains(where: \.needsDocument)
        case .documentContains, .documentMatches: true
        case .compare, .isIn, .contains, .hasID: false
        }
    }

    /// Keys of metadata that the filter looks at, each with the operand that tells the type of index it needs.
    public var operands: [(key: String, value: JSONValue)] {
        switch self {
        case .and(let parts), .or(let parts): parts.flatMap(\.operands)
        case .compare(let key, _, let value), .contains(let key, let value, _): [(key, value)]
        case .isIn(let key, let values, _): values.first.map { [(key, $0)] } ?? []
        case .documentContains, .documentMatches, .hasID: []
        }
    }
}
