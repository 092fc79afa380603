import Catalog
import ChatMessages
import JSONCoding
import Models
import OpenAIFaces
import Problems
import Quotas
import Retrieval
import Tools

/// What happens before the first event of a response: what was said before is read, passages are found. Whatever can fail with a
/// status fails here.
struct ResponsePreparation: Sendable {
    /// A request that can be answered.
    struct Prepared: Sendable {
        let request: ResponseRequest
        let task: AnswerTask
        /// The conversation and where it goes on.
        let chat: ChatRecord?
        let end: ConversationStore.End?
        /// Queries of the search that was asked for; `nil` without one.
        let queries: [String]?
        /// Attributes of the files that were searched, by document.
        let attributes: [String: JSONValue]
    }

    /// Characters of a question by which passages are looked for and quoted.
    private static let longestSearched = 2000

    let answers: OneOffAnswer
    let conversations: ConversationStore
    private var library: Library { answers.library }

    func prepare(_ request: ResponseRequest) async throws -> Prepared {
        let isApus = request.model == CompletionsRoute.documentModel
        let model = try self.model(isApus ? nil : request.model)
        let usesDocuments = isApus || model == ModelList.extractive || request.tools.fileSearch != nil
        try requireModel(for: request, model)
        if request.stores { try await library.catalog.requireResponseRoom() }
        let chat: ChatRecord?
        if let id = request.conversation {
            chat = try await conversations.chat(id, field: "conversation")
        } else {
            chat = nil
        }
        let dialogue = try ResponseDialogue(context: try await context(of: request, chat), items: request.items)
        let (scope, attributes) = try await scope(of: request, chat, usesDocuments: usesDocuments)
        try await library.meter.admitQuestion()
        var task = AnswerTask(question: dialogue.question, preset: library.presets.standard, model: model)
        if let scope { try await find(&task, in: scope, dialogue, request, chat) }
        fill(&task, request, dialogue, usesDocuments: usesDocuments, isApus: isApus)
        var end: ConversationStore.End?
        if let chat {
            // The question is stored before the model is called.
            end = try await conversations.add(request.items, to: chat, at: try await conversations.end(of: chat))
        }
        let query = task.standaloneQuestion ?? task.question
        return Prepared(
            request: request, task: task, chat: chat, end: end,
            queries: request.tools.fileSearch == nil ? nil : [query], attributes: attributes)
    }

    private func model(_ id: String?) throws -> String {
        do { return try library.model(id) } catch let error as InvalidFields {
            var problem = Problem(error)
            problem.code = "model_not_found"
            problem.fields = [
                FieldProblem(
                    field: "model", detail: "There is no model '\((id ?? "").prefix(100))'. GET /v1/models lists them.")
            ]
            throw problem
        }
    }

    /// Quotes call no functions: whoever waits for a call is to know that none will come.
    private func requireModel(for request: ResponseRequest, _ model: String) throws {
        guard !request.tools.functions.isEmpty, library.models.entry(model)?.model == nil else { return }
        throw InvalidFields(
            field: "tools",
            detail:
                "\(model) only quotes documents and calls no functions. Name a language model; GET /v1/models lists them."
        )
    }

    private func context(of request: ResponseRequest, _ chat: ChatRecord?) async throws -> [ResponseItem] {
        if let chat { return try await conversations.context(of: chat) }
        guard let previous = request.previous else { return [] }
        let field = "previous_response_id"
        guard let chain = try await library.catalog.responseChain(to: previous), let last = chain.last else {
            throw OpenAIError.unknown(
                "response", ObjectID.response.text(previous), field: field, code: "previous_response_not_found")
        }
        if let chat = chain.lazy.compactMap(\.chat).first {
            throw InvalidFields(
                field: field,
                detail:
                    "That response belongs to a conversation: send conversation '\(ObjectID.conversation.text(chat))'.")
        }
        guard ["completed", "incomplete"].contains(last.status) else {
            throw InvalidFields(
                field: field, detail: "That response is \(last.status): there is nothing to go on from.")
        }
        let items = chain.flatMap { $0.input + ($0.response["output"]?.array ?? []) }
        return items.compactMap(ResponseItem.init(stored:))
    }

