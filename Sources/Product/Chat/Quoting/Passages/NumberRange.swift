/// A span of numbers that a text names: "5 to 9 years", "less than 5", "20 and more".
struct NumberRange: Sendable {
    let values: ClosedRange<Double>
    /// Stem of the word after it; `nil` when there is none.
    let unit: String?

    /// The spans in a row of words.
    static func all(_ words: [AnswerWord], _ scalars: [Unicode.Scalar]) -> [NumberRange] {
        var ranges: [NumberRange] = []
        for (index, word) in words.enumerated() {
            guard word.kind == .number, let value = Double(word.plain) else { continue }
            func plain(_ offset: Int) -> String? {
                words.indices.contains(index + offset) ? words[index + offset].plain : nil
            }
            func unit(after offset: Int) -> String? {
                guard words.indices.contains(index + offset) else { return nil }
                return words[index + offset].kind == .word ? words[index + offset].stem : nil
            }
            if let next = words.dropFirst(index + 1).first, next.kind == .number, let high = Double(next.plain),
                high > value,
                isDash(scalars[word.range.upperBound..<next.range.lowerBound])
            {
                ranges.append(NumberRange(values: value...high, unit: unit(after: 2)))
            } else if let joint = plain(1), joints.contains(joint), let next = plain(2), let high = Double(next),
                high > value
            {
                ranges.append(NumberRange(values: value...high, unit: unit(after: 3)))
            } else if let before = plain(-1),
                below.contains(before) || before == "than" && plain(-2).map(less.contains) == true
            {
                ranges.append(NumberRange(values: 0...value, unit: unit(after: 1)))
            } else if let before = plain(-1),
                above.contains(before) || before == "than" && plain(-2).map(more.contains) == true
            {
                ranges.append(NumberRange(values: value...Double.greatestFiniteMagnitude, unit: unit(after: 1)))
            } else if words.dropFirst(index + 1).prefix(3).contains(where: {
                more.contains($0.plain) || $0.plain == "over"
            }) {
                ranges.append(NumberRange(values: value...Double.greatestFiniteMagnitude, unit: unit(after: 1)))
            }
        }
        return ranges
    }

    private static func isDash(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
        let marks = scalars.filter { !$0.properties.isWhitespace }
        return marks.count == 1 && "-–—−~".unicodeScalars.contains(marks[marks.startIndex])
    }

    private static let joints: Set = ["to", "bis", "a", "tot", "and", "ate"]
    private static let below: Set = ["under", "below", "unter", "moins", "menos", "meno", "onder", "max", "maximum"]
    private static let above: Set = [
        "over", "above", "from", "uber", "ab", "plus", "mas", "oltre", "boven", "vanaf", "acima",
    ]
    private static let less: Set = ["less", "fewer", "lower"]
    private static let more: Set = [
        "more", "greater", "higher", "longer", "mehr", "plus", "mas", "piu", "meer", "mais",
    ]
}
