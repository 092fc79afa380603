/// Ranges of scalar values, in order and apart from each other.
struct ScalarRanges: Sendable {
    let all: [ClosedRange<UInt32>]

    /// Takes ranges in any order, whatever they have in common.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        all = merged
    }

    func contains(_ value: UInt32) -> Bool {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = low + (high - low) / 2
            if all[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < all.count && all[low].lowerBound <= value
    }
}