    /// The documents that may be searched; `nil` when they are not to be used.
    private func scope(of request: ResponseRequest, _ chat: ChatRecord?, usesDocuments: Bool) async throws
        -> (documents: [String]?, attributes: [String: JSONValue])
    {
        guard usesDocuments else { return (nil, [:]) }
        guard let search = request.tools.fileSearch else {
            return (try await library.catalog.searchableDocuments(chatId: chat?.id, only: nil), [:])
        }
        guard let scope = try await library.catalog.vectorStoreScope(search.stores) else {
            for (place, store) in search.stores.enumerated() where try await library.catalog.vectorStore(store) == nil {
                throw OpenAIError.unknown(
                    "vector store", ObjectID.vectorStore.text(store), field: "\(search.field)[\(place)]")
            }
            throw OpenAIError.unknown("vector store", "", field: search.field)
        }
        let chosen = scope.filter { search.options.filter?.matches($0.attributes) ?? true }
        var attributes: [String: JSONValue] = [:]
        for file in chosen { attributes[file.document] = file.attributes }
        return (attributes.keys.sorted(), attributes)
    }

    private func find(
        _ task: inout AnswerTask, in documents: [String], _ dialogue: ResponseDialogue, _ request: ResponseRequest,
        _ chat: ChatRecord?
    ) async throws {
        task.documents = documents
        if task.question.utf8.count > Self.longestSearched {
            // What is longer is a text to work on, which begins with what is wanted of it.
            task.standaloneQuestion = String(task.question.prefix(Self.longestSearched))
        } else if !dialogue.history.isEmpty, FollowUp.isLikely(dialogue.question) {
            let rewriter = FollowUp(model: library.models.entry(task.model)?.model)
            task.standaloneQuestion = await rewriter.standalone(dialogue.question, after: dialogue.history)
        }
        let question = task.standaloneQuestion ?? task.question
        let options = request.tools.fileSearch?.options ?? SearchOptions()
        let found = try await library.search(question, in: documents, count: options.count)
        task.found = options.threshold > 0 ? found.scoring(atLeast: options.threshold) : found
        task.overview = try await library.overview(question, of: documents)
        if documents.isEmpty {
            let isNarrowed = request.tools.fileSearch != nil
            task.emptyScope = try await library.emptyScope(chatId: chat?.id, isNarrowed: isNarrowed)
        }
    }

    private func fill(
        _ task: inout AnswerTask, _ request: ResponseRequest, _ dialogue: ResponseDialogue, usesDocuments: Bool,
        isApus: Bool
    ) {
        let instructions = (request.instructions.map { [$0] } ?? []) + dialogue.instructions
        let joined = instructions.filter { !$0.isEmpty }.joined(separator: "\n")
        if usesDocuments {
            task.instructions = joined.isEmpty ? nil : joined
            task.history = dialogue.history
            task.following = dialogue.following
        } else {
            task.verbatim = (joined.isEmpty ? [] : [ModelMessage(.system, joined)]) + dialogue.messages
        }
        task.temperature = request.temperature
        task.maximumTokens = request.maximumTokens
        let functions = request.tools.functions.map {
            ToolSpecification(name: $0.name, description: $0.description, parameters: $0.parameters)
        }
        // A model that has to call a function is to call one of the caller's, and one that may call none has none.
        switch request.tools.choice {
        case .none: return
        case .required where functions.isEmpty: return
        case .required: task.toolChoice = "required"
        case .function(let name):
            task.toolChoice = ["type": "function", "function": ["name": .string(name)]]
        case .auto, .fileSearch:
            // How much is searched, and how well it has to fit, holds for the search that was asked for alone.
            let options = request.tools.fileSearch?.options
            if usesDocuments, options?.count == nil, options?.threshold ?? 0 == 0 {
                let tools = isApus ? library.tools : library.tools.filter { $0.kind == .documents }
                task.tools = ToolKit(tools, for: task.preset, usesDocuments: true)
            }
        }
        task.callersTools = functions
    }
}
