import JSONCoding
import Models
import Retrieval
import Synchronization
import Telemetry

/// A model's second attempt at an answer, where sentences of the first are not borne out by the passages that they cite.
struct Correction: Sendable {
    private static let rule = """
        These sentences of your answer are not borne out by the passages that they cite:
        """
    private static let wish = """
        Write the whole answer again, with what the passages say and nothing else, and cite as before. Leave out what they do \
        not say. Do not comment on this.
        """

    let model: any ChatModel
    let task: AnswerTask
    let draft: Draft
    let log: Log

    /// Asks once. What the model says counts only if more of it is borne out; a model that fails leaves the answer as it is.
    ///
    /// - Parameter tokens: Most tokens of the prompt.
    /// - Throws: `CancellationError`.
    func run(tokens: Int) async throws {
        let sentences = draft.toBeCorrected
        guard !sentences.isEmpty, task.verbatim == nil else { return }
        var messages = Prompt(task: task, sources: draft.sources.all, begun: "").messages(tokens: tokens)
        messages.append(ModelMessage(.assistant, draft.text))
        let list = sentences.map { "- " + $0 }.joined(separator: "\n")
        messages.append(ModelMessage(.user, "\(Self.rule)\n\(list)\n\(Self.wish)"))
        var request = ModelRequest(messages, tools: [])
        request.temperature = task.temperature
        request.maximumTokens = task.maximumTokens
        let written = Mutex("")
        let count = Mutex(TokenCount())
        var isWhole = false
        do {
            try await model.answer(request) { event in
                try Task.checkCancellation()
                count.withLock { $0.take(event) }
                if case .text(let text) = event { written.withLock { $0 += text } }
            }
            isWhole = true
        } catch let error as ModelServiceError {
            log.warning("the answer could not be corrected", ["model": model.id, "error": error.description])
        }
        if let usage = count.withLock({ $0.usage(of: request) }) {
            draft.note { $0.add(usage, price: model.settings.price) }
        }
        if isWhole { draft.correct(written.withLock { $0 }) }
    }
}
