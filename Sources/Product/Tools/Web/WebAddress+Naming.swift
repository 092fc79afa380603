extension WebAddress {
    /// The addresses that a text names, each whole and in the form of `description`.
    ///
    /// What follows an address's beginning belongs to it until something that no address holds, so that neither a part of
    /// a named address nor one inside another's query counts as named. Punctuation at the end may be the sentence's: the
    /// address is then named with and without it.
    ///
    /// - Parameter limit: Most addresses; the rest is not looked at.
    static func named(in text: String, limit: Int = .max) -> Set<String> {
        var found: Set<String> = []
        var count = 0
        forEachToken(of: text) { token in
            count += 1
            guard count <= limit else { return false }
            var token = token
            for _ in 0...maximumTrimmed {
                if let address = try? WebAddress(String(String.UnicodeScalarView(token))) {
                    found.insert(address.description)
                }
                guard let last = token.last, trailing.contains(last) else { break }
                token.removeLast()
            }
            return true
        }
        return found
    }

    private static let maximumTrimmed = 4
    private static let trailing = Set(".,;:!?'\")]}*_~|".unicodeScalars)
    /// White space apart, what ends an address in running text.
    private static let ends = Set("<>\"`“”‘’„«»‹›「」『』【】（）、。，；：！？".unicodeScalars)

    /// Visits what begins like an address, to its end, until the visitor has enough.
    private static func forEachToken(of text: String, _ visit: (ArraySlice<Unicode.Scalar>) -> Bool) {
        let scalars = Array(text.unicodeScalars)
        var place = 0
        while place < scalars.count {
            guard let start = beginning(at: place, scalars) else {
                place += 1
                continue
            }
            var end = start
            while end < scalars.count, !ends.contains(scalars[end]), !scalars[end].properties.isWhitespace,
                scalars[end].value >= 32
            { end += 1 }
            guard visit(scalars[place..<end]) else { return }
            place = end
        }
    }

    /// Where the host begins, if `http://` or `https://` stands here and is no part of a longer scheme.
    private static func beginning(at place: Int, _ scalars: [Unicode.Scalar]) -> Int? {
        guard scalars[place] == "h" || scalars[place] == "H" else { return nil }
        if place > 0, isOfScheme(scalars[place - 1]) { return nil }
        for scheme in schemes {
            let end = place + scheme.count
            guard end <= scalars.count else { continue }
            let isHere = zip(scalars[place..<end], scheme).allSatisfy { scalar, wanted in
                scalar == wanted || scalar.isASCII && scalar.properties.lowercaseMapping == String(wanted)
            }
            if isHere { return end }
        }
        return nil
    }

    private static let schemes = ["http://", "https://"].map { Array($0.unicodeScalars) }

    private static func isOfScheme(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "+-.".unicodeScalars.contains(scalar))
    }
}
