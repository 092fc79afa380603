/// Parts of a question, told by its small words: what it is about, and what can stand in the place of what.
enum QuestionPart {
    static func words(_ question: String) -> [String] {
        question.split { $0.isWhitespace }.map { word in
            String(word.drop { "¿¡\"“(".contains($0) }.reversed().drop { "?!.,;:\"”)？。".contains($0) }.reversed())
        }.filter { !$0.isEmpty }
    }

    /// "And", "what about": they join a question to the one before.
    static func withoutOpener(_ words: [String]) -> [String] {
        let lower = words.map { $0.lowercased() }
        for opener in FollowUpWords.openers where lower.starts(with: opener) && lower.count > opener.count {
            let rest = Array(words.dropFirst(opener.count))
            return withoutOpener(rest)
        }
        return words
    }

    /// Where a word stands that points to something said before; nothing that it could mean stands in front of it.
    static func pointer(in words: [String]) -> Int? {
        let lower = words.map { $0.lowercased() }
        for (place, word) in lower.enumerated() {
            let next = place + 1 < lower.count ? lower[place + 1] : nil
            if FollowUpWords.pointers.contains(word) || FollowUpWords.oneWords.contains(word) {
                let isCounted = FollowUpWords.oneWords.contains(word) && next.map { !FollowUpWords.isSmall($0) } == true
                if !isCounted { return place }
            } else if FollowUpWords.demonstratives.contains(word) {
                // "that?" and "this is" point; "this document" and "the plans that cover" do not.
                if next == nil || FollowUpWords.auxiliary.contains(next ?? "") { return place }
                if place > 0, FollowUpWords.auxiliary.contains(lower[place - 1]), !FollowUpWords.isSmall(next ?? "") {
                    return FollowUpWords.verbs.contains(next ?? "") || (next ?? "").hasSuffix("ed") ? place : nil
                }
            }
            if isThing(words, place) { return nil }
        }
        return nil
    }

    /// A noun with its article, a name or a code: pronouns after it may mean it.
    private static func isThing(_ words: [String], _ place: Int) -> Bool {
        let word = words[place]
        // "I" is no name.
        guard word.lowercased() != "i" else { return false }
        if place > 0, word.first?.isUppercase == true || word.contains(where: \.isNumber) { return true }
        guard place > 0, !FollowUpWords.isSmall(word) else { return false }
        return FollowUpWords.determiners.contains(words[place - 1].lowercased())
            && !FollowUpWords.possessive.contains(words[place - 1].lowercased())
    }

    /// Whether a question names nothing but what somebody does, "Who voted against?", "How do I upgrade?": what it is done to was
    /// named before.
    static func namesOnlyAVerb(_ words: [String]) -> Bool {
        let content = words.indices.filter { !FollowUpWords.isSmall(words[$0]) }
        guard content.count == 1, let verb = content.first, verb > 0, words[verb].first?.isLowercase == true else {
            return false
        }
        // "How many members are there?" counts things.
        let before = words[verb - 1].lowercased()
        return FollowUpWords.doers.contains(before) || before == "many" && verb == words.count - 1
    }

    /// Noun phrases: an article or none, and words that are neither small nor verbs, with a number after them.
    static func phrases(_ words: [String]) -> [Range<Int>] {
        var phrases: [Range<Int>] = []
        var start: Int?
        let lower = words.map { $0.lowercased() }
        let asksWithDo = lower.contains { ["do", "does", "did"].contains($0) }
        func end(_ place: Int) {
            guard let first = start else { return }
            start = nil
            let hasNoun = lower[first..<place].contains { !FollowUpWords.determiners.contains($0) }
            if hasNoun { phrases.append(first..<place) }
        }
        for place in words.indices {
            let word = lower[place]
            let isLast = place == words.count - 1
            if FollowUpWords.determiners.contains(word) {
                end(place)
                start = place
            } else if FollowUpWords.isSmall(word) || place == 0 && FollowUpWords.asking.contains(word) {
                end(place)
            } else if start != nil, start != place - 1 || !FollowUpWords.determiners.contains(lower[place - 1]),
                FollowUpWords.verbs.contains(word) || isLast && asksWithDo && phrases.isEmpty
            {
                end(place)
            } else if start == nil {
                // A verb begins no phrase.
                if !FollowUpWords.verbs.contains(word) { start = place }
            }
        }
        end(words.count)
        return phrases
    }

    /// What a question is about: its phrase with an article or a name, with what belongs to it; of "the price of the pump" the
    /// pump.
    static func topic(of words: [String]) -> [String] {
        let lower = words.map { $0.lowercased() }
        let all = phrases(words)
        let phrases = all.filter { phrase in
            FollowUpWords.determiners.contains(lower[phrase.lowerBound])
                || words[phrase].contains { $0.first?.isUppercase == true || $0.contains(where: \.isNumber) }
        }
        guard var chosen = phrases.first ?? all.last else { return [] }
        // Of "how long does goulash keep in the freezer" the goulash: what stands behind a preposition is less than the subject.
        if let subject = all.first, subject.lowerBound > 0, subject.lowerBound < chosen.lowerBound,
            FollowUpWords.auxiliary.contains(lower[subject.lowerBound - 1]),
            FollowUpWords.prepositions.contains(lower[chosen.lowerBound - 1])
        {
            chosen = subject
        }
        var end = chosen.upperBound
        let noun = lower[chosen.upperBound - 1]
        for next in all where next.lowerBound == end + 1 && FollowUpWords.prepositions.contains(lower[end]) {
            if QuestionPhrases.nouns[noun] != nil, !FollowUpWords.dues.contains(noun),
                lower[end] == "of" || lower[end] == "for"
            {
                chosen = next
            }
            end = next.upperBound
        }
        return Array(words[chosen.lowerBound..<end])
    }

    /// The last run of names or codes, the question's first word left out: "Premier" in "What does the Premier plan pay?"
    static func names(in words: [String]) -> Range<Int>? {
        func isName(_ place: Int) -> Bool {
            place > 0 && words[place].lowercased() != "i"
                && (words[place].first?.isUppercase == true || words[place].contains(where: \.isNumber))
        }
        guard let last = words.indices.last(where: isName) else { return nil }
        var first = last
        while isName(first - 1) { first -= 1 }
        return first..<last + 1
    }

    /// Puts "in lab 5" where "in lab 3" stands, or at the end.
    static func replacing(_ fragment: [String], in words: [String]) -> [String] {
        let lower = words.map { $0.lowercased() }
        guard let first = fragment.first?.lowercased(), FollowUpWords.prepositions.contains(first),
            let place = lower.lastIndex(of: first),
            let phrase = phrases(words).first(where: { $0.lowerBound == place + 1 })
        else { return words + fragment }
        return Array(words[..<place]) + fragment + Array(words[phrase.upperBound...])
    }

    /// The last two or three capitalised words side by side: a person's name.
    static func name(in text: String) -> String? {
        var best: [Substring] = []
        var run: [Substring] = []
        func end() {
            if run.count > 1, run.count < 4 { best = run }
            run = []
        }
        for word in text.split(whereSeparator: { $0.isWhitespace || "“”\"()[]".contains($0) }) {
            let plain = word.prefix { $0.isLetter || $0 == "-" }
            if plain.count > 1, plain.first?.isUppercase == true, plain.dropFirst().allSatisfy({ !$0.isUppercase }) {
                run.append(plain)
                if plain.count < word.count { end() }
            } else {
                end()
            }
        }
        end()
        return best.isEmpty ? nil : best.joined(separator: " ")
    }
}
