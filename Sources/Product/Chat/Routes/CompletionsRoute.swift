import Catalog
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Models
import OpenAIFaces
import Problems
import Quotas
import Retrieval
import Telemetry

/// `POST /v1/chat/completions` and `GET /v1/models`, so that OpenAI's SDKs and any chat client can talk to the documents:
/// the model `apus` answers from them, every other name is a model of `APUS_MODELS` by itself.
struct CompletionsRoute: Sendable {
    /// Documents plus the default model.
    static let documentModel = "apus"
    private static let bodyLimit = 4 << 20

    let answers: OneOffAnswer
    private var library: Library { answers.library }

    /// The list of models.
    func models() -> HTTPResponse {
        let own: [(String, String)] = [(Self.documentModel, "apus")]
        let all = own + library.models.entries.map { ($0.id, $0.model?.provider ?? ModelList.extractive) }
        let data = all.map { entry -> JSONValue in
            ["id": .string(entry.0), "object": "model", "created": 0, "owned_by": .string(entry.1)]
        }
        return HTTPResponse(json: ["object": "list", "data": .array(data)])
    }

    /// An answer in OpenAI's form; so are the problems.
    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        await OpenAIError.answering(request, log: library.log) {
            let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
            let wanted = try CompletionRequest(body)
            try await library.meter.admitQuestion()
            let task = try await task(wanted)
            let watch = Stopwatch()
            let form = CompletionForm(id: "chatcmpl-" + UUIDv7.make(), model: wanted.model)
            guard wanted.streams else {
                let answer = try await answers.run(task, watch: watch) { _ in }
                return HTTPResponse(json: form.whole(answer))
            }
            return EventStream.response { events in
                try await stream(task, wanted, form, watch, events)
            }
        }
    }

    private func stream(
        _ task: AnswerTask, _ wanted: CompletionRequest, _ form: CompletionForm, _ watch: Stopwatch,
        _ events: EventStream
    ) async throws {
        do {
            try await events.send(form.chunk(["role": "assistant", "content": ""]))
            let answer = try await answers.run(task, watch: watch) { event in
                if case .delta(let text) = event { try await events.send(form.chunk(["content": .string(text)])) }
            }
            for chunk in form.ending(answer, withUsage: wanted.wantsUsage) { try await events.send(chunk) }
        } catch let error as ModelServiceError {
            try await events.send(OpenAIError.json(error.problem))
        }
        try await events.sendText("[DONE]")
    }

    private func task(_ wanted: CompletionRequest) async throws -> AnswerTask {
        let usesDocuments = wanted.model == Self.documentModel || wanted.model == ModelList.extractive
        let model = try library.model(wanted.model == Self.documentModel ? nil : wanted.model)
        guard let place = wanted.messages.lastIndex(where: { $0.role == .user }) else {
            throw InvalidFields(field: "messages", detail: "Must have a message of the user.")
        }
        let question = wanted.messages[place].text
        guard !question.isEmpty else {
            throw InvalidFields(field: "messages", detail: "The last user's message is empty.")
        }
        let documents =
            usesDocuments ? try await library.catalog.searchableDocuments(chatId: nil, only: nil) : nil
        let manner = AnswerManner(
            model: model, preset: library.presets.standard, retrieval: library.retriever.configuration)
        var task = try await answers.task(question, in: documents, manner)
        if usesDocuments {
            let system = wanted.messages.filter { $0.role == .system }.map(\.text)
            task.instructions = system.isEmpty ? nil : system.joined(separator: "\n")
            task.history = wanted.messages[..<place].filter { $0.role != .system }
            task.following = wanted.messages[(place + 1)...].filter { $0.role != .system }
        } else {
            task.verbatim = wanted.messages
            task.tools = ToolKit()
        }
        task.callersTools = wanted.tools
        task.toolChoice = wanted.toolChoice
        task.temperature = wanted.temperature
        task.maximumTokens = wanted.maximumTokens
        return task
    }
}
