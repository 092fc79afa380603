import Catalog
import JSONCoding
import Models
import Quotas
import Retrieval
import Telemetry
import Tools

/// Everything that one person's answers are made with: documents, models, tools, presets, and what is remembered.
final class Library: Sendable {
    let catalog: WorkspaceCatalog
    let retriever: PassageRetriever
    let pages: PageReader
    let models: ModelList
    /// Counts what the models are asked for.
    let meter: Meter
    let presets: PresetLibrary
    let tools: [any Tool]
    /// Seconds that answers are remembered; 0 for not at all.
    let cacheSeconds: Int
    /// What becomes of sentences that are not borne out.
    let unsupported: UnsupportedHandling
    /// What trials change of how chats are answered.
    let splits: SplitsInForce
    let log: Log

    init(
        catalog: WorkspaceCatalog, retriever: PassageRetriever, pages: PageReader, models: ModelList,
        meter: Meter, presets: PresetLibrary,
        tools: [any Tool],
        cacheSeconds: Int, unsupported: UnsupportedHandling, splits: SplitsInForce, log: Log
    ) {
        self.catalog = catalog
        self.retriever = retriever
        self.pages = pages
        self.models = models
        self.meter = meter
        self.presets = presets
        self.tools = tools
        self.cacheSeconds = cacheSeconds
        self.unsupported = unsupported
        self.splits = splits
        self.log = log
    }

    /// Why no document can be searched.
    ///
    /// - Parameter isNarrowed: Whether the question was limited to some of them.
    func emptyScope(chatId: String?, isNarrowed: Bool) async throws -> EmptyScope {
        if isNarrowed, try await !catalog.searchableDocuments(chatId: chatId, only: nil).isEmpty { return .leftOut }
        let unread = try await catalog.unreadDocuments(chatId: chatId)
        return unread == 0 ? .noDocuments : .beingRead(unread)
    }

    /// How a question is answered, as it says itself, as was picked, and as a trial says of its chat.
    ///
    /// - Parameters:
    ///   - chatId: `nil` for a question that belongs to no chat: it takes part in no trial.
    ///   - isNewChat: Whether it begins its chat.
    /// - Throws: `InvalidFields` when it names a model or a preset that is not there.
    func manner(of question: QuestionFields, in chatId: String?, isNewChat: Bool) async throws -> AnswerManner {
        var manner = AnswerManner(
            model: try model(question.model), preset: try preset(question.preset), retrieval: retriever.configuration)
        let inForce = await splits.current()
        for picked in inForce.picked {
            manner = manner.taking(picked, for: question, isNewChat: isNewChat, in: self)
        }
        guard let running = inForce.running, let chatId else { return manner }
        let varied = manner.taking(running.variant, for: question, isNewChat: isNewChat, in: self)
        // What is answered in the same way by both arms says nothing about either.
        guard varied.differs(from: manner) else { return manner }
        let arm = running.arm(of: chatId)
        if arm == .variant { manner = varied }
        manner.trial = Trial(id: running.id, arm: arm)
        return manner
    }

    /// Passages for a question, given the documents that may be searched.
    ///
    /// - Parameters:
    ///   - count: Most of them; `nil` for as many as questions get.
    ///   - retrieval: How they are found; `nil` for the usual way.
    func search(
        _ question: String, in documents: [String], count: Int? = nil, _ retrieval: RetrievalConfiguration? = nil
    ) async throws -> PassageRetriever.Result {
        try await retriever.passages(
            for: String(question.prefix(2000)), in: documents, count: count, configuration: retrieval)
    }

    /// What a question about the documents themselves is answered with; `nil` for every other question.
    func overview(_ question: String, of documents: [String]) async throws -> LibraryOverview? {
        guard !documents.isEmpty, let asked = LibraryQuestion(question) else { return nil }
        return try await LibraryOverview.read(asked, of: documents, self)
    }

    /// The model of that id, or the default.
    ///
    /// - Throws: `InvalidFields` when there is none of that id.
    func model(_ id: String?) throws -> String {
        guard let entry = models.entry(id) else {
            throw InvalidFields(field: "model", detail: "There is no such model. GET /api/models lists them.")
        }
        return entry.id
    }

    /// The preset of that id, or the deployment's.
    ///
    /// - Throws: `InvalidFields` when there is none of that id.
    func preset(_ id: String?) throws -> Preset {
        if let id, !presets.knows(id) {
            throw InvalidFields(field: "preset", detail: "There is no such preset. GET /api/presets lists them.")
        }
        return presets.preset(id)
    }

    /// What an equal question got, and where the answer to this one is to be remembered.
    ///
    /// - Parameter documents: `nil` when documents are not used.
    func remembered(_ question: String, documents: [String]?, _ manner: AnswerManner) async throws
        -> (answer: AnswerOutcome?, key: String?)
    {
        guard cacheSeconds > 0 else { return (nil, nil) }
        let chain = models.chain(from: manner.model).map { "\($0.id) \(String(describing: $0.model?.settings))" }
        let key = RememberedAnswer.key(
            question, documents: documents, preset: manner.preset,
            models: chain + [unsupported.rawValue, manner.retrieval.json.text])
        var answer = try await catalog.rememberedAnswer(key).flatMap(RememberedAnswer.answer)
        answer?.receipt?.trial = manner.trial
        return (answer, key)
    }

    /// Remembers an answer that would be the same again: whole, by the model that was asked for, without the web.
    func remember(_ answer: AnswerOutcome, _ task: AnswerTask, under key: String?) async {
        guard let key, let receipt = answer.receipt else { return }
        let isLasting =
            answer.ending == .stop && answer.model == task.model && receipt.reason == nil
            && receipt.tools.allSatisfy { $0.kind == .documents }
        guard isLasting else { return }
        do {
            try await catalog.rememberAnswer(
                key, RememberedAnswer.text(of: answer), seconds: cacheSeconds,
                documents: Set(answer.passages.map(\.documentId)))
        } catch {
            log.warning("an answer could not be remembered", ["error": String(reflecting: error)])
        }
    }

    /// A remembered answer as it is given again, counted.
    func recalled(_ remembered: AnswerOutcome, watch: Stopwatch) async -> AnswerOutcome {
        var timed = remembered
        timed.times.firstToken = watch.milliseconds
        timed.times.total = watch.milliseconds
        let answer = timed
        await Task { await count(answer) }.value
        return answer
    }

    /// Adds an answer to the day's usage and to the process's metrics.
    func count(_ answer: AnswerOutcome) async {
        guard let receipt = answer.receipt else { return }
        AnswerMetrics.note(receipt, milliseconds: answer.times.total, ending: answer.ending)
        var usage = AnswerUsage(model: receipt.model)
        usage.failed = answer.ending == .error
        usage.cacheHit = receipt.cacheHit
        usage.promptTokens = receipt.usage.prompt
        usage.completionTokens = receipt.usage.completion
        usage.cachedTokens = receipt.usage.cached
        usage.cost = receipt.cost ?? 0
        usage.milliseconds = answer.times.total
        do { try await catalog.addUsage(usage) } catch {
            log.warning("an answer could not be counted", ["error": String(reflecting: error)])
        }
    }
}
