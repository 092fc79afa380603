import Digests
import JSONCoding

extension Functions {
    static let others: [Row] = [
        // The number that an item's resource id ends in.
        (
            "DOCUMENTID", 1...1,
            { arguments in
                guard let rid = arguments[0]?["_rid"]?.string,
                    let bytes = Base64.decode(rid.replacing("-", with: "/")), bytes.count == 16
                else { return nil }
                return .int(Int64(bitPattern: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }))
            }
        ),
        (
            "VECTORDISTANCE", 2...4,
            { arguments in
                vectorDistance(arguments[0], arguments[1], VectorMeasure(arguments[3] ?? arguments[2]) ?? .cosine)
            }
        ),
    ]

    /// How like two vectors of one dimension are; `nil` for what are none.
    static func vectorDistance(_ left: JSONValue?, _ right: JSONValue?, _ measure: VectorMeasure) -> JSONValue? {
        guard let a = vector(left?.array), let b = vector(right?.array), a.count == b.count else { return nil }
        let result = measure.value(a, b)
        return result.isFinite ? ValueOrder.number(result) : .none
    }

    private static func vector(_ list: [JSONValue]?) -> [Double]? {
        guard let list else { return nil }
        let numbers = list.compactMap(\.double)
        return numbers.count == list.count ? numbers : .none
    }
}

/// What `VectorDistance` computes.
package enum VectorMeasure: String, Sendable {
    case cosine, dotproduct, euclidean

    /// The measure that options name; `nil` when they name none that there is.
    init?(_ options: JSONValue?) {
        guard let name = options?["distanceFunction"]?.string else { return nil }
        self.init(rawValue: name.lowercased())
    }

    /// Whether the most similar vectors have the largest values.
    var runsDown: Bool { self != .euclidean }

    fileprivate func value(_ a: [Double], _ b: [Double]) -> Double {
        let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        switch self {
        case .dotproduct: return product
        case .euclidean: return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        case .cosine:
            let norm = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
            return product / norm
        }
    }
}
