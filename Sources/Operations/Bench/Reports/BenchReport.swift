import JSONCoding
import Telemetry

/// Figures next to their bars, as a table for people and as JSON for comparing two runs.
public struct BenchReport: Sendable {
    /// What was measured, in the order of the table.
    public private(set) var figures: [Figure] = []
    /// Stands below the table.
    var remark = ""
    private var rows: TextTable

    /// A report of figures with their bars.
    init() { rows = TextTable(head: ["What", "Apus", "Bar", "Ratio", ""]) }

    /// A report of figures beside another server's.
    init(beside other: String) { rows = TextTable(head: ["What", "Apus", other, "Ratio", "Bar", ""]) }

    /// Adds a figure that should be at most the bar.
    mutating func add(_ what: String, _ value: Double, _ unit: String, atMost bar: Double) {
        add(Figure(what, value, unit, better: .lower), bar: bar)
    }

    /// Adds a figure that should be at least the bar.
    mutating func add(_ what: String, _ value: Double, _ unit: String, atLeast bar: Double) {
        add(Figure(what, value, unit, better: .higher), bar: bar)
    }

    private mutating func add(_ figure: Figure, bar: Double) {
        figures.append(figure)
        let ratio = figure.ratio(to: bar)
        rows.add([
            figure.name, figure.text, "\(figure.better == .higher ? "≥" : "≤") \(figure.text(bar))",
            "\(TextTable.number(ratio))×", Self.verdict(ratio >= 1),
        ])
    }

    /// Adds a figure that should be so many times as good as the other server's.
    mutating func add(_ figure: Figure, beside other: Double, times bar: Double) {
        figures.append(figure)
        let ratio = figure.ratio(to: other)
        rows.add([
            figure.name, figure.text, figure.text(other), "\(TextTable.number(ratio))×", "\(TextTable.number(bar))×",
            Self.verdict(ratio >= bar),
        ])
    }

    /// Adds a figure that should be at least the floor, whatever the other server's is.
    mutating func add(_ figure: Figure, beside other: Double, atLeast floor: Double) {
        figures.append(figure)
        rows.add([
            figure.name, figure.text, figure.text(other), "", "≥ \(figure.text(floor))",
            Self.verdict(figure.value >= floor),
        ])
    }

    private static func verdict(_ isReached: Bool) -> String { isReached ? "ok" : "MISSED" }

    /// The table, and what is said below it.
    public var text: String { rows.text + remark }

    /// The figures as `scripts/compare-bench` reads them.
    ///
    /// - Parameter benchmark: What was measured.
    public func encoded(of benchmark: Benchmark) -> [UInt8] {
        let report: JSONValue = [
            "benchmark": .string(benchmark.rawValue), "version": .string(Product.version),
            "measuredAt": .string(Timestamp.now()), "machine": .string(Machine.description),
            "figures": .array(figures.map(\.json)),
        ]
        return report.encoded
    }
}
