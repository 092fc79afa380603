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
        ("Is there a document that mentions vinegar?", ["vinegar"]),
        ("Are there any files about the north pier?", ["north", "pier"]),
        ("List all documents mentioning keys", ["keys"]),
        ("Find the document containing the phone ban", ["phone", "ban"]),
        ("Please show me the documents that talk about deposits", ["deposits"]),
        ("Which page mentions plagiarism?", ["plagiarism"]),
        ("Quels documents parlent de la garantie ?", ["garantie"]),
    ])
    func tellsWhatDocumentsAreToMention(question: String, words: [String]) {
        #expect(LibraryQuestion(question) == .mentions(of: words))
    }

    @Test(arguments: [
        "What does the document say about storks?", "Which documents do I need for a visa?",
        "Which document does not mention euros?", "Which plan covers dental care?",
        "Is there a document fee?", "List the documents I need for a visa", "Find the document number of the lease",
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
