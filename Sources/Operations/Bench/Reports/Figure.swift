import JSONCoding

/// One thing that was measured.
public struct Figure: Sendable, Equatable {
    /// Which of two values is the better one.
    public enum Better: String, Sendable { case lower, higher }

    /// What was measured.
    public let name: String
    /// The median, in `unit`.
    public let value: Double
    /// As it stands behind the value; empty for a share.
    public let unit: String
    /// Which way is better.
    public let better: Better

    /// A figure.
    public init(_ name: String, _ value: Double, _ unit: String, better: Better) {
        self.name = name
        self.value = value
        self.unit = unit
        self.better = better
    }

    /// How many times as good as another value this one is: 1 and more is as good or better.
    func ratio(to other: Double) -> Double { better == .higher ? value / other : other / value }

    /// The value with its unit, for people.
    var text: String { text(value) }

    /// Another value in this figure's unit.
    func text(_ other: Double) -> String {
        // Shares are compared in their last digits.
        if unit.isEmpty { return String((other * 10_000).rounded() / 10_000) }
        return "\(TextTable.number(other)) \(unit)"
    }

    var json: JSONValue {
        [
            "name": .string(name), "value": value.isFinite ? .double(value) : .null, "unit": .string(unit),
            "better": .string(better.rawValue),
        ]
    }
}
