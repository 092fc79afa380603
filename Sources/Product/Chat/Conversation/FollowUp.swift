import Models
import Problems

/// Questions that lean on what was said before, and how they are made to stand by themselves, so that the right passages
/// are found: "what about the other plan?".
struct FollowUp: Sendable {
    private static let maximumSeconds = 4
    private static let maximumWords = 14
    private static let instructions = """
        Rewrite the user's last question so that it can be understood without the conversation. Keep its language and \
        its meaning. Answer with the question alone.
        """
    private static let more: Set = ["more", "else", "other", "another", "both", "same"]

    /// The model that rewrites; without one it is done by rules.
    let model: (any ChatModel)?

    /// Whether a question seems to lean on what was said before.
    static func isLikely(_ question: String) -> Bool {
        let words = QuestionPart.words(question)
        let asked = QuestionPart.withoutOpener(words)
        if asked.count < words.count || asked.count <= 2 { return true }
        // "For how long?" names nothing.
        if asked.allSatisfy(FollowUpWords.isSmall) || QuestionPart.namesOnlyAVerb(asked) { return true }
        guard asked.count <= maximumWords else { return false }
        let lower = asked.map { $0.lowercased() }
        return QuestionPart.pointer(in: asked) != nil || lower.contains { more.contains($0) }
            || lower.contains { FollowUpWords.foreign.contains($0) } && QuestionLanguage.guess(question) != .english
    }

    /// The question as it can be understood by itself; `nil` when it can already.
    func standalone(_ question: String, after history: [ModelMessage]) async -> String? {
        guard history.contains(where: { $0.role == .user }) else { return nil }
        let byRules = Self.completed(question, after: history)
        guard let model else { return byRules }
        let request = [ModelMessage(.system, Self.instructions)] + history.suffix(4) + [ModelMessage(.user, question)]
        let text = await model.shortAnswer(request, maximumTokens: 120, within: .seconds(Self.maximumSeconds))
        return text.flatMap { $0.unicodeScalars.count <= 1000 ? $0 : nil } ?? byRules
    }

    /// Each question is completed from the one before it, as that was completed itself.
    private static func completed(_ question: String, after history: [ModelMessage]) -> String? {
        var before: String?
        var answer = ""
        for message in history {
            if message.role == .user {
                before =
                    before.flatMap { QuestionCompletion(before: $0, answer: answer).complete(message.text) }
                    ?? message.text
                answer = ""
            } else {
                answer = message.text
            }
        }
        return before.flatMap { QuestionCompletion(before: String($0.prefix(1000)), answer: answer).complete(question) }
    }
}
