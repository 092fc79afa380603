import Glibc

/// Numbers as people read them.
enum Digits {
    /// With so many places behind the point.
    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let scale = pow(10, Double(places))
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + String(scaled) }
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    /// Without what adds nothing.
    static func shortest(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : value.description
    }
}

extension Metric.Unit {
    /// A value in this unit.
    func written(_ value: Double) -> String {
        switch self {
        case .share, .verdict: Digits.fixed(value, 3)
        case .milliseconds: Digits.fixed(value, 1) + " ms"
        case .tokens: Digits.fixed(value, 0)
        case .dollars: "$" + Digits.fixed(value, 5)
        }
    }

    /// A difference, with its sign.
    func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + written(value) }

    /// Whether values lie between 0 and 1.
    var isShare: Bool { self == .share || self == .verdict }
}
