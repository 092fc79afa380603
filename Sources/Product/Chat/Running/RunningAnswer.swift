import Catalog
import JSONCoding
import Synchronization

/// An answer that this process writes: its log, and what is to become of it.
final class RunningAnswer: Sendable {
    private struct State {
        var writtenUpTo: Int
        /// Since when there is something to write.
        var dirtySince: ContinuousClock.Instant?
        var endedAt: ContinuousClock.Instant?
        /// How it ended.
        var ending: String?
        /// The same, for the database to know. One that is not stored stays open there: it is stored from its log.
        var finishReason: String?
        var task: Task<Void, Never>?
        var isCut = false
    }

    let key: AnswerKey
    /// The attempt, which is also the first holder.
    let holder: String
    let log: LiveLog
    /// The number that the events come after.
    let first: Int
    private let turn: Turn
    private let mostBytes: Int
    private let state: Mutex<State>

    init(_ turn: Turn, key: AnswerKey, after first: Int, mostBytes: Int) {
        self.turn = turn
        self.key = key
        self.mostBytes = mostBytes
        self.first = first
        holder = turn.attempt
        log = LiveLog(after: first)
        state = Mutex(State(writtenUpTo: first))
    }

    /// Begins the work.
    func start(_ work: @escaping @Sendable () async -> Void) {
        let task = Task { await work() }
        let isCut = state.withLock { state in
            state.task = task
            return state.isCut
        }
        if isCut { task.cancel() }
    }

    /// Has the work broken off; what was written by then is stored.
    ///
    /// - Parameter ending: How the answer ends, when it has not yet.
    func cut(_ ending: AnswerEnding) {
        turn.cut(ending)
        state.withLock { state in
            state.isCut = true
            return state.task
        }?.cancel()
    }

    /// Waits until the work has ended.
    func finish() async { await state.withLock { $0.task }?.value }

    /// Takes an event, which readers have from then on.
    ///
    /// - Throws: `LogFull` when the answer has become too long; its last event is taken all the same.
    func take(_ event: AnswerEvent, requestID: String) throws {
        let (name, data) = event.wire(requestID: requestID)
        let text = data.text
        var ending: String?
        switch event {
        case .done(let outcome): ending = outcome.ending.rawValue
        case .failed: ending = AnswerEnding.error.rawValue
        default:
            // Room is left for the last event, which has the whole text once more.
            if log.bytes + text.utf8.count > mostBytes / 2 { throw LogFull() }
        }
        let now = ContinuousClock.now
        state.withLock { state in
            if state.dirtySince == nil { state.dirtySince = now }
            if let ending, state.ending == nil {
                (state.ending, state.endedAt) = (ending, now)
                state.finishReason = turn.isUnstored ? nil : ending
            }
            log.append(name, text)
        }
    }

    var isEnded: Bool { state.withLock { $0.ending != nil } }

    // MARK: - Writing it down

    /// What is to be written now; `nil` when that has time.
    func portion(_ now: ContinuousClock.Instant, _ limits: RunningLimits) -> AnswerPortion? {
        state.withLock { state in
            guard let since = state.dirtySince else { return nil }
            let count = log.last - state.writtenUpTo
            guard state.ending != nil || count >= limits.events || now - since >= limits.age else { return nil }
            return AnswerPortion(
                key: key, holder: holder, events: log.events(after: state.writtenUpTo), finishReason: state.finishReason
            )
        }
    }

    /// Notes that it was written.
    ///
    /// - Returns: Whether that was the answer's end.
    func note(written portion: AnswerPortion, keeping count: Int) -> Bool {
        state.withLock { state in
            if let last = portion.events.last?.id {
                state.writtenUpTo = last
                log.forget(upTo: last, keeping: count)
            }
            let isWritten = log.last == state.writtenUpTo && portion.finishReason == state.finishReason
            if isWritten { state.dirtySince = nil }
            return isWritten && state.ending != nil
        }
    }

    /// Whether its end could not be written for so long.
    func isOverdue(_ now: ContinuousClock.Instant, _ patience: Duration) -> Bool {
        state.withLock { state in state.endedAt.map { now - $0 > patience } ?? false }
    }
}

/// An answer's log has become as large as it may.
struct LogFull: Error {}
