import Catalog
import ChatMessages
import Models
import Problems
import Telemetry

/// Answers one question of a chat: has the answer made, stores it however it ended.
struct TurnEngine: Sendable {
    let library: Library
    let messages: MessageStore
    let answerer: Answerer

    private var log: Log { library.log }

    /// Stores the question and finds the passages. Whatever can fail with a status fails here.
    func prepare(_ request: ChatRequest) async throws -> Turn {
        try await TurnPreparation(library: library, messages: messages).prepare(request)
    }

    /// Prepares another version of an answer.
    func prepare(_ redo: RedoRequest) async throws -> Turn {
        try await RedoPreparation(preparation: TurnPreparation(library: library, messages: messages)).prepare(redo)
    }

    /// Writes the answer and reports it event by event. A request that was sent before gets the stored answer again,
    /// unless that one had failed: then it is tried again, and the new answer takes its place. Does not throw for failures
    /// of the models: these are an event.
    ///
    /// - Throws: what `emit` throws, and `CancellationError`; what was written by then is stored.
    func run(_ turn: Turn, watch: Stopwatch, emit: @escaping Answerer.Emit) async throws {
        if let answer = await present(turn, watch) {
            try await emit(.start(turn.head))
            return try await answer.replay(emit)
        }
        let draft = answerer.draft(turn.task, watch: watch)
        do {
            try await emit(.start(turn.head))
            try await emit(.sources(draft.sources.all))
            try await answerer.write(turn.task, draft, emit: emit)
            try Task.checkCancellation()
        } catch {
            return try await breakOff(turn, error, draft, emit)
        }
        try await conclude(turn, draft, emit)
    }

    // Steps of their own, never inlined: thousands of answers under way would hold room for their endings.

    /// The answer that is there already: stored with the same question, or remembered of an equal one.
    @inline(never)
    private func present(_ turn: Turn, _ watch: Stopwatch) async -> AnswerOutcome? {
        if var stored = turn.replayed {
            stored.times.total = watch.milliseconds
            stored.chatName = turn.chatName
            return stored
        }
        guard let remembered = turn.remembered else { return nil }
        var answer = await library.recalled(remembered, watch: watch)
        answer.chatName = turn.chatName
        let stored = answer
        await Task {
            await save(stored, turn)
            await note(stored, turn)
        }.value
        return answer
    }

    @inline(never)
    private func conclude(_ turn: Turn, _ draft: Draft, _ emit: Answerer.Emit) async throws {
        let answer = await end(turn, draft, nil)
        try await emit(.done(answer))
        think(turn, answer)
    }

    @inline(never)
    private func breakOff(_ turn: Turn, _ error: any Error, _ draft: Draft, _ emit: Answerer.Emit) async throws {
        // The task may be cancelled already; what was generated is stored all the same.
        guard let failure = AnswerFailure(error) else {
            let answer = await end(turn, draft, error is LogFull ? .length : turn.endingWhenCut)
            try await emit(.done(answer))
            if error is LogFull { return }
            throw error
        }
        if !(error is ModelServiceError) { log.error("an answer failed", ["error": String(reflecting: error)]) }
        _ = await end(turn, draft, .error, failure)
        try await emit(.failed(failure.problem))
    }

    /// Stores an answer and counts it; uninterrupted, since the caller may have gone.
    private func end(_ turn: Turn, _ draft: Draft, _ ending: AnswerEnding?, _ failure: AnswerFailure? = nil) async
        -> AnswerOutcome
    {
        var finished = draft.finish(ending)
        finished.chatName = turn.chatName
        finished.failure = failure?.json
        let answer = finished
        await Task {
            async let stored: Void = save(answer, turn)
            async let counted: Void = library.count(answer)
            async let remembered: Void = library.remember(answer, turn.task, under: turn.cacheKey)
            async let noted: Void = note(answer, turn)
            _ = await (stored, counted, remembered, noted)
        }.value
        return answer
    }

    /// Lets the model that answered name the chat and sum it up. Nobody waits for it; what a stop of the process cuts off
    /// is done after the next answer.
    private func think(_ turn: Turn, _ answer: AnswerOutcome) {
        guard let model = library.models.entry(answer.model)?.model, answer.ending == .stop else { return }
        let thoughts = Afterthoughts(catalog: library.catalog, log: log)
        Task {
            if turn.isFirst {
                await thoughts.name(turn.chatId, question: turn.request.question.text, answer: answer.text, with: model)
            }
            if turn.hasVersions { return }
            await thoughts.sumUp(turn.chatId, turn.history, before: turn.task.summary, with: model)
        }
    }

    /// Notes what the answer came to where it belongs to a trial. What a caller cut off says nothing, nor does what is
    /// remembered: how often that is depends on which arm was asked more.
    private func note(_ answer: AnswerOutcome, _ turn: Turn) async {
        guard let receipt = answer.receipt, let trial = receipt.trial,
            ![.cancelled, .interrupted].contains(answer.ending),
            !receipt.cacheHit
        else { return }
        do {
            try await library.catalog.addSplitAnswer(
                turn.answerId, of: trial.id, trial.arm, in: turn.chatId, refused: answer.ending == .notFound,
                failed: answer.ending == .error || receipt.reason != nil, sentences: receipt.support.checked,
                supported: receipt.support.supported, milliseconds: answer.times.total, cost: receipt.cost)
        } catch {
            log.warning("an answer of a trial could not be noted", ["error": String(reflecting: error)])
        }
    }

    // MARK: - Storing

    private func save(_ outcome: AnswerOutcome, _ turn: Turn) async {
        let answer = outcome.message(
            turn.answerId, answering: turn.request.messageId, in: turn.chatId, of: library.catalog.workspace,
            at: turn.answeredAt, attempt: turn.attempt)
        var added = turn.isNewQuestion ? 1 : 0
        var isStored = false
        do {
            if let stored = turn.stored {
                // Whoever else tries the same question again may have been quicker; that answer stays.
                isStored = try await messages.replace(stored, with: answer)
                if isStored {
                    // What was said was said of the one before.
                    try await library.catalog.withdrawFeedback(of: answer.id, in: turn.chatId)
                }
            } else if try await messages.add(answer, answering: turn.request.messageId) {
                isStored = true
                added += 1
            }
        } catch {
            // Where it has a log, it is stored from that.
            turn.noteUnstored()
            log.error("the answer could not be stored", ["chat": turn.chatId, "error": String(reflecting: error)])
        }
        guard added > 0 || isStored else { return }
        do {
            // The chat may have been deleted since its question was stored; then nothing of it may stay.
            let text = isStored ? answer.searchText : nil
            if try await !library.catalog.countMessages(turn.chatId, added: added, text: text) {
                _ = try await messages.deleteAll(in: turn.chatId)
            }
        } catch {
            log.error("messages could not be counted", ["chat": turn.chatId, "error": String(reflecting: error)])
        }
    }
}
