import Catalog
import JSONCoding

/// A figure of some observations, and how far chance may have moved it.
struct Estimate: Sendable, Equatable {
    /// How sure an interval is: quantiles of the normal distribution.
    enum Certainty: Double, Sendable {
        /// 95 %: what is shown of one figure.
        case one = 1.959964
        /// 99.17 %: so that of the six figures that are compared none is off by chance in 95 % of the trials (Bonferroni).
        case ofSix = 2.638257
    }

    let value: Double
    let low: Double
    let high: Double
    /// Observations.
    let count: Int

    /// A share, from shares of observations; `nil` without any. The interval is Wilson's (1927), which holds for few observations
    /// too; for shares that are neither 0 nor 1 it is wider than need be.
    static func share(_ sums: ArmOutcomes.Sums, _ certainty: Certainty = .one) -> Estimate? {
        guard sums.count > 0 else { return nil }
        let (n, z) = (Double(sums.count), certainty.rawValue)
        let share = min(1, max(0, sums.sum / n))
        let divisor = 1 + z * z / n
        let centre = (share + z * z / (2 * n)) / divisor
        let reach = z / divisor * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        return Estimate(
            value: share, low: share == 0 ? 0 : max(0, centre - reach), high: share == 1 ? 1 : min(1, centre + reach),
            count: sums.count)
    }

    /// A mean; `nil` without observations. The interval is that of the normal distribution.
    static func mean(_ sums: ArmOutcomes.Sums, _ certainty: Certainty = .one) -> Estimate? {
        guard sums.count > 0 else { return nil }
        let n = Double(sums.count)
        let mean = sums.sum / n
        let variance = sums.count > 1 ? max(0, (sums.squares - n * mean * mean) / (n - 1)) : 0
        let reach = certainty.rawValue * (variance / n).squareRoot()
        return Estimate(value: mean, low: mean - reach, high: mean + reach, count: sums.count)
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
