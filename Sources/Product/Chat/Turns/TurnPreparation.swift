import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Models
import Problems
import Quotas
import Retrieval
import Telemetry

/// What happens before the first byte of a chat's answer: the question is stored, passages are found. Whatever can fail
/// with a status fails here.
struct TurnPreparation: Sendable {
    /// Messages that are read of a chat; older ones are in its summary.
    static let historyLength = 40

    let library: Library
    let messages: MessageStore

    struct Conversation: Sendable {
        let chat: ChatRecord
        let stored: ChatMessage?
        let isNewQuestion: Bool
        let askedAt: String
        /// How many answers there are beside the one that is to come.
        var version = 0
        /// Whether the chat's messages have versions.
        var hasVersions = false
        let history: [ChatMessage]
    }

    private struct Search: Sendable {
        var documents: [String]?
        var found: PassageRetriever.Result?
        var overview: LibraryOverview?
        var emptyScope: EmptyScope?
        var standaloneQuestion: String?
        var remembered: AnswerOutcome?
        var cacheKey: String?
    }

    /// Stores the question and finds the passages, side by side where one does not need the other.
    func prepare(_ request: ChatRequest) async throws -> Turn {
        try await library.meter.admitQuestion()
        let chatId = request.chatId ?? request.newChatID(in: library.catalog)
        let manner = try await library.manner(
            of: request.question, in: chatId, isNewChat: request.chatId == nil)
        let talk: Conversation
        let search: Search
        if request.chatId != nil {
            async let conversation = store(request, manner, chatId: chatId)
            if FollowUp.isLikely(request.question.text) {
                talk = try await conversation
                search = try await followUp(request, talk, manner)
            } else {
                async let passages = find(request, chatId, standalone: nil, manner)
                talk = try await conversation
                search = try await passages
            }
        } else {
            // What is remembered belongs to questions that stand by themselves.
            async let conversation = store(request, manner, chatId: chatId)
            async let passages = recallOrFind(request, chatId, manner)
            talk = try await conversation
            search = try await passages
        }
        // A chat keeps the preset that it began with.
        let own = library.presets.preset(talk.chat.preset ?? request.question.preset)
        return turn(request, talk, search, preset: own, manner)
    }

    /// Finds the passages for a question that is stored already.
    func prepare(_ request: ChatRequest, _ talk: Conversation) async throws -> Turn {
        try await library.meter.admitQuestion()
        let manner = try await library.manner(of: request.question, in: talk.chat.id, isNewChat: false)
        let isFollowUp = FollowUp.isLikely(request.question.text)
        let search =
            isFollowUp
            ? try await followUp(request, talk, manner)
            : try await find(request, talk.chat.id, standalone: nil, manner)
        return turn(request, talk, search, preset: library.presets.preset(talk.chat.preset), manner)
    }

    private func followUp(_ request: ChatRequest, _ talk: Conversation, _ manner: AnswerManner) async throws -> Search {
        let rewriter = FollowUp(model: library.models.entry(manner.model)?.model)
        let history = talk.history.map(\.modelMessage)
        let question = await rewriter.standalone(request.question.text, after: history)
        return try await find(request, talk.chat.id, standalone: question, manner)
    }

    private func turn(
        _ request: ChatRequest, _ talk: Conversation, _ search: Search, preset: Preset, _ manner: AnswerManner
    ) -> Turn {
        var task = AnswerTask(question: request.question.text, preset: preset, model: manner.model)
        task.trial = manner.trial
        task.standaloneQuestion = search.standaloneQuestion
        // The summary stands for what was said until then, on the one path that there was.
        let until = talk.hasVersions ? "" : talk.chat.summarisedUntil ?? ""
        let history = talk.history.filter { $0.createdAt > until }
        task.history = history.map(\.modelMessage)
        task.summary = talk.hasVersions ? nil : talk.chat.summary
        task.found = search.found
        task.overview = search.overview
        task.documents = search.documents ?? []
        task.emptyScope = search.emptyScope
        task.tools = ToolKit(library.tools, for: preset, usesDocuments: search.documents != nil)
        let last = talk.history.last { $0.role == "assistant" }
        task.proposals = last.flatMap { Receipt($0.receipt) }?.tools.compactMap(\.proposal) ?? []
        return Turn(
            request: request, chat: (talk.chat.id, talk.chat.name),
            isFirst: talk.history.isEmpty && talk.isNewQuestion, stored: talk.stored,
            isNewQuestion: talk.isNewQuestion, askedAt: talk.askedAt, version: talk.version,
            hasVersions: talk.hasVersions, history: history, task: task,
            remembered: search.remembered, cacheKey: search.cacheKey)
    }

