import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Problems
import Telemetry

/// `PUT /api/history/{chatId}/messages/{messageId}` and `POST /api/history/{chatId}/branch`: a question put another way, and a chat
/// that goes on from a message of another one.
struct MessageRoutes: Sendable {
    private static let bodyLimit = 256 * 1024
    static let longestQuestion = 32_000
    private static let atATime = 100

    let catalog: WorkspaceCatalog
    let messages: MessageStore
    let copier: ChatTextCopier

    // MARK: - Editing

    /// Stores a new version of a question, which the chat shows from then on, and which `POST /api/chat` answers. A version with
    /// that text is not stored twice.
    func edit(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["text"])
        let text = reader.requiredString("text", length: 1...Self.longestQuestion)
        if !text.isEmpty, text.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            reader.add("text", "Must not be blank.")
        }
        try reader.finish()
        let chat = try await chat(request)
        guard let question = try await messages.message(request.parameters["messageId"] ?? "", in: chat.id) else {
            throw Self.unknownMessage
        }
        guard question.role == "user" else {
            throw Problem(
                .conflict,
                "Only questions can be edited. An answer can be made anew: POST /api/chat/{answerId}/regenerate.",
                code: "not_a_question")
        }
        // What Edit shows is a chat that stands still.
        if try await isAnswering(in: chat) {
            throw Problem(
                .conflict, "An answer is being written in this chat. Stop it first, or wait for its end.",
                code: "answer_running")
        }
        // What the call has begun goes on when the caller leaves.
        return HTTPResponse(json: try await Task { try await addVersion(of: question, text, in: chat) }.value)
    }

    private func isAnswering(in chat: ChatRecord) async throws -> Bool {
        for answer in try await catalog.openAnswers(in: chat.id) where !answer.isAbandoned {
            // It is stored a moment before it is known to have ended.
            if try await messages.message(answer.key.id, in: chat.id)?.attempt != answer.attempt { return true }
        }
        return false
    }

    private func addVersion(of question: ChatMessage, _ text: String, in chat: ChatRecord) async throws -> JSONValue {
        let tree = try await messages.tree(of: chat.id)
        var versions = tree.versions(of: question.id)
        if let same = try await messages.messages(versions, in: chat.id).first(where: { $0.text == text }) {
            // A chat without versions stays one.
            if versions.count > 1 { try await catalog.choose(same.id, in: chat.id) }
            return same.json(versions: versions)
        }
        guard versions.count < MessageStore.mostVersions else {
            throw Problem(
                .conflict,
                "A question has at most \(MessageStore.mostVersions) versions. Ask it anew, or branch the chat.",
                code: "too_many_versions")
        }
        let first = tree.original(of: question.id)
        let version = ChatMessage(
            id: UUIDv7.make(), chatId: chat.id, workspaceId: catalog.workspace, role: "user", text: text,
            createdAt: Timestamp.now(), versionOf: first)
        // In one step with a look at the first: nothing of a chat comes after its deletion.
        guard try await messages.add(version, answering: first) else { throw Self.unknownMessage }
        guard try await catalog.countMessages(chat.id, added: 1, text: version.searchText),
            try await catalog.choose(version.id, in: chat.id) != nil
        else {
            _ = try await messages.deleteAll(in: chat.id)
            throw Self.unknownChat
        }
        versions.append(version.id)
        return version.json(versions: versions)
    }

    // MARK: - Branching

    /// Makes a chat with copies of what leads to a message, and of the message.
    func branch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["messageId"])
        let last = reader.requiredString("messageId", length: 1...64).lowercased()
        try reader.finish()
        let chat = try await chat(request)
        let tree = try await messages.tree(of: chat.id)
        guard tree.contains(last) else {
            throw Problem(
                .notFound, "There is no message with this id in the chat. An answer is there when it has ended.",
                fields: [FieldProblem(field: "messageId", detail: "Unknown.")])
        }
        let path = tree.path(through: last)
        let part = Array(path.prefix { $0 != last }) + [last]
        let branch = try await Task { try await copy(part, of: chat) }.value
        return HTTPResponse(json: branch.json)
    }

    /// As an import does it: nobody sees the chat until all of it is there, and what a crash leaves of it is removed.
    private func copy(_ path: [String], of chat: ChatRecord) async throws -> ChatRecord {
        let id = UUIDv7.make()
        var mark = try await catalog.beginImport(id, name: chat.name, preset: chat.preset)
        let names = Dictionary(zip(path, UUIDv7.ascending(path.count))) { first, _ in first }
        var (count, latest) = (0, "")
        do {
            for start in stride(from: 0, to: path.count, by: Self.atATime) {
                let part = path[start..<min(start + Self.atATime, path.count)]
                let copies = try await messages.messages(part, in: chat.id).map { message in
                    // One path is read in the order of time.
                    latest = max(latest, message.createdAt)
                    return message.copy(as: names[message.id] ?? UUIDv7.make(), in: id, at: latest) { names[$0] }
                }
                for batch in MessageStore.batches(copies) {
                    try await messages.add(batch, in: id)
                    mark = try await catalog.continueImport(id, mark)
                }
                count += copies.count
            }
            let now = Timestamp.now()
            try await catalog.finishImport(id, mark, messages: count, createdAt: now, updatedAt: now)
        } catch {
            // As far as it goes; the rest is done at the next start.
            if (try? await messages.deleteAll(in: id)) != nil { _ = try? await catalog.removeChat(id) }
            throw error
        }
        // It is there; what is not copied now is copied at the next start.
        try? await copier.copy(id, name: chat.name)
        guard let branch = try await catalog.chat(id) else { throw Self.unknownChat }
        return branch
    }

    private func chat(_ request: HTTPRequest) async throws -> ChatRecord {
        guard let chat = try await catalog.chat(request.parameters["chatId"] ?? "") else { throw Self.unknownChat }
        return chat
    }

    private static let unknownChat = Problem(.notFound, "There is no chat with this id.")
    private static let unknownMessage = Problem(.notFound, "There is no message with this id in the chat.")
}

extension ChatMessage {
    /// The same message in another chat, which has one path.
    ///
    /// - Parameter names: The ids that messages have there.
    fileprivate func copy(as id: String, in chat: String, at time: String, _ names: (String) -> String?) -> ChatMessage
    {
        ChatMessage(
            id: id, chatId: chat, workspaceId: workspaceId, role: role, text: text, createdAt: time,
            parentId: role == "user" ? nil : parentId.flatMap(names), model: model, citations: citations,
            passages: passages, finishReason: finishReason, usage: usage, receipt: receipt, problem: problem)
    }
}
