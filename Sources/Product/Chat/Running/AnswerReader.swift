import Catalog
import ChatMessages
import HTTPServing
import JSONCoding
import Models
import Problems

/// Reads an answer's events for one person, from any number on: while it is written, here or elsewhere, and ever after.
struct AnswerReader: Sendable {
    let catalog: WorkspaceCatalog
    let messages: MessageStore
    let running: RunningAnswers
    let watched: WatchedAnswers
    let interrupted: InterruptedAnswers

    /// How often, and after which pause, it is looked whether the database knows of an end.
    private static let looks = 50
    private static let pause = Duration.milliseconds(40)

    /// Sends events; several at once where several are there.
    typealias Send = @Sendable ([LoggedEvent]) async throws -> Void

    /// An answer as it stands; one whose writer died has been ended.
    ///
    /// - Returns: `nil` when there is no such place, or it cannot be seen.
    func answer(_ id: String) async throws -> AnswerRecord? {
        guard let answer = try await catalog.answer(id) else { return nil }
        guard answer.isAbandoned else { return answer }
        try await interrupted.end(answer)
        return try await catalog.answer(id)
    }

    /// Whether an answer has ended with an event of that number.
    func hasNothing(of answer: AnswerRecord, after number: Int) -> Bool {
        // It is known here a moment before the database knows it.
        if let own = running.answer(answer.key) { return own.isEnded && own.log.last == number }
        return answer.finishReason != nil && answer.lastEvent == number
    }

    /// Sends what comes after a number until the answer has ended.
    ///
    /// A number that is greater than any there is waits for the answer's end. If that comes below it, what was sent before has
    /// been lost with a process, and everything is sent again from `start`.
    ///
    /// - Throws: what `send` throws; what the stores throw.
    func follow(_ answer: AnswerRecord, after number: Int, _ send: Send) async throws {
        // What an earlier attempt came to is not this one's.
        let position = max(number, answer.firstEvent)
        if let own = running.answer(answer.key) {
            try await follow(answer.key, own.log, after: position, send)
        } else if answer.finishReason == nil {
            try await watched.watching(answer) { try await follow(answer.key, $0, after: position, send) }
        } else {
            try await replay(answer, after: position, send)
        }
    }

    /// Sends what comes after a number in a log that is in memory, and before that in the database.
    ///
    /// - Throws: what `send` throws; what the stores throw.
    func follow(_ key: AnswerKey, _ log: LiveLog, after number: Int, _ send: Send) async throws {
        var position = number
        while true {
            try Task.checkCancellation()
            switch log.page(after: position) {
            case .events(let events):
                try await send(events)
                guard let last = events.last, !last.isLast else { return }
                position = last.id
            case .nothingYet: await log.wait(beyond: position)
            case .older:
                let events = try await catalog.index.answerEvents(key, after: position)
                guard let last = events.last else { return try await replayLatest(key, after: position, send) }
                try await send(LoggedEvent.joined(events))
                if last.isLast { return }
                position = last.id
            case .over: return try await replayLatest(key, after: position, send)
            }
        }
    }

    /// The end of an answer that was followed and has ended some other way than in the log that was followed.
    private func replayLatest(_ key: AnswerKey, after position: Int, _ send: Send) async throws {
        // The database knows of the end a moment later than the log does.
        for _ in 0..<Self.looks {
            guard let now = try await self.answer(key.id), now.key == key else { return }
            if now.finishReason != nil { return try await replay(now, after: position, send) }
            try await Task.sleep(for: Self.pause)
        }
        // It is being tried again, or its message is still to be stored; that is for whoever reads to ask for.
    }

    private func replay(_ answer: AnswerRecord, after number: Int, _ send: Send) async throws {
        // A caller of one object may have had the question answered anew since; that has no log.
        if let stored = try await messages.message(answer.key.id, in: answer.key.chat), stored.attempt != answer.attempt
        {
            try await replayStored(answer.key.id, in: answer.key.chat, last: answer.lastEvent, send)
            return
        }
        var position = number > answer.lastEvent ? answer.firstEvent : number
        while position < answer.lastEvent {
            let events = try await catalog.index.answerEvents(answer.key, after: position)
            guard let last = events.last else {
                try await replayStored(answer.key.id, in: answer.key.chat, last: answer.lastEvent, send)
                return
            }
            try await send(LoggedEvent.joined(events))
            if last.isLast { return }
            position = last.id
        }
    }

    /// An answer from its message: all of its text in one piece. Only the last event has a number of its own, so that whoever is
    /// cut off before it begins again.
    ///
    /// - Parameter last: The number of the last event.
    /// - Returns: `false` when there is no such answer.
    @discardableResult
    func replayStored(_ id: String, in chat: String, last: Int, _ send: Send) async throws -> Bool {
        guard let stored = try await messages.message(id, in: chat), stored.role == "assistant" else { return false }
        let answer = AnswerOutcome(stored, model: stored.model ?? ModelList.extractive)
        let head = AnswerHead(
            chatId: chat, messageId: stored.parentId ?? "", answerId: id, model: answer.model)
        var events: [(name: String, data: JSONValue)] = [
            ("start", .object(head.json)), ("sources", ["passages": .array(stored.passages)]),
        ]
        if !stored.text.isEmpty { events.append(("delta", ["text": .string(stored.text)])) }
        if answer.ending == .error {
            events.append(("error", answer.failure ?? ["detail": "This answer failed."]))
        } else {
            events.append(("done", .object(answer.json)))
        }
        try await send(
            events.enumerated().map { index, event in
                LoggedEvent(id: index == events.count - 1 ? last : 0, name: event.name, data: event.data.text)
            })
        return true
    }
}

extension EventStream {
    /// Sends events of a log.
    ///
    /// - Throws: when the caller has gone.
    func send(_ events: [LoggedEvent]) async throws { try await send(events.map { ($0.id, $0.name, $0.data) }) }
}
