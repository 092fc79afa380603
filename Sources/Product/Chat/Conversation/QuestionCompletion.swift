/// Completes questions that lean on what was said before, by rules: "And the one in lab 5?" after "What does the freezer in
/// lab 3 hold?" asks what the freezer in lab 5 holds.
struct QuestionCompletion: Sendable {
    /// The question before, complete in itself.
    let before: String
    /// The answer that it got; pronouns of people may stand for a name in it.
    let answer: String

    /// The question as it can be understood by itself; `nil` when it can already.
    func complete(_ question: String) -> String? {
        let words = QuestionPart.words(question)
        let asked = QuestionPart.withoutOpener(words)
        let hadOpener = asked.count < words.count
        guard !asked.isEmpty else { return nil }
        let language = QuestionLanguage.guess(question)
        if language != .english {
            let leans = hadOpener || asked.contains { FollowUpWords.foreign.contains($0.lowercased()) }
            return leans ? foreign(asked, language) : nil
        }
        // "For how long?" is as whole as "How long?".
        let isBehind = asked.count > 1 && FollowUpWords.prepositions.contains(asked[0].lowercased())
        let isWhole = FollowUpWords.asking.contains(asked[isBehind ? 1 : 0].lowercased())
        if isWhole {
            if let place = QuestionPart.pointer(in: asked) { return sentence(replaced(asked, place)) }
            // "And when?", "Why?"
            let content = asked.filter { !FollowUpWords.isSmall($0) }
            guard
                content.isEmpty || QuestionPart.namesOnlyAVerb(asked)
                    || hadOpener && content.count == 1 && content[0].first?.isUppercase == false
            else {
                return nil
            }
            return sentence(asked + topicOrAll(without: asked))
        }
        guard hadOpener || QuestionPart.pointer(in: asked) != nil else { return nil }
        guard let first = QuestionPart.words(before).first, FollowUpWords.asking.contains(first.lowercased()) else {
            return nil
        }
        return sentence(withFragment(asked))
    }

    // MARK: - Pronouns

    private func replaced(_ asked: [String], _ place: Int) -> [String] {
        let pronoun = asked[place].lowercased()
        if FollowUpWords.oneWords.contains(pronoun) { return withFragment(asked) }
        var topic = QuestionPart.topic(of: QuestionPart.words(before))
        if FollowUpWords.ofPeople.contains(pronoun),
            let name = QuestionPart.name(in: answer) ?? QuestionPart.name(in: before)
        {
            topic = [name]
        }
        guard let last = topic.last else { return asked + topicOrAll(without: asked) }
        if FollowUpWords.possessive.contains(pronoun), pronoun != "her" || place + 1 < asked.count {
            topic[topic.count - 1] = last.hasSuffix("s") ? last + "'" : last + "'s"
        }
        return Array(asked[..<place]) + topic + Array(asked[(place + 1)...])
    }

    private func topicOrAll(without asked: [String]) -> [String] {
        let said = Set(asked.map { $0.lowercased() })
        return QuestionPart.words(before).filter { word in
            let plain = word.lowercased()
            return !said.contains(plain)
                && (!FollowUpWords.isSmall(plain) || FollowUpWords.determiners.contains(plain)
                    || FollowUpWords.prepositions.contains(plain))
        }
    }

    /// The words of the question before that say what it is about, behind this one.
    private func foreign(_ asked: [String], _ language: QuestionLanguage) -> String {
        let said = Set(asked.map { $0.lowercased() })
        let topic = QuestionPart.words(before).filter { word in
            let plain = AnswerWord.folded(Array(word.unicodeScalars)[...])
            return !language.small.contains(plain) && !said.contains(word.lowercased())
        }
        return sentence(asked + (topic.isEmpty ? [] : ["(" + topic.joined(separator: " ") + ")"]))
    }

    // MARK: - Parts of questions

    /// Puts a part in the place of the one that it is like.
    private func withFragment(_ fragment: [String]) -> [String] {
        let words = QuestionPart.words(before)
        let lower = words.map { $0.lowercased() }
        // "the extended one" has another word in front of the same noun.
        if let one = fragment.firstIndex(where: { FollowUpWords.oneWords.contains($0.lowercased()) }) {
            let front = fragment[..<one].filter { !FollowUpWords.determiners.contains($0.lowercased()) }
                .filter {
                    !FollowUpWords.asking.contains($0.lowercased())
                        && !FollowUpWords.auxiliary.contains($0.lowercased())
                }
            let rest = Array(fragment[(one + 1)...])
            var result = words
            if !front.isEmpty, let phrase = QuestionPart.phrases(words).first {
                let noun = phrase.upperBound - 1
                let start =
                    words[phrase.lowerBound..<noun].firstIndex { !FollowUpWords.determiners.contains($0.lowercased()) }
                    ?? noun
                result.replaceSubrange(start..<noun, with: front)
            }
            return rest.isEmpty ? result : QuestionPart.replacing(rest, in: result)
        }
        if FollowUpWords.prepositions.contains(fragment[0].lowercased()) {
            return QuestionPart.replacing(fragment, in: words)
        }
        let content = fragment.filter { !FollowUpWords.determiners.contains($0.lowercased()) }
        guard let noun = content.last?.lowercased() else { return words + fragment }
        // "the Gold plan" after a question about the Silver plan; "lab 5" after one about lab 3.
        for phrase in QuestionPart.phrases(words).reversed() {
            let isLabel = content.count > 1 && noun.allSatisfy(\.isNumber)
            let key = isLabel ? content[content.count - 2].lowercased() : noun
            if let place = phrase.last(where: { lower[$0] == key }) {
                let end = isLabel && place + 1 < phrase.upperBound ? place + 2 : place + 1
                let start = isLabel ? place : phrase.lowerBound
                return Array(words[..<start]) + (isLabel ? Array(content.suffix(2)) : fragment) + Array(words[end...])
            }
        }
        // "Basic" takes the place of "Premier", wherever that stands.
        if content.allSatisfy({ $0.first?.isUppercase == true }), let names = QuestionPart.names(in: words) {
            return Array(words[..<names.lowerBound]) + content + Array(words[names.upperBound...])
        }
        let phrases = QuestionPart.phrases(words)
        let isName = content.contains { $0.first?.isUppercase == true || $0.contains(where: \.isNumber) }
        guard let phrase = isName || phrases.count < 2 ? phrases.last : phrases.first else { return words + fragment }
        return Array(words[..<phrase.lowerBound]) + fragment + Array(words[phrase.upperBound...])
    }

    private func sentence(_ words: [String]) -> String {
        let text = words.joined(separator: " ")
        return text.prefix(1).uppercased() + text.dropFirst() + "?"
    }
}
