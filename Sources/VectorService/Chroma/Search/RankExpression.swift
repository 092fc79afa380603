public import JSONCoding

/// How the results of a search are scored: arithmetic over nearest-neighbour searches. Lower scores are better.
public indirect enum RankExpression: Sendable, Equatable {
    case nearest(NearestNeighbours)
    case value(Float)
    case fold(Fold, [RankExpression])
    case difference(RankExpression, RankExpression)
    case quotient(RankExpression, RankExpression)
    case function(Function, RankExpression)

    /// Operations on any number of operands.
    public enum Fold: String, Sendable { case sum = "$sum", mul = "$mul", max = "$max", min = "$min" }

    /// Operations on one operand; the logarithm is the natural one.
    public enum Function: String, Sendable { case abs = "$abs", exp = "$exp", log = "$log" }

    /// A nearest-neighbour search on one key's index.
    public struct NearestNeighbours: Sendable, Equatable {
        /// What is searched for.
        public enum Query: Sendable, Equatable {
            case dense([Float])
            case sparse(SparseVector)
        }

        public let query: Query
        public let key: String
        /// Hits at most.
        public let limit: Int
        /// Score of records that are no hits; `nil` leaves them without one.
        public let fallback: Float?
        /// Scores are positions from 0 instead of distances.
        public let returnsRank: Bool
    }

    private static let maximumDepth = 64
    private static let maximumOperands = 1024

    /// Reads an expression.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public init(_ value: JSONValue) throws(ChromaError) {
        var left = Self.maximumOperands
        self = try Self.parse(value, depth: 0, &left)
    }

    /// - Parameter left: How many more operands there may be in the whole expression: each may be a search.
    private static func parse(_ value: JSONValue, depth: Int, _ left: inout Int) throws(ChromaError) -> RankExpression {
        guard depth < maximumDepth else { throw .invalid("Rank expressions are nested more than \(maximumDepth) deep") }
        left -= 1
        guard left >= 0 else { throw .invalid("A rank expression has more than \(maximumOperands) operands") }
        guard let members = value.object?.members, members.count == 1, let member = members.first else {
            throw .shape("rank", "a rank expression must have exactly one key")
        }
        switch member.name {
        case "$knn": return .nearest(try nearest(member.value))
        case "$val":
            guard let number = member.value.double else { throw .shape("rank.$val", "expected a number") }
            return .value(Float(number))
        case "$sub", "$div":
            guard let first = member.value["left"], let second = member.value["right"] else {
                throw .shape("rank.\(member.name)", "expected `left` and `right`")
            }
            let operands = (try parse(first, depth: depth + 1, &left), try parse(second, depth: depth + 1, &left))
            return member.name == "$sub" ? .difference(operands.0, operands.1) : .quotient(operands.0, operands.1)
        default: break
        }
        if let fold = Fold(rawValue: member.name) {
            guard let list = member.value.array, list.count <= maximumOperands else {
                throw .shape("rank.\(member.name)", "expected a list of at most \(maximumOperands) expressions")
            }
            var operands: [RankExpression] = []
            for item in list { operands.append(try parse(item, depth: depth + 1, &left)) }
            return .fold(fold, operands)
        }
        guard let function = Function(rawValue: member.name) else {
            throw .shape("rank", "unknown expression `\(member.name)`")
        }
        return .function(function, try parse(member.value, depth: depth + 1, &left))
    }

    private static func nearest(_ value: JSONValue) throws(ChromaError) -> NearestNeighbours {
        guard let query = value["query"] else { throw .shape("rank.$knn", "missing field `query`") }
        let given: NearestNeighbours.Query
        if let numbers = query.array {
            given = .dense(try RecordBatch.vector(numbers))
        } else if let object = query.object, let sparse = try SparseVector(object, field: "rank.$knn.query") {
            given = .sparse(sparse)
        } else {
            throw .shape("rank.$knn.query", "expected a list of numbers or a sparse vector")
        }
        let limit = try value.count("limit", as: "rank.$knn.limit") ?? 16
        guard limit >= 1 else { throw .invalid("Validation error: rank: $knn.limit must be at least 1") }
        var fallback: Float?
        if let number = value["default"], !number.isNull {
            guard let score = number.double else { throw .shape("rank.$knn.default", "expected a number") }
            fallback = Float(score)
        }
        return NearestNeighbours(
            query: given, key: value["key"]?.string ?? "#embedding", limit: limit, fallback: fallback,
            returnsRank: value["return_rank"]?.bool ?? false)
    }
}
