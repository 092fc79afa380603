import Retrieval
import SentenceUnits

/// Yes, no or maybe, as far as the wording of the passages tells.
enum Verdict: String, Sendable {
    case yes, no, maybe

    /// The verdict on a question; `nil` when it does not ask for yes or no.
    init?(_ question: String, _ passages: [FoundPassage]) {
        let first = question.split { !$0.isLetter }.first?.lowercased() ?? ""
        guard Self.openers.contains(first) else { return nil }
        self = .maybe
    }

    /// How an answer begins.
    var opening: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() + ". " }

    private static let openers: Set = [
        "is", "are", "was", "were", "do", "does", "did", "can", "could", "should", "will", "would", "has", "have",
        "had",
        "may", "might", "must",
    ]
}
