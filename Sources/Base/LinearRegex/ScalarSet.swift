/// A set of Unicode scalars: what a class, an escape or a literal stands for.
indirect enum ScalarSet: Sendable {
    case ranges(ScalarRanges)
    /// Like `ranges`, whatever the case (simple case folding).
    case foldedRanges(ScalarRanges)
    case property(@Sendable (Unicode.Scalar) -> Bool)
    case union([ScalarSet])
    case intersection(ScalarSet, ScalarSet)
    case symmetricDifference(ScalarSet, ScalarSet)
    case complement(ScalarSet)

    static func one(_ scalar: Unicode.Scalar, folded: Bool) -> ScalarSet { span(scalar, scalar, folded: folded) }

    static func span(_ first: Unicode.Scalar, _ last: Unicode.Scalar, folded: Bool) -> ScalarSet {
        let ranges = ScalarRanges([first.value...last.value])
        return folded ? .foldedRanges(ranges) : .ranges(ranges)
    }

    static func range(_ range: ClosedRange<UInt32>) -> ScalarSet { .ranges(ScalarRanges([range])) }

    /// What is in any of the sets. Ranges become one set, in which a scalar is found at once however many there are.
    static func joined(_ sets: [ScalarSet]) -> ScalarSet {
        var plain: [ClosedRange<UInt32>] = []
        var folded: [ClosedRange<UInt32>] = []
        var parts: [ScalarSet] = []
        for set in sets {
            switch set {
            case .ranges(let ranges): plain += ranges.all
            case .foldedRanges(let ranges): folded += ranges.all
            default: parts.append(set)
            }
        }
        if !plain.isEmpty { parts.append(.ranges(ScalarRanges(plain))) }
        if !folded.isEmpty { parts.append(.foldedRanges(ScalarRanges(folded))) }
        return parts.count == 1 ? parts[0] : .union(parts)
    }

    static let digit = ScalarSet.property { $0.properties.generalCategory == .decimalNumber }
    static let space = ScalarSet.property { $0.properties.isWhitespace }
    static let word = ScalarSet.property(isWord)
    static let any = ScalarSet.range(0...0x10FFFF)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .ranges(let ranges): return ranges.contains(scalar.value)
        case .foldedRanges(let ranges):
            if ranges.contains(scalar.value) { return true }
            return Self.variants(scalar).contains { ranges.contains($0.value) }
        case .property(let test): return test(scalar)
        case .union(let parts): return parts.contains { $0.contains(scalar) }
        case .intersection(let one, let two): return one.contains(scalar) && two.contains(scalar)
        case .symmetricDifference(let one, let two): return one.contains(scalar) != two.contains(scalar)
        case .complement(let set): return !set.contains(scalar)
        }
    }

    /// Word characters (UTS #18, annex C): letters, marks, decimal digits, connectors and join controls.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (48...57).contains(scalar.value) || (65...90).contains(scalar.value)
                || (97...122).contains(scalar.value) || scalar == "_"
        }
        let properties = scalar.properties
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    /// The other scalars that fold to the same as this one.
    private static func variants(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        func add(_ text: String) {
            guard text.unicodeScalars.count == 1, let only = text.unicodeScalars.first else { return }
            result.append(only)
        }
        let lower = scalar.properties.lowercaseMapping
        let upper = scalar.properties.uppercaseMapping
        add(lower)
        add(upper)
        if let only = lower.unicodeScalars.first { add(only.properties.uppercaseMapping) }
        if let only = upper.unicodeScalars.first { add(only.properties.lowercaseMapping) }
        add(scalar.properties.titlecaseMapping)
        // Letters with a third form that no mapping of theirs leads to.
        for form in thirdForms where form.contains(scalar) { result += form }
        return result
    }

    private static let thirdForms: [[Unicode.Scalar]] = [
        ["k", "K", "\u{212A}"], ["s", "S", "\u{17F}"], ["\u{E5}", "\u{C5}", "\u{212B}"],
        ["\u{3A9}", "\u{3C9}", "\u{2126}"], ["\u{3BC}", "\u{39C}", "\u{B5}"], ["\u{3C3}", "\u{3A3}", "\u{3C2}"],
        ["\u{3B8}", "\u{398}", "\u{3D1}", "\u{3F4}"], ["\u{3B2}", "\u{392}", "\u{3D0}"],
        ["\u{3B5}", "\u{395}", "\u{3F5}"], ["\u{3BA}", "\u{39A}", "\u{3F0}"], ["\u{3C0}", "\u{3A0}", "\u{3D6}"],
        ["\u{3C1}", "\u{3A1}", "\u{3F1}"], ["\u{3C6}", "\u{3A6}", "\u{3D5}"],
        ["\u{3B9}", "\u{399}", "\u{345}", "\u{1FBE}"], ["\u{1E61}", "\u{1E60}", "\u{1E9B}"],
        ["\u{DF}", "\u{1E9E}"],
    ]
}
