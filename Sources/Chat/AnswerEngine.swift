import Catalog
import ChatHistory
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Models
import Problems
import Retrieval
import Synchronization
import Telemetry

/// Answers one question: stores it, finds passages, has the answer written, checks its citations, stores it however
/// it ended.
struct AnswerEngine: Sendable {
    let catalog: Catalog
    let messages: MessageStore
    let retriever: PassageRetriever
    let models: ModelList
    let log: Log

    typealias Emit = @Sendable (TurnEvent) async throws -> Void

    // MARK: - Before the first byte

    /// Stores the question and finds the passages, side by side. Whatever can fail with a status fails here.
    func prepare(_ request: ChatRequest) async throws -> Turn {
        guard let entry = models.entry(request.model) else {
            throw InvalidFields(field: "model", detail: "There is no such model. GET /api/models lists them.")
        }
        let chatId = request.chatId ?? request.derivedID("chat")
        async let conversation = store(request, chatId: chatId)
        async let search = search(request, chatId: chatId)
        let talk = try await conversation
        let (found, hasDocuments) = try await search
        return Turn(
            request: request, chatId: chatId, chatName: talk.chat.name, answerId: request.derivedID("answer"),
            model: talk.stored.flatMap { $0.finishReason == "error" ? nil : $0.model } ?? entry.id, stored: talk.stored,
            isNewQuestion: talk.isNewQuestion, history: talk.history, found: found, hasDocuments: hasDocuments)
    }

    private struct Conversation: Sendable {
        let chat: ChatRecord
        let stored: ChatMessage?
        let isNewQuestion: Bool
        let history: [ChatMessage]
    }

    private func store(_ request: ChatRequest, chatId: String) async throws -> Conversation {
        let chat: ChatRecord
        if request.chatId != nil {
            guard let known = try await catalog.chat(chatId) else {
                throw Problem(
                    .notFound, "There is no chat with this id.",
                    fields: [FieldProblem(field: "chatId", detail: "Unknown.")])
            }
            chat = known
        } else {
            chat = try await catalog.createChat(chatId, name: ChatName.make(from: request.message))
        }
        let history = request.chatId == nil ? [] : try await messages.messages(in: chatId, limit: 16)
        let question = ChatMessage(
            id: request.messageId, chatId: chatId, workspaceId: catalog.workspace, role: "user", text: request.message,
            createdAt: Timestamp.now())
        if try await messages.add(question) {
            return Conversation(chat: chat, stored: nil, isNewQuestion: true, history: history)
        }
        let answer = try await messages.message(request.derivedID("answer"), in: chatId)
        let before = history.filter { $0.id != request.messageId && $0.parentId != request.messageId }
        return Conversation(chat: chat, stored: answer, isNewQuestion: false, history: before)
    }

    private func search(_ request: ChatRequest, chatId: String) async throws -> (PassageRetriever.Result?, Bool) {
        guard request.useDocuments else { return (nil, false) }
        let documents = try await catalog.searchableDocuments(chatId: chatId, only: request.documents)
        let question = String(request.message.prefix(2000))
        return (try await retriever.passages(for: question, in: documents), !documents.isEmpty)
    }

    // MARK: - The answer

    /// Writes the answer and reports it event by event. A request that was sent before gets the stored answer again,
    /// unless that one had failed: then it is tried again, and the new answer takes its place. Does not throw for failures of the model: these are an event.
    ///
    /// - Throws: only what `emit` throws, which means that the caller has gone; what was written by then is stored.
    func run(_ turn: Turn, watch: Stopwatch, emit: @escaping Emit) async throws {
        if let stored = turn.stored, stored.finishReason != "error" {
            return try await replay(stored, turn, watch, emit)
        }
        let draft = Draft(turn, watch: watch)
        do {
            try await emit(.start)
            try await emit(.sources(turn.found?.passages ?? []))
            if let model = models.entry(turn.model)?.model {
                try await write(turn, with: model, draft, emit)
            } else {
                try await extract(turn, draft, emit)
            }
            try Task.checkCancellation()
        } catch {
            // The task may be cancelled already; what was generated is stored all the same.
            let failure = error as? ModelServiceError
            let outcome = draft.finish(failure == nil ? "cancelled" : "error")
            await Task { await save(outcome, turn) }.value
            guard let failure else { throw error }
            log.warning("the model failed", ["model": turn.model, "error": String(describing: failure)])
            return try await emit(.failed(failure.problem))
        }
        let outcome = draft.finish(nil)
        await Task { await save(outcome, turn) }.value
        try await emit(.done(outcome))
    }

    private func write(_ turn: Turn, with model: any ChatModel, _ draft: Draft, _ emit: @escaping Emit) async throws {
        let prompt = Prompt.messages(
            question: turn.request.message, passages: turn.found?.passages ?? [], history: turn.history,
            useDocuments: turn.request.useDocuments)
        try await model.answer(prompt) { event in
            try Task.checkCancellation()
            switch event {
            case .text(let text):
                let shown = draft.take(text)
                if !shown.isEmpty { try await emit(.delta(shown)) }
            case .usage(let prompt, let completion): draft.setUsage(prompt, completion)
            case .finished(let reason): draft.setReason(reason)
            }
        }
        let rest = draft.endOfText()
        if !rest.isEmpty { try await emit(.delta(rest)) }
    }

