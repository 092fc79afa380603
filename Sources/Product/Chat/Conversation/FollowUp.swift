import Models
import Problems

/// Questions that lean on what was said before, and how they are made to stand by themselves, so that the right passages
/// are found: "what about the other plan?".
struct FollowUp: Sendable {
    private static let maximumSeconds = 4
    private static let maximumWords = 7
    private static let instructions = """
        Rewrite the user's last question so that it can be understood without the conversation. Keep its language and \
        its meaning. Answer with the question alone.
        """
    private static let openers = [
        "what about", "how about", "and ", "but ", "or ", "also ", "so ", "then ", "why", "und ", "et ", "y ", "ok",
    ]
    private static let pointers: Set = [
        "it", "its", "that", "this", "those", "these", "they", "them", "their", "he", "she", "his", "her", "there",
        "one",
        "ones", "other", "another", "both", "same", "latter", "former", "else", "more",
    ]

    /// The model that rewrites; without one the question before is put in front.
    let model: (any ChatModel)?

    /// Whether a question seems to lean on what was said before.
    static func isLikely(_ question: String) -> Bool {
        let plain = question.lowercased()
        if openers.contains(where: { plain.hasPrefix($0) }) { return true }
        let words = plain.split { !$0.isLetter && !$0.isNumber }
        guard words.count <= maximumWords * 2 else { return false }
        return words.count <= 2 || words.contains { pointers.contains(String($0)) }
    }

    /// The question with what it leans on.
    func standalone(_ question: String, after history: [ModelMessage]) async -> String {
        guard let before = history.last(where: { $0.role == .user })?.text else { return question }
        let joined = String((before + " " + question).suffix(2000))
        guard let model else { return joined }
        let request = [ModelMessage(.system, Self.instructions)] + history.suffix(4) + [ModelMessage(.user, question)]
        let text = await model.shortAnswer(request, maximumTokens: 120, within: .seconds(Self.maximumSeconds))
        return text.flatMap { $0.unicodeScalars.count <= 1000 ? $0 : nil } ?? joined
    }
}
