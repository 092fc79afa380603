import Testing

@testable import Chat

/// Questions about the documents themselves.
struct LibraryQuestionTests {
    @Test(arguments: [
        ("Which document mentions Nightingale?", ["nightingale"]),
        ("Which of the documents talk about parental leave?", ["parental", "leave"]),
        ("In which file is something about the boiler?", ["boiler"]),
        ("Which documents are about storks?", ["storks"]),
        ("Welche Dokumente behandeln die Kündigungsfrist?", ["kundigungsfrist"]),
        ("Quels documents parlent de la garantie ?", ["garantie"]),
    ])
    func tellsWhatDocumentsAreToMention(question: String, words: [String]) {
        #expect(LibraryQuestion(question) == .mentions(of: words))
    }

    @Test(arguments: [
        "What does the document say about storks?", "Which documents do I need for a visa?",
        "Which document does not mention euros?", "Which plan covers dental care?",
        "What is mentioned in the contract?", "Which storks winter in Senegal?",
    ])
    func otherQuestionsAreForPassages(question: String) {
        #expect(LibraryQuestion(question) == nil)
    }

    @Test(arguments: ["Which documents are there?", "What files do you have?", "List the documents."])
    func tellsWhatDocumentsThereAre(question: String) {
        #expect(LibraryQuestion(question) == .names)
    }
}
