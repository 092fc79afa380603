public import Catalog
import Digests
import JSONCoding

/// Ends answers whose process died while it wrote them, honestly: what was logged is kept as the answer's text, under its
/// question, once. One that had ended while the message store did not answer is stored as it ended. Whoever looks does it: who reads the answer, or its chat, and the timer `tidy`.
///
/// Can be repeated, and tried by several at once: the database says who takes over, and the message store refuses a second answer.
public struct InterruptedAnswers: Sendable {
    private static let page = 100
    /// Numbers that are left out before the end: more than a log has events. What the process sent and did not write down had
    /// numbers, too, and whoever got them must not take the end for one of those.
    private static let gap = 1_000_000

    private let catalog: CatalogDatabase
    private let messages: MessageStore

    /// - Parameter messages: Of all workspaces.
    public init(catalog: CatalogDatabase, messages: MessageStore) {
        self.catalog = catalog
        self.messages = messages
    }

    /// Ends those of all workspaces.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func endAll() async throws -> Int {
        let first = try await endPage()
        var ended = first.count { $0 }
        if ended < first.count {
            // The first look only raises the suspicion that an answer is abandoned.
            try await Task.sleep(for: .seconds(CatalogDatabase.suspicionSeconds + 1))
        } else if first.count < Self.page {
            return ended
        }
        while true {
            let page = try await endPage()
            let count = page.count { $0 }
            ended += count
            // What others have in hand comes up again; it is theirs.
            if page.count < Self.page || count == 0 { return ended }
        }
    }

    /// Tries to end the oldest that are abandoned; whether each was. One that cannot be ended keeps none of the others.
    private func endPage() async throws -> [Bool] {
        var outcomes: [Bool] = []
        var failure: (any Error)?
        for answer in try await catalog.abandonedAnswers(limit: Self.page) {
            do { outcomes.append(try await end(answer)) } catch {
                outcomes.append(false)
                failure = error
            }
        }
        if let failure, !outcomes.contains(true) { throw failure }
        return outcomes
    }

    /// Ends one answer whose writer has not been heard of for too long.
    ///
    /// - Returns: `false` when somebody else does it, or the writer lives.
    @discardableResult
    public func end(_ answer: AnswerRecord) async throws -> Bool {
        let holder = UUIDv7.make()
        guard answer.isAbandoned, try await catalog.takeOver(answer, as: holder) else { return false }
        let log = try await Log(answer, in: catalog)
        let messages = messages.view(of: answer.key.workspace)
        let stored = try await store(log.message(answer), attempt: answer.attempt, in: messages)
        // What ended and was not stored has its end in the log.
        let end = log.hasEnd ? nil : stored
        let last = end.map { LoggedEvent(id: log.last + Self.gap, name: "done", data: Self.ending($0).text) }
        _ = try await catalog.write([
            AnswerPortion(
                key: answer.key, holder: holder, events: last.map { [$0] } ?? [],
                finishReason: stored?.finishReason ?? Self.reason)
        ])
        return true
    }

    private static let reason = "interrupted"

    /// Stores the answer unless there is one that says more.
    ///
    /// - Returns: The one that is stored then; `nil` when the chat has gone.
    private func store(_ message: ChatMessage, attempt: String, in messages: MessageStore) async throws -> ChatMessage?
    {
        let question = message.parentId ?? ""
        var stored = try await messages.message(message.id, in: message.chatId)
        if let old = stored {
            let isThisOne = old.attempt == attempt
            let isWorthLess = ["error", Self.reason].contains(old.finishReason ?? "")
            if isThisOne || !isWorthLess { return try await count(old, in: messages) }
            if try await messages.replace(old, with: message) { return try await count(message, in: messages) }
        } else if try await messages.add(message, answering: question) {
            return try await count(message, in: messages)
        }
        // The writer was not dead, or the question has gone.
        stored = try await messages.message(message.id, in: message.chatId)
        guard let stored else { return nil }
        return try await count(stored, in: messages)
    }

    private func count(_ message: ChatMessage, in messages: MessageStore) async throws -> ChatMessage? {
        let chats = catalog.view(of: message.workspaceId)
        let total = try await messages.count(in: message.chatId)
        if try await chats.countMessages(message.chatId, added: 0, total: total, text: message.searchText) {
            return message
        }
        _ = try await messages.deleteAll(in: message.chatId)
        return nil
    }

    /// The data of the event `done`, as far as they are known.
    private static func ending(_ message: ChatMessage) -> JSONValue {
        [
            "model": .optional(message.model), "finishReason": .optional(message.finishReason),
            "text": .string(message.text), "citations": .array(message.citations), "usage": message.usage,
            "timings": .null, "receipt": message.receipt,
        ]
    }

    /// What an attempt came to.
    private struct Log {
        var last: Int
        private var text = ""
        private var passages: [JSONValue] = []
        private var done: JSONValue?
        private var problem: JSONValue?

        /// Whether the answer had ended, and its message alone is missing.
        var hasEnd: Bool { done != nil || problem != nil }

        init(_ answer: AnswerRecord, in catalog: CatalogDatabase) async throws {
            last = answer.firstEvent
            while case let events = try await catalog.answerEvents(answer.key, after: last), let end = events.last {
                for event in events { try take(event) }
                last = end.id
            }
        }

        private mutating func take(_ event: LoggedEvent) throws {
            switch event.name {
            case "delta": text += try JSONParser.parse(event.data)["text"]?.string ?? ""
            case "sources": passages = try JSONParser.parse(event.data)["passages"]?.array ?? []
            case "done": done = try JSONParser.parse(event.data)
            case "error": problem = try JSONParser.parse(event.data)
            default: break
            }
        }

        private var finishReason: String {
            if problem != nil { return "error" }
            return done?["finishReason"]?.string ?? InterruptedAnswers.reason
        }

        func message(_ answer: AnswerRecord) -> ChatMessage {
            ChatMessage(
                id: answer.key.id, chatId: answer.key.chat, workspaceId: answer.key.workspace, role: "assistant",
                text: done?["text"]?.string ?? text, createdAt: answer.createdAt, parentId: answer.parentId,
                model: done?["model"]?.string ?? answer.model, citations: done?["citations"]?.array ?? [],
                passages: passages, finishReason: finishReason, usage: done?["usage"] ?? .null,
                receipt: done?["receipt"] ?? .null, problem: problem ?? .null, attempt: answer.attempt)
        }
    }
}
