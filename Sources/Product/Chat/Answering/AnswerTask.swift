import JSONCoding
import Models
import Retrieval
import Tools

/// A question, and all that its answer may be made from.
struct AnswerTask: Sendable {
    let question: String
    /// The question as it can be understood without what was said before.
    var standaloneQuestion: String?
    /// What was said before, oldest first.
    var history: [ModelMessage] = []
    /// What came after the question: tools that the caller ran, and their results.
    var following: [ModelMessage] = []
    /// The caller's own instructions, beside the preset's.
    var instructions: String?
    /// What was said before that, in short.
    var summary: String?
    /// What was found for the question; `nil` when documents are not to be used.
    var found: PassageRetriever.Result?
    /// What there is to say of the documents themselves, when the question asks for it.
    var overview: LibraryOverview?
    /// Documents that the answer may draw on.
    var documents: [String] = []
    /// Why there is no document to draw on; `nil` where there are some, or none are wanted.
    var emptyScope: EmptyScope?
    let preset: Preset
    /// The model that was asked for.
    let model: String
    var tools = ToolKit()
    /// The trial that the answer belongs to.
    var trial: Trial?
    /// Calls that the last answer put before the user.
    var proposals: [ToolProposal] = []
    /// Tools that the caller runs itself: an answer that asks for one ends there.
    var callersTools: [ToolSpecification] = []
    /// Messages that the caller wants to be sent as they are, instead of those that would be made from the rest.
    var verbatim: [ModelMessage]?
    var toolChoice: JSONValue?
    var temperature: Double?
    var maximumTokens: Int?

    var usesDocuments: Bool { found != nil }

    /// What its tools may send out: the user's words and addresses, and nothing of what else the model is given.
    var egress: EgressGuard {
        let theirs = history.filter { $0.role == .user }.map(\.text) + (instructions.map { [$0] } ?? [])
        let others = (history + following).filter { $0.role != .user }.map(\.text)
        let passages = (found?.passages ?? []).flatMap { [$0.name, $0.text] }
        return EgressGuard(
            question: question, earlier: theirs, confidential: passages + others + (summary.map { [$0] } ?? []))
    }
}
