import Glibc
import JSONCoding

/// A figure of some observations, and how far chance may have moved it: an interval of 95 %.
struct Estimate: Sendable, Equatable {
    /// The normal distribution's quantile of 0.975.
    private static let z = 1.959964

    let value: Double
    let low: Double
    let high: Double
    /// Observations.
    let count: Int

    /// A share of so many; `nil` without any. The interval is Wilson's (1927), which holds for few observations too.
    static func share(_ hits: Int, of count: Int) -> Estimate? {
        guard count > 0 else { return nil }
        let n = Double(count)
        let share = Double(hits) / n
        let divisor = 1 + z * z / n
        let centre = (share + z * z / (2 * n)) / divisor
        let reach = z / divisor * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return Estimate(value: share, low: max(0, centre - reach), high: min(1, centre + reach), count: count)
    }

    /// A mean, from a sum and the sum of the squares; `nil` without observations. The interval is that of the normal
    /// distribution.
    static func mean(sum: Double, squares: Double, of count: Int) -> Estimate? {
        guard count > 0 else { return nil }
        let n = Double(count)
        let mean = sum / n
        let variance = count > 1 ? max(0, (squares - n * mean * mean) / (n - 1)) : 0
        let reach = z * (variance / n).squareRoot()
        return Estimate(value: mean, low: mean - reach, high: mean + reach, count: count)
    }

    /// What another one has more; its interval from both of theirs (Newcombe 1998, method 10, which for means is Welch's with
    /// the normal distribution).
    func difference(to other: Estimate) -> Estimate {
        let difference = other.value - value
        func reach(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
        return Estimate(
            value: difference, low: difference - reach(other.value - other.low, high - value),
            high: difference + reach(other.high - other.value, value - low), count: min(count, other.count))
    }

    /// Whether the interval leaves zero out.
    var isBeyondChance: Bool { low > 0 || high < 0 }

    var json: JSONValue {
        ["value": .double(value), "low": .double(low), "high": .double(high), "count": .int(Int64(count))]
    }
}
