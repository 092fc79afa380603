import Catalog
import ChatMessages
import HTTPServing
import JSONCoding
import Models
import Problems
import Retrieval
import Telemetry

/// Answers one question of a chat: has the answer made, checks its citations, stores it however it ended.
struct TurnEngine: Sendable {
    let library: Library
    let messages: MessageStore
    let answerer: Answerer

    typealias Emit = @Sendable (TurnEvent) async throws -> Void

    private var log: Log { library.log }

    /// Stores the question and finds the passages. Whatever can fail with a status fails here.
    func prepare(_ request: ChatRequest) async throws -> Turn {
        try await TurnPreparation(library: library, messages: messages).prepare(request)
    }

    /// Writes the answer and reports it event by event. A request that was sent before gets the stored answer again,
    /// unless that one had failed: then it is tried again, and the new answer takes its place. Does not throw for failures
    /// of the models: these are an event.
    ///
    /// - Throws: only what `emit` throws, which means that the caller has gone; what was written by then is stored.
    func run(_ turn: Turn, watch: Stopwatch, emit: @escaping Emit) async throws {
        if let stored = turn.stored, stored.finishReason != "error" {
            return try await replay(stored, turn, watch, emit)
        }
        if let remembered = turn.remembered { return try await recall(remembered, turn, watch, emit) }
        let draft = answerer.draft(turn.task, watch: watch)
        do {
            try await emit(.start)
            try await emit(.answer(.sources(draft.sources.all)))
            try await answerer.write(turn.task, draft) { try await emit(.answer($0)) }
            try Task.checkCancellation()
        } catch {
            return try await breakOff(turn, error, draft, watch, emit)
        }
        try await conclude(turn, draft, watch, emit)
    }

    // Steps of their own, never inlined: thousands of answers under way would hold room for their endings.

    @inline(never)
    private func conclude(_ turn: Turn, _ draft: Draft, _ watch: Stopwatch, _ emit: Emit) async throws {
        let answer = draft.finish(nil)
        let outcome = await end(turn, answer, draft, watch)
        try await emit(.done(outcome))
        think(turn, answer)
    }

    @inline(never)
    private func breakOff(
        _ turn: Turn, _ error: any Error, _ draft: Draft, _ watch: Stopwatch, _ emit: Emit
    ) async throws {
        // The task may be cancelled already; what was generated is stored all the same.
        let failure = error as? ModelServiceError
        await end(turn, draft.finish(failure == nil ? "cancelled" : "error"), draft, watch)
        guard let failure else { throw error }
        try await emit(.failed(failure.problem))
    }

    /// Stores an answer and counts it; uninterrupted, since the caller may have gone.
    @discardableResult
    private func end(_ turn: Turn, _ answer: Draft.Text, _ draft: Draft, _ watch: Stopwatch) async -> TurnOutcome {
        let outcome = TurnOutcome(
            model: answer.receipt.model, finishReason: answer.finishReason, text: answer.text,
            citations: answer.citations.map(\.json), usage: Self.usage(answer.receipt), receipt: answer.receipt.json,
            times: turn.searched, firstTokenMilliseconds: answer.firstTokenMilliseconds,
            totalMilliseconds: watch.milliseconds, chatName: turn.chatName)
        let passages = draft.sources.all
        await Task {
            async let stored: Void = save(outcome, passages, turn)
            async let counted: Void = library.count(
                answer.receipt, milliseconds: outcome.totalMilliseconds, finishReason: answer.finishReason)
            async let remembered: Void = library.remember(answer, turn.task, passages: passages, under: turn.cacheKey)
            _ = await (stored, counted, remembered)
        }.value
        return outcome
    }

    private static func usage(_ receipt: Receipt) -> JSONValue {
        [
            "promptTokens": .int(Int64(receipt.usage.prompt)),
            "completionTokens": .int(Int64(receipt.usage.completion)),
        ]
    }

    /// Lets the model that answered name the chat and sum it up. Nobody waits for it; what a stop of the process cuts off
    /// is done after the next answer.
    private func think(_ turn: Turn, _ answer: Draft.Text) {
        guard let model = library.models.entry(answer.receipt.model)?.model, answer.finishReason == "stop" else {
            return
        }
        let thoughts = Afterthoughts(catalog: library.catalog, log: log)
        Task {
            if turn.isFirst {
                await thoughts.name(turn.chatId, question: turn.request.message, answer: answer.text, with: model)
            }
            await thoughts.sumUp(turn.chatId, turn.history, before: turn.task.summary, with: model)
        }
    }

    // MARK: - Answers that are there already

    @inline(never)
    private func replay(_ stored: ChatMessage, _ turn: Turn, _ watch: Stopwatch, _ emit: Emit) async throws {
        try await emit(.start)
        try await emit(.answer(.sources(stored.passages.compactMap(FoundPassage.init))))
        if !stored.text.isEmpty { try await emit(.answer(.delta(stored.text))) }
        let usage = stored.usage.object == nil ? Self.usage(Receipt(model: "", provider: "")) : stored.usage
        try await emit(
            .done(
                TurnOutcome(
                    model: stored.model ?? turn.model, finishReason: stored.finishReason ?? "stop", text: stored.text,
                    citations: stored.citations, usage: usage, receipt: stored.receipt,
                    totalMilliseconds: watch.milliseconds, chatName: turn.chatName)))
    }

    @inline(never)
    private func recall(_ remembered: RememberedAnswer, _ turn: Turn, _ watch: Stopwatch, _ emit: Emit) async throws {
        let receipt = remembered.receipt
        var outcome = TurnOutcome(
            model: remembered.model, finishReason: remembered.finishReason, text: remembered.text,
            citations: remembered.citations, usage: Self.usage(receipt), receipt: receipt.json,
            totalMilliseconds: watch.milliseconds, chatName: turn.chatName)
        let stored = outcome
        await Task {
            async let saved: Void = save(stored, remembered.passages, turn)
            async let counted: Void = library.count(
                receipt, milliseconds: stored.totalMilliseconds, finishReason: stored.finishReason)
            _ = await (saved, counted)
        }.value
        try await emit(.start)
        try await emit(.answer(.sources(remembered.passages)))
        try await emit(.answer(.delta(remembered.text)))
        outcome.firstTokenMilliseconds = watch.milliseconds
        outcome.totalMilliseconds = watch.milliseconds
        try await emit(.done(outcome))
    }

    // MARK: - Storing

    private func save(_ outcome: TurnOutcome, _ passages: [FoundPassage], _ turn: Turn) async {
        let answer = ChatMessage(
            id: turn.answerId, chatId: turn.chatId, workspaceId: library.catalog.workspace, role: "assistant",
            text: outcome.text, createdAt: Timestamp.now(), parentId: turn.request.messageId, model: outcome.model,
            citations: outcome.citations, passages: passages.map(\.json), finishReason: outcome.finishReason,
            usage: outcome.usage, receipt: outcome.receipt)
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
            if try await !library.catalog.countMessages(turn.chatId, added: added) {
                _ = try await messages.deleteAll(in: turn.chatId)
            }
        } catch {
            log.error("messages could not be counted", ["chat": turn.chatId, "error": String(reflecting: error)])
        }
    }
}
