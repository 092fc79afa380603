/// A figure that a page of the documentation states.
public struct Claim: Sendable {
    /// What measures it.
    public let benchmark: Benchmark
    /// The figure's name in the report.
    public let figure: String
    /// The stated value, in the figure's unit.
    public let value: Double
    /// The page's path in the repository.
    public let page: String
    /// How the page states it.
    public let words: String

    /// How many times worse than stated a figure may be before the statement is untrue.
    ///
    /// Times and rates depend on the machine and on what else it does: another one may be half as fast, and busy. Memory
    /// depends on neither. A share (recall) hardly moves at all.
    static func tolerance(_ unit: String) -> Double {
        switch unit {
        case "": 1.03
        case "MB": 1.25
        default: 3
        }
    }

    /// The worst value at which the statement holds.
    func limit(for figure: Figure) -> Double {
        let tolerance = Self.tolerance(figure.unit)
        return figure.better == .higher ? value / tolerance : value * tolerance
    }
}
