/// What is made of the values of many questions.
enum Statistic: Sendable, Equatable {
    case mean
    /// The value below which a share of all lies, between neighbours by their distance (Hyndman, Fan 1996, type 7).
    case quantile(Double)

    /// The statistic of values; not a number when there are none.
    func of(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        switch self {
        case .mean: return values.reduce(0, +) / Double(values.count)
        case .quantile(let share):
            let sorted = values.sorted()
            let position = share * Double(sorted.count - 1)
            let (lower, upper) = (Int(position.rounded(.down)), Int(position.rounded(.up)))
            return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
        }
    }
}