    private func extract(_ turn: Turn, _ draft: Draft, _ emit: @escaping Emit) async throws {
        let answer: ExtractiveAnswerer.Answer
        if let found = turn.found {
            answer = ExtractiveAnswerer().answer(turn.request.message, found, hasDocuments: turn.hasDocuments)
        } else {
            answer = .init(
                pieces: [
                    "Without a language model I can only quote from documents. Switch documents on, or set APUS_MODELS."
                ],
                citations: [], isFound: false)
        }
        draft.adopt(answer)
        for piece in answer.pieces {
            draft.add(piece)
            try await emit(.delta(piece))
        }
    }

    private func replay(_ stored: ChatMessage, _ turn: Turn, _ watch: Stopwatch, _ emit: Emit) async throws {
        try await emit(.start)
        try await emit(.sources(stored.passages.compactMap(FoundPassage.init)))
        if !stored.text.isEmpty { try await emit(.delta(stored.text)) }
        var outcome = TurnOutcome(
            finishReason: stored.finishReason ?? "stop", text: stored.text, citations: stored.citations,
            chatName: turn.chatName)
        outcome.promptTokens = Int(stored.usage["promptTokens"]?.int ?? 0)
        outcome.completionTokens = Int(stored.usage["completionTokens"]?.int ?? 0)
        outcome.totalMilliseconds = watch.milliseconds
        try await emit(.done(outcome))
    }

    private func save(_ outcome: TurnOutcome, _ turn: Turn) async {
        let answer = ChatMessage(
            id: turn.answerId, chatId: turn.chatId, workspaceId: catalog.workspace, role: "assistant",
            text: outcome.text,
            createdAt: Timestamp.now(), parentId: turn.request.messageId, model: turn.model,
            citations: outcome.citations,
            passages: (turn.found?.passages ?? []).map(\.json), finishReason: outcome.finishReason, usage: outcome.usage
        )
        var added = turn.isNewQuestion ? 1 : 0
        do {
            if let stored = turn.stored {
                // Whoever else tries the same question again may have been quicker; that answer stays.
                _ = try await messages.replace(stored, with: answer)
            } else if try await messages.add(answer) {
                added += 1
            }
        } catch {
            log.error("the answer could not be stored", ["chat": turn.chatId, "error": String(reflecting: error)])
        }
        guard added > 0 else { return }
        do {
            // The chat may have been deleted while its answer was written; then nothing of it may stay.
            if try await !catalog.countMessages(turn.chatId, added: added) {
                _ = try await messages.deleteAll(in: turn.chatId)
            }
        } catch {
            log.error("messages could not be counted", ["chat": turn.chatId, "error": String(reflecting: error)])
        }
    }
}

/// The answer while it grows.
private final class Draft: Sendable {
    private struct State {
        var filter: CitationFilter
        var text = ""
        var reason = "stop"
        var citations: [Citation]?
        var promptTokens = 0
        var completionTokens = 0
        var firstTokenMilliseconds: Double?
    }

    private let turn: Turn
    private let watch: Stopwatch
    private let state: Mutex<State>

    init(_ turn: Turn, watch: Stopwatch) {
        self.turn = turn
        self.watch = watch
        state = Mutex(State(filter: CitationFilter(count: turn.found?.passages.count ?? 0)))
    }

    func take(_ text: String) -> String {
        state.withLock { state in
            if state.firstTokenMilliseconds == nil { state.firstTokenMilliseconds = watch.milliseconds }
            let shown = state.filter.feed(text)
            state.text += shown
            return shown
        }
    }

    func endOfText() -> String {
        state.withLock { state in
            let rest = state.filter.finish()
            state.text += rest
            return rest
        }
    }

    func add(_ text: String) {
        state.withLock { state in
            if state.firstTokenMilliseconds == nil { state.firstTokenMilliseconds = watch.milliseconds }
            state.text += text
        }
    }

    func adopt(_ answer: ExtractiveAnswerer.Answer) {
        state.withLock { state in
            state.citations = answer.citations
            state.reason = answer.isFound ? "stop" : "not_found"
        }
    }

    func setUsage(_ prompt: Int, _ completion: Int) {
        state.withLock { ($0.promptTokens, $0.completionTokens) = (prompt, completion) }
    }

    func setReason(_ reason: String) { state.withLock { $0.reason = reason } }

    func finish(_ reason: String?) -> TurnOutcome {
        state.withLock { state in
            let passages = turn.found?.passages ?? []
            let citations =
                state.citations?.filter { state.text.contains("[\($0.passage.n)]") }
                ?? Citation.resolve(answer: state.text, cited: state.filter.cited, passages: passages)
            var outcome = TurnOutcome(
                finishReason: reason ?? state.reason, text: state.text, citations: citations.map(\.json),
                chatName: turn.chatName)
            outcome.promptTokens = state.promptTokens
            outcome.completionTokens = state.completionTokens
            outcome.embedMilliseconds = turn.found?.embedMilliseconds ?? 0
            outcome.searchMilliseconds = turn.found?.searchMilliseconds ?? 0
            outcome.firstTokenMilliseconds = state.firstTokenMilliseconds ?? 0
            outcome.totalMilliseconds = watch.milliseconds
            return outcome
        }
    }
}
