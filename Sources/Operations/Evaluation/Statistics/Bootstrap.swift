/// How far a figure depends on which questions were asked: it is computed again and again over questions drawn from those at
/// hand, each as often as chance has it (percentile bootstrap; Efron, Tibshirani, *An Introduction to the Bootstrap*, 1993,
/// section 13.3). The same values always give the same interval.
enum Bootstrap {
    static let rounds = 2000
    private static let seed: UInt64 = 95

    /// The interval of 95 % of a statistic.
    static func interval(_ values: [Double], _ statistic: Statistic) -> ClosedRange<Double> {
        interval(count: values.count) { drawn in statistic.of(drawn.map { values[$0] }) }
    }

    /// The interval of 95 % of the difference that the second of two runs makes; the same questions are drawn for both.
    static func interval(differenceOf pairs: [(Double, Double)], _ statistic: Statistic) -> ClosedRange<Double> {
        interval(count: pairs.count) { drawn in
            statistic.of(drawn.map { pairs[$0].1 }) - statistic.of(drawn.map { pairs[$0].0 })
        }
    }

    private static func interval(count: Int, _ figure: ([Int]) -> Double) -> ClosedRange<Double> {
        // Ours alone: no file and no option leads here without values, since those make no figure and no difference.
        precondition(count > 0, "nothing can be drawn from nothing")
        var random = SplitMix(state: seed)
        var drawn = [Int](repeating: 0, count: count)
        let figures = (0..<rounds).map { _ in
            for index in drawn.indices { drawn[index] = random.next(below: count) }
            return figure(drawn)
        }
        return Statistic.quantile(0.025).of(figures)...Statistic.quantile(0.975).of(figures)
    }
}

/// Numbers that chance could have made, the same each time (SplitMix64: Steele, Lea, Flood 2014).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0; bounds are far below what would favour some of them.
    mutating func next(below bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
