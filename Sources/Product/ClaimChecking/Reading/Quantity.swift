/// A number of a text with what it counts.
struct Quantity: Sendable {
    /// Whether it is the least or the most of what is meant.
    enum Bound: Sendable { case atLeast, atMost }

    /// What it may be: figures with a point before three digits have two readings.
    let readings: [Double]
    var unit: UnitOfMeasure?
    var bound: Bound?
    /// Whether it numbers a thing, as in "priority 2".
    var isLabel = false
    /// Place in the text, in scalars.
    let range: Range<Int>

    /// Whether a text that gives the other quantity bears this one out.
    func isBorneOut(by other: Quantity) -> Bool {
        if let bound, let theirs = other.bound, bound != theirs { return false }
        if let unit, let theirs = other.unit {
            guard unit.kind == theirs.kind else { return false }
            return matches(other, unit.size, theirs.size)
        }
        return matches(other, 1, 1)
    }

    /// Whether one could stand in the other's place.
    func isOfOneKind(as other: Quantity) -> Bool {
        guard !isLabel, !other.isLabel, !isYear, !other.isYear else { return false }
        guard let mine = unit?.kind, let theirs = other.unit?.kind else { return true }
        return mine == theirs || ["time", "months"].contains(mine) && ["time", "months"].contains(theirs)
    }

    private func matches(_ other: Quantity, _ size: Double, _ theirs: Double) -> Bool {
        readings.contains { mine in
            other.readings.contains { abs(mine * size - $0 * theirs) <= 1e-9 * max(1, abs(mine * size)) }
        }
    }

    /// Whether it is a year.
    var isYear: Bool {
        unit == nil && readings.count == 1 && (1900...2100).contains(readings[0])
            && readings[0] == readings[0].rounded()
    }
}
