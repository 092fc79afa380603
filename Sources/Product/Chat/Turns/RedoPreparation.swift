import Catalog
import ChatMessages
import HTTPMessages
import Problems
import Telemetry

/// What happens before the first byte of another version of an answer.
struct RedoPreparation: Sendable {
    let preparation: TurnPreparation

    private var catalog: WorkspaceCatalog { preparation.library.catalog }
    private var messages: MessageStore { preparation.messages }

    /// Finds the question of an answer, what was said before it, and its passages.
    ///
    /// - Throws: `Problem` 404 when there is no such answer that can be seen, 409 when it is still being written or has as many
    ///   versions as there may be.
    func prepare(_ redo: RedoRequest) async throws -> Turn {
        let (chat, answer) = try await stored(redo.answerId)
        guard let parent = answer.parentId, let question = try await messages.message(parent, in: chat.id) else {
            throw Problem(.conflict, "This answer has no question that could be answered again.", code: "no_question")
        }
        let tree = try await messages.tree(of: chat.id)
        let beside = tree.answers(to: question.id)
        let open = try await catalog.openAnswers(in: chat.id).filter {
            $0.parentId == question.id && !beside.contains($0.key.id)
        }
        let count = beside.count + open.count
        guard count < MessageStore.mostVersions else {
            throw Problem(
                .conflict,
                "A question has at most \(MessageStore.mostVersions) answers. Edit the question, or ask it again.",
                code: "too_many_versions")
        }
        // The newest version of what hangs on the question is shown: this one, as soon as it is there.
        guard try await catalog.choose(question.id, in: chat.id) != nil else { throw Self.unknown }
        var askedAt = question.createdAt
        // Answers of conversations that other programs have had may stand later than a moment below their question.
        if let last = beside.last, let newest = try await messages.message(last, in: chat.id),
            let there = Timestamp.milliseconds(iso8601: newest.createdAt),
            let asked = Timestamp.milliseconds(iso8601: askedAt), there > asked + Int64(count)
        {
            askedAt = Timestamp.format(milliseconds: there - Int64(count))
        }
        let before = tree.path(through: question.id).prefix { $0 != question.id }
        let history = try await messages.messages(before.suffix(TurnPreparation.historyLength), in: chat.id)
        return try await preparation.prepare(
            try redo.request(question.text, messageId: question.id, in: chat.id),
            TurnPreparation.Conversation(
                chat: chat, stored: nil, isNewQuestion: false, askedAt: askedAt, version: count,
                hasVersions: true, history: history))
    }

    private func stored(_ id: String) async throws -> (ChatRecord, ChatMessage) {
        let place = try await catalog.answer(id)
        var known = place?.key.chat
        if known == nil { known = try await catalog.chat(ofMessage: id) }
        guard let known, let chat = try await catalog.chat(known) else { throw Self.unknown }
        if let answer = try await messages.message(id, in: chat.id), answer.role == "assistant" {
            return (chat, answer)
        }
        guard let place, place.finishReason == nil else { throw Self.unknown }
        throw Problem(
            .conflict, "This answer is still being written. Stop it first, or wait for its end.",
            code: "answer_running")
    }

    private static let unknown = Problem(.notFound, "There is no answer with this id.")
}
