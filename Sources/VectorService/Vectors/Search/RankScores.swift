import Chroma
import Glibc

extension RankExpression {
    /// A score for some records, and perhaps one for all others.
    struct Scores {
        var explicit: [UInt32: Float]
        var fallback: Float?
    }

    /// Evaluates with a given search.
    func scores(_ search: (NearestNeighbours) throws -> [(seq: UInt32, distance: Float)]) throws -> Scores {
        switch self {
        case .nearest(let nearest):
            var explicit: [UInt32: Float] = [:]
            for (position, hit) in try search(nearest).enumerated() {
                explicit[hit.seq] = nearest.returnsRank ? Float(position) : hit.distance
            }
            return Scores(explicit: explicit, fallback: nearest.fallback)
        case .value(let value): return Scores(explicit: [:], fallback: value)
        case .fold(let fold, let operands):
            let (start, operation): (Float, (Float, Float) -> Float) =
                switch fold {
                case .sum: (0, +)
                case .mul: (1, *)
                case .max: (-Float.greatestFiniteMagnitude, { Swift.max($0, $1) })
                case .min: (Float.greatestFiniteMagnitude, { Swift.min($0, $1) })
                }
            var result = Scores(explicit: [:], fallback: start)
            for operand in operands { result = Self.combine(result, try operand.scores(search), operation) }
            return result
        case .difference(let left, let right):
            return Self.combine(try left.scores(search), try right.scores(search), -)
        case .quotient(let left, let right):
            return Self.combine(try left.scores(search), try right.scores(search), /)
        case .function(let function, let operand):
            let scores = try operand.scores(search)
            func apply(_ value: Float) -> Float {
                switch function {
                case .abs: Swift.abs(value)
                case .exp: Glibc.expf(value)
                case .log: Glibc.logf(value)
                }
            }
            return Scores(explicit: scores.explicit.mapValues(apply), fallback: scores.fallback.map(apply))
        }
    }

    /// A binary operation on partial functions: with defaults on both sides it is defined everywhere, with one on the
    /// other's records, with none where both are.
    private static func combine(_ left: Scores, _ right: Scores, _ operation: (Float, Float) -> Float) -> Scores {
        var explicit: [UInt32: Float] = [:]
        switch (left.fallback, right.fallback) {
        case (let a?, let b?):
            for (seq, value) in left.explicit { explicit[seq] = operation(value, right.explicit[seq] ?? b) }
            for (seq, value) in right.explicit where left.explicit[seq] == nil { explicit[seq] = operation(a, value) }
            return Scores(explicit: explicit, fallback: operation(a, b))
        case (let a?, nil):
            for (seq, value) in right.explicit { explicit[seq] = operation(left.explicit[seq] ?? a, value) }
        case (nil, let b?):
            for (seq, value) in left.explicit { explicit[seq] = operation(value, right.explicit[seq] ?? b) }
        case (nil, nil):
            for (seq, value) in left.explicit {
                if let other = right.explicit[seq] { explicit[seq] = operation(value, other) }
            }
        }
        return Scores(explicit: explicit, fallback: nil)
    }
}
