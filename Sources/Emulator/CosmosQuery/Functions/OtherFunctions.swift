import JSONCoding
import Telemetry

extension Functions {
    static let others: [Row] = [
        ("GETCURRENTTIMESTAMP", 0...0, { .int($0.now) }),
        ("GETCURRENTDATETIME", 0...0, { .string(dateTime($0.now)) }),
        // 100-nanosecond steps since the year 1970, as the service counts them here.
        ("GETCURRENTTICKS", 0...0, { .int($0.now * 10_000) }),
        ("TIMESTAMPTODATETIME", 1...1, { $0.whole(0).map { .string(dateTime(Int64($0))) } }),
        ("DATETIMETOTIMESTAMP", 1...1, { $0.text(0).flatMap { Timestamp.milliseconds(iso8601: $0) }.map { .int($0) } }),
        (
            "VECTORDISTANCE", 2...4,
            { arguments in
                guard let a = vector(arguments.list(0)), let b = vector(arguments.list(1)), a.count == b.count else {
                    return nil
                }
                let options = arguments[3] ?? arguments[2]
                return distance(a, b, options?["distanceFunction"]?.string?.lowercased() ?? "cosine")
            }
        ),
    ]

    private static func dateTime(_ milliseconds: Int64) -> String {
        // Seven digits of a second, as the service writes them.
        String(Timestamp.format(milliseconds: milliseconds).dropLast()) + "0000Z"
    }

    private static func vector(_ list: [JSONValue]?) -> [Double]? {
        guard let list else { return nil }
        let numbers = list.compactMap(\.double)
        return numbers.count == list.count ? numbers : .none
    }

    private static func distance(_ a: [Double], _ b: [Double], _ name: String) -> JSONValue? {
        let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        let result: Double
        switch name {
        case "dotproduct": result = product
        case "euclidean": result = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        default:
            let norm = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
            result = product / norm
        }
        return result.isFinite ? ValueOrder.number(result) : .none
    }
}
