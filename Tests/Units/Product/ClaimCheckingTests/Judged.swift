@testable import ClaimChecking

/// How a sentence comes out against one passage.
func judged(_ sentence: String, by passage: String, name: String = "document.pdf") -> Support? {
    SupportChecker().check(sentence + " [1]", passages: [CitedPassage(number: 1, name: name, text: passage)]).first?
        .support
}
