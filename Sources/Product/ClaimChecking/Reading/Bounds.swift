/// Words before a number that make it a limit.
enum Bounds {
    /// The bound of a number whose first token is at a place.
    static func before(_ tokens: [Token], _ place: Int) -> Quantity.Bound? {
        // A currency sign belongs to the number.
        var end = place
        if end > 0, tokens[end - 1].kind == .sign { end -= 1 }
        for length in [3, 2, 1] where end >= length {
            let words = tokens[(end - length)..<end].map(\.text).joined(separator: " ")
            if let bound = phrases[words] { return bound }
        }
        return nil
    }

    /// Whether the words from a place on are such a phrase; how many they are.
    static func phrase(_ tokens: [Token], _ place: Int) -> Int? {
        for length in [3, 2] where place + length <= tokens.count {
            if phrases[tokens[place..<place + length].map(\.text).joined(separator: " ")] != nil { return length }
        }
        return nil
    }

    private static let phrases: [String: Quantity.Bound] = {
        var table: [String: Quantity.Bound] = [:]
        let most = [
            "up to", "at most", "no more than", "not more than", "maximum of", "no longer than", "not exceeding",
            "not exceed", "doesn't exceed", "never exceed", "no later than",
            "limited to", "under", "below", "less than", "never above", "capped at", "within", "hochstens", "maximal",
            "bis zu", "jusqu'a",
            "au plus", "hasta", "como maximo", "weniger als", "moins de", "menos de", "a maximum of", "not above",
        ]
        let least = [
            "at least", "no less than", "not less than", "minimum of", "more than", "over", "above", "exceeding",
            "exceed", "exceeds", "no earlier than", "longer than",
            "mindestens", "wenigstens", "mehr als", "au moins", "plus de", "al menos", "mas de", "not below",
            "a minimum of",
        ]
        for phrase in most { table[phrase] = .atMost }
        for phrase in least { table[phrase] = .atLeast }
        return table
    }()
}
