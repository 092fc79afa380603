import Catalog
import ChatMessages
import Synchronization
import Telemetry

/// The answers of other processes that are read here. One statement, ten times a second while there is a reader, brings what is
/// new of all of them, however many read.
///
/// LISTEN would bring it a few milliseconds earlier. It needs a connection of its own that is never lent, which poolers such as
/// PgBouncer do not give, and a NOTIFY in each transaction that writes: those wait for each other at their commit.
final class WatchedAnswers: Sendable {
    private static let pause = Duration.milliseconds(100)
    private static let pauseAfterFailure = Duration.seconds(1)
    /// Events that stay in memory; readers who are further behind read the database.
    private static let kept = 256

    private struct Watched {
        let log: LiveLog
        var readers: Int
    }

    private struct State {
        var answers: [AnswerKey: Watched] = [:]
        var isLooking = false
    }

    private let catalog: CatalogDatabase
    private let interrupted: InterruptedAnswers
    private let log: Log
    private let state = Mutex(State())

    init(catalog: CatalogDatabase, interrupted: InterruptedAnswers, log: Log) {
        self.catalog = catalog
        self.interrupted = interrupted
        self.log = log
    }

    /// Has an answer watched while the body reads its log.
    func watching<Value>(_ answer: AnswerRecord, _ body: (LiveLog) async throws -> Value) async throws -> Value {
        let (live, begins) = state.withLock { state in
            var watched = state.answers[answer.key] ?? Watched(log: LiveLog(after: answer.lastEvent), readers: 0)
            watched.readers += 1
            state.answers[answer.key] = watched
            defer { state.isLooking = true }
            return (watched.log, !state.isLooking)
        }
        if begins { Task.detached { await self.look() } }
        defer { leave(answer.key, live) }
        return try await body(live)
    }

    private func leave(_ key: AnswerKey, _ live: LiveLog) {
        state.withLock { state in
            guard var watched = state.answers[key], watched.log === live else { return }
            watched.readers -= 1
            state.answers[key] = watched.readers > 0 ? watched : nil
        }
    }

    private func look() async {
        while true {
            let watched: [(key: AnswerKey, log: LiveLog)] = state.withLock { state in
                if state.answers.isEmpty { state.isLooking = false }
                return state.answers.map { ($0.key, $0.value.log) }
            }
            if watched.isEmpty { return }
            do {
                try await look(at: watched)
                try? await Task.sleep(for: Self.pause)
            } catch {
                log.warning("answers of other processes could not be read", ["error": String(reflecting: error)])
                try? await Task.sleep(for: Self.pauseAfterFailure)
            }
        }
    }

    private func look(at watched: [(key: AnswerKey, log: LiveLog)]) async throws {
        let news = try await catalog.answerNews(watched.map { ($0.key, $0.log.last) })
        for ((key, live), news) in zip(watched, news) {
            live.append(news.events)
            live.forget(upTo: live.last, keeping: Self.kept)
            if news.isAbandoned { await endAbandoned(key) }
            let isOver = news.isOver || news.events.last?.isLast ?? false
            guard isOver else { continue }
            live.close()
            // Who reads keeps the log; a later attempt gets another one.
            state.withLock { if $0.answers[key]?.log === live { $0.answers[key] = nil } }
        }
    }

    /// What cannot be ended now is tried again; the other answers do not wait for it.
    private func endAbandoned(_ key: AnswerKey) async {
        do {
            guard let answer = try await catalog.view(of: key.workspace).answer(key.id), answer.key == key else {
                return
            }
            try await interrupted.end(answer)
        } catch {
            log.warning("an answer of a dead process could not be ended", ["error": String(reflecting: error)])
        }
    }
}