    private func store(_ request: ChatRequest, _ manner: AnswerManner, chatId: String) async throws -> Conversation {
        let chat: ChatRecord
        if request.chatId != nil {
            guard let known = try await library.catalog.chat(chatId) else { throw Self.unknownChat }
            chat = known
        } else {
            // One that a trial or a pick brings is the chat's own from then on.
            let isStandard = manner.preset.id == library.presets.standard.id
            chat = try await library.catalog.createChat(
                chatId, name: ChatName.make(from: request.question.text),
                preset: request.question.preset ?? (isStandard ? nil : manner.preset.id))
        }
        let before = try await said(before: request, in: chat)
        let question = ChatMessage(
            id: request.messageId, chatId: chatId, workspaceId: library.catalog.workspace, role: "user",
            text: request.question.text, createdAt: Timestamp.now(), parentId: before.last)
        if try await messages.add(question) {
            // A deletion that began before has not seen it; one that begins from here on does.
            guard try await library.catalog.keepTexts([question].compactMap(\.searchText), of: chatId) else {
                _ = try await messages.deleteAll(in: chatId)
                throw Self.unknownChat
            }
            // What was asked last is shown, whatever else is being answered.
            if chat.chosen != nil { try await library.catalog.choose(question.id, in: chatId) }
            return Conversation(
                chat: chat, stored: nil, isNewQuestion: true, askedAt: question.createdAt,
                hasVersions: chat.chosen != nil, history: before.messages)
        }
        async let asked = messages.message(request.messageId, in: chatId)
        let answer = try await messages.message(request.derivedID("answer"), in: chatId)
        let history = before.messages.filter { $0.id != request.messageId && $0.parentId != request.messageId }
        return Conversation(
            chat: chat, stored: answer, isNewQuestion: false, askedAt: try await asked?.createdAt ?? question.createdAt,
            hasVersions: chat.chosen != nil, history: history)
    }

    /// What was said before a question, and, in a chat whose messages have versions, the last of it.
    private func said(before request: ChatRequest, in chat: ChatRecord) async throws -> (
        messages: [ChatMessage], last: String?
    ) {
        guard request.chatId != nil else { return ([], nil) }
        guard let chosen = chat.chosen else {
            return (try await messages.messages(in: chat.id, limit: Self.historyLength), nil)
        }
        let tree = try await messages.tree(of: chat.id)
        // A new version of a question is there before it is answered.
        let isThere = tree.contains(request.messageId)
        let path = tree.path(through: isThere ? request.messageId : chosen)
        let said = path.prefix { $0 != request.messageId }
        return (try await messages.messages(said.suffix(Self.historyLength), in: chat.id), said.last)
    }

    private static let unknownChat = Problem(
        .notFound, "There is no chat with this id.", fields: [FieldProblem(field: "chatId", detail: "Unknown.")])

    private func recallOrFind(_ request: ChatRequest, _ chatId: String, _ manner: AnswerManner) async throws -> Search {
        let documents = try await documents(request, chatId)
        let (answer, key) = try await library.remembered(request.question.text, documents: documents, manner)
        if let answer { return Search(documents: documents, remembered: answer) }
        var search = try await find(
            request.question.text, in: documents, chatId, isNarrowed: request.question.isNarrowed, manner)
        search.cacheKey = key
        return search
    }

    private func find(_ request: ChatRequest, _ chatId: String, standalone: String?, _ manner: AnswerManner)
        async throws
        -> Search
    {
        let documents = try await documents(request, chatId)
        var search = try await find(
            standalone ?? request.question.text, in: documents, chatId, isNarrowed: request.question.isNarrowed, manner)
        search.standaloneQuestion = standalone
        return search
    }

    private func find(
        _ question: String, in documents: [String]?, _ chatId: String, isNarrowed: Bool, _ manner: AnswerManner
    ) async throws -> Search {
        guard let documents else { return Search() }
        async let found = library.search(question, in: documents, manner.retrieval)
        let overview = try await library.overview(question, of: documents)
        var search = Search(documents: documents, found: try await found, overview: overview)
        if documents.isEmpty {
            search.emptyScope = try await library.emptyScope(chatId: chatId, isNarrowed: isNarrowed)
        }
        return search
    }

    private func documents(_ request: ChatRequest, _ chatId: String) async throws -> [String]? {
        guard request.question.useDocuments else { return nil }
        return try await library.catalog.searchableDocuments(
            chatId: chatId, only: request.question.documents, filter: request.question.filter)
    }
}
