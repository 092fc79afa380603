import Retrieval
import SentenceUnits

/// Yes, no or maybe, as far as the wording of the passages tells: findings against negations in the sentences that share
/// words with the question. It judges nothing; docs/models.md has how often it is right, and it says what it is.
enum Verdict: String, Sendable {
    case yes, no, maybe

    /// The verdict on a question; `nil` when it does not ask for yes or no.
    init?(_ question: String, _ passages: [FoundPassage]) {
        guard let first = passages.first, Self.asksForVerdict(question) else { return nil }
        let terms = Set(RetrievalWords.content(question))
        var (findings, negations) = (0.0, 0.0)
        for passage in passages where passage.documentId == first.documentId {
            let scalars = Array(passage.text.unicodeScalars)
            for unit in SentenceSplitter.units(scalars) {
                let sentence = String(String.UnicodeScalarView(scalars[unit])).lowercased()
                let shared = terms.intersection(RetrievalWords.content(sentence)).count
                let weight = Double(shared) / Double(terms.count + 1)
                let words = sentence.split { !$0.isLetter }.map(String.init)
                let denied = Double(words.count { Self.negating.contains($0) })
                negations += weight * denied
                if denied == 0 { findings += weight * Double(words.count { Self.finding.contains($0) }) }
            }
        }
        guard findings + negations > 0 else {
            self = .maybe
            return
        }
        let share = negations / (findings + negations)
        self = share >= 0.7 ? .no : share <= 0.6 ? .yes : .maybe
    }

    /// How an answer begins.
    var opening: String {
        switch self {
        case .yes: "Yes, going by the wording of the passages alone.\n"
        case .no: "No, going by the wording of the passages alone.\n"
        case .maybe: "Maybe; the wording of the passages does not decide it.\n"
        }
    }

    /// Questions with an auxiliary verb in front, at the beginning or after a colon, and statements with a question mark.
    private static func asksForVerdict(_ question: String) -> Bool {
        let plain = question.lowercased()
        guard plain.contains("?") else { return false }
        let words = plain.split { !$0.isLetter }.map(String.init)
        return words.first.map { !others.contains($0) } ?? false
    }

    private static let others: Set = [
        "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "tell", "list", "explain", "describe",
    ]
    private static let negating: Set = [
        "no", "not", "neither", "nor", "without", "failed", "fails", "lack", "lacked", "absence", "unaffected",
        "unchanged", "similar", "comparable", "cannot", "never", "none", "unlikely", "insufficient", "poor", "limited",
    ]
    private static let finding: Set = [
        "significant", "significantly", "associated", "correlated", "correlation", "improved", "improves", "increased",
        "increase", "effective", "reduced", "decreased", "higher", "lower", "greater", "better", "predict", "predictor",
        "independent", "feasible", "safe", "reliable", "accurate", "useful", "beneficial", "superior", "strong",
        "strongly", "successful", "successfully",
    ]
}
