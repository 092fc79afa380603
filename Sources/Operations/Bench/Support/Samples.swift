/// Values by the name of what was measured, one for each run.
struct Samples {
    private var values: [String: [Double]] = [:]

    mutating func add(_ name: String, _ value: Double) { values[name, default: []].append(value) }

    mutating func add(_ figures: [String: Double]) {
        for (name, value) in figures { add(name, value) }
    }

    /// The median; not a number when nothing of that name was measured.
    func median(_ name: String) -> Double { (values[name] ?? []).quantile(0.5) }
}

extension [Double] {
    /// The value below which the share of all values lies; not a number when there is none.
    func quantile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
