/// Why there is no document to search for a question.
enum EmptyScope: Sendable, Equatable {
    case noDocuments
    /// How many are still being read.
    case beingRead(Int)
    /// There are documents, but none of those that the question is limited to can be searched.
    case leftOut

    /// What is told instead of an answer.
    var explanation: String {
        switch self {
        case .noDocuments: "There are no documents to search yet. Upload one and ask again."
        case .beingRead(1): "A document is still being read. Ask again in a moment."
        case .beingRead(let count): "\(count) documents are still being read. Ask again in a moment."
        case .leftOut:
            "None of your documents that can be searched is among those that this question is limited to. Choose others, or ask without the limit."
        }
    }
}
