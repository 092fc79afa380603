/// Who does or says what a question asks for, as far as English wording shows. A text seldom names its own author: what
/// a letter says is true of its sender without naming her.
struct Agents {
    /// Indices of names whose deeds or things are asked for: "did Ms Okoye", "Ms Okoye's".
    private(set) var doers: Set<Int> = []
    /// Indices of words that only say where the answer is to be found: "according to the minister's speech".
    private(set) var sources: Set<Int> = []

    /// - Parameter words: The question's, in order.
    init(_ words: [AnswerWord]) {
        for index in words.indices where words[index].isCapitalised && words[index].kind == .word && index > 0 {
            let isAfter = Self.auxiliaries.contains(words[index - 1].plain) || doers.contains(index - 1)
            if isAfter { doers.insert(index) }
            guard Self.isPossessive(words, index) else { continue }
            // The whole of "Ms Ada Okoye's".
            var first = index
            while first > 1, words[first - 1].isCapitalised { first -= 1 }
            doers.formUnion(first...index)
        }
        for index in words.indices {
            guard let last = Self.sourceEnd(words, index) else { continue }
            sources.formUnion(index...last)
        }
    }

    /// "'s" after a word: an apostrophe, and then a word of one letter.
    private static func isPossessive(_ words: [AnswerWord], _ index: Int) -> Bool {
        guard words.indices.contains(index + 1) else { return false }
        let next = words[index + 1]
        return next.plain == "s" && next.range.lowerBound == words[index].range.upperBound + 1
    }

    /// The last word of a phrase that begins here and names a source.
    private static func sourceEnd(_ words: [AnswerWord], _ index: Int) -> Int? {
        let plain = words[index].plain
        if plain == "according", words.indices.contains(index + 1), words[index + 1].plain == "to" {
            // Up to a comma, or as far as a name can be long.
            var last = index + 1
            while last + 1 < words.count, last < index + longestSource,
                words[last + 1].range.lowerBound - words[last].range.upperBound == 1
            {
                last += 1
            }
            return last
        }
        guard plain == "in" || plain == "during" || plain == "from" else { return nil }
        let phrase = words[index...].prefix(longestSource)
        guard let last = phrase.indices.last(where: { speeches.contains(words[$0].plain) }) else { return nil }
        // "in his speech", "in Ms Okoye's address", "in the State of the Union Address": somebody's.
        let isOwned = words[index...last].contains { owners.contains($0.plain) || $0.isCapitalised || $0.plain == "s" }
        let isWhole = !words[index..<last].contains { auxiliaries.contains($0.plain) }
        return isOwned && isWhole ? last : nil
    }

    private static let longestSource = 9
    private static let auxiliaries: Set = [
        "did", "does", "do", "has", "have", "had", "will", "would", "can", "could", "is", "was", "are", "were",
        "should",
    ]
    private static let speeches: Set = [
        "speech", "address", "statement", "remarks", "talk", "lecture", "interview", "article", "essay", "sermon",
        "letter",
        "podcast", "testimony",
    ]
    private static let owners: Set = ["his", "her", "their", "its"]
}
