import Catalog
import HTTPMessages
import Problems
import Synchronization
import Telemetry

/// The answers that this process writes. They belong to nobody's request: whoever asked may leave and come back, here or at
/// another process, since one task writes what they come to into the database.
final class RunningAnswers: Sendable {
    private struct State {
        var answers: [String: RunningAnswer] = [:]
        var byKey: [AnswerKey: RunningAnswer] = [:]
        var isWriting = false
    }

    private let catalog: CatalogDatabase
    private let limits: RunningLimits
    private let log: Log
    private let state = Mutex(State())

    init(catalog: CatalogDatabase, limits: RunningLimits = RunningLimits(), log: Log) {
        self.catalog = catalog
        self.limits = limits
        self.log = log
    }

    /// An answer that is written here.
    func answer(_ key: AnswerKey) -> RunningAnswer? { state.withLock { $0.byKey[key] } }

    /// Makes an answer's place in the database and has it written.
    ///
    /// - Parameter work: Writes it, event by event. It says itself how it ended.
    /// - Returns: `nil` when somebody writes it already, here or elsewhere, or its chat has gone.
    /// - Throws: `Problem` 503 when too many answers are being written.
    func start(
        _ turn: Turn, in catalog: WorkspaceCatalog, requestID: String,
        _ work: @escaping @Sendable (@escaping Answerer.Emit) async throws -> Void
    ) async throws -> RunningAnswer? {
        guard state.withLock({ $0.answers.count }) < limits.answers else {
            throw Problem(
                .serviceUnavailable,
                "\(limits.answers) answers are being written here, which is as many as there may be. "
                    + "Please try again in a moment.", code: "too_many_answers", headers: ["Retry-After": "5"])
        }
        let place = try await catalog.beginAnswer(
            turn.answerId, to: turn.request.messageId, in: turn.chatId, attempt: turn.attempt, model: turn.task.model,
            createdAt: turn.answeredAt)
        guard let first = place else { return nil }
        let key = AnswerKey(workspace: catalog.workspace, chat: turn.chatId, id: turn.answerId)
        let answer = RunningAnswer(turn, key: key, after: first, mostBytes: limits.logBytes)
        let writes = state.withLock { state in
            state.answers[answer.holder] = answer
            state.byKey[key] = answer
            defer { state.isWriting = true }
            return state.isWriting
        }
        if !writes { Task.detached { await self.write() } }
        answer.start { [log] in
            do { try await work { try answer.take($0, requestID: requestID) } } catch {
                log.debug("an answer was broken off", ["answer": key.id, "reason": String(describing: error)])
            }
            if !answer.isEnded {
                try? answer.take(
                    .failed(Problem(.internalServerError, "The answer did not end.")), requestID: requestID)
            }
        }
        return answer
    }

    /// Ends what is being written, since the process does.
    func close() async {
        let answers = state.withLock { Array($0.answers.values) }
        for answer in answers { answer.cut(.interrupted) }
        let end = ContinuousClock.now + limits.farewell
        while ContinuousClock.now < end, state.withLock({ !$0.answers.isEmpty }) {
            try? await Task.sleep(for: limits.tick)
        }
    }

    // MARK: - The one task that writes

    private func write() async {
        var (looked, renewed, resting) = (ContinuousClock.now, ContinuousClock.now, ContinuousClock.now)
        while true {
            try? await Task.sleep(for: limits.tick)
            let now = ContinuousClock.now
            let answers: [RunningAnswer] = state.withLock { state in
                if state.answers.isEmpty { state.isWriting = false }
                return Array(state.answers.values)
            }
            if answers.isEmpty { return }
            for answer in answers where answer.isOverdue(now, limits.patience) { remove(answer) }
            guard now >= resting else { continue }
            do {
                // First, so that what cannot be written does not let others' answers be taken for abandoned.
                if now - renewed >= limits.renewal {
                    try await catalog.renewAnswers(answers.map(\.holder))
                    renewed = now
                }
                try await writeNews(of: answers, now)
                if now - looked >= limits.look {
                    try await endStopped(answers)
                    looked = now
                }
            } catch {
                // What could not be written stays, and is written with what comes meanwhile.
                log.warning("answers could not be written down", ["error": String(reflecting: error)])
                resting = .now + .milliseconds(500)
            }
        }
    }

    /// Portions in one statement; so many events at most are in one.
    private static let mostPortions = 500

    private func writeNews(of answers: [RunningAnswer], _ now: ContinuousClock.Instant) async throws {
        let new = answers.compactMap { answer in answer.portion(now, limits).map { (answer, $0) } }
        for start in stride(from: 0, to: new.count, by: Self.mostPortions) {
            let part = new[start..<min(start + Self.mostPortions, new.count)]
            let written = try await catalog.write(part.map(\.1))
            for (answer, portion) in part {
                guard written.contains(answer.holder) else {
                    lose(answer)
                    continue
                }
                if answer.note(written: portion, keeping: limits.kept) { remove(answer) }
            }
        }
    }

    private func endStopped(_ answers: [RunningAnswer]) async throws {
        let open = answers.filter { !$0.isEnded }
        guard !open.isEmpty else { return }
        let inForce = try await catalog.answersInForce(open.map(\.holder))
        // One that is not there any more is noticed when it is written.
        for answer in open where !inForce.contains(answer.holder) { answer.cut(.cancelled) }
    }

    /// The answer has gone with its chat, or is in other hands.
    private func lose(_ answer: RunningAnswer) {
        answer.cut(.cancelled)
        answer.log.close()
        remove(answer)
    }

    private func remove(_ answer: RunningAnswer) {
        state.withLock { state in
            state.answers[answer.holder] = nil
            if state.byKey[answer.key] === answer { state.byKey[answer.key] = nil }
        }
    }
}
