/// Searching in text and bytes under the names of the standard library, whose own bring a parser of regular expressions into
/// every program that uses them. Text is compared as it is written, not by what is canonically equal.
extension StringProtocol {
    /// Where a text first stands; `nil` when it does not.
    public func firstRange(of part: String) -> Range<Index>? { utf8.firstRange(of: Array(part.utf8)) }

    /// Whether a text stands somewhere.
    public func contains(_ part: String) -> Bool { firstRange(of: part) != nil }

    /// The text with another one in each place of a part.
    public func replacing(_ part: String, with other: String) -> String {
        guard !part.isEmpty else { return String(self) }
        var result = ""
        var rest = self[startIndex...]
        while let found = rest.firstRange(of: part) {
            result += rest[..<found.lowerBound]
            result += other
            rest = rest[found.upperBound...]
        }
        return result + rest
    }
}

extension Collection<UInt8> {
    /// Where some bytes first stand; `nil` when they do not.
    public func firstRange(of part: [UInt8]) -> Range<Index>? {
        guard let first = part.first else { return startIndex..<startIndex }
        var start = startIndex
        while let found = self[start...].firstIndex(of: first) {
            var place = found
            var count = 0
            while place != endIndex, count < part.count, self[place] == part[count] {
                formIndex(after: &place)
                count += 1
            }
            if count == part.count { return found..<place }
            start = index(after: found)
        }
        return nil
    }
}
