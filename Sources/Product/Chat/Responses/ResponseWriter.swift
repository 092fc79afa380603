import Catalog
import ChatMessages
import Digests
import HTTPMessages
import JSONCoding
import Models
import OpenAIFaces
import Problems
import Retrieval
import Synchronization
import Telemetry
import Tools

/// Writes one response: has it answered, tells the events, and keeps it however it ended.
final class ResponseWriter: Sendable {
    typealias Send = @Sendable ([ResponseStream.Event]) async throws -> Void

    private struct State {
        var stream: ResponseStream
        var sources: [FoundPassage] = []
        /// Sources that a search has told of.
        var told = 0
        var isInterrupted = false
    }

    private let prepared: ResponsePreparation.Prepared
    private let answers: OneOffAnswer
    private let conversations: ConversationStore
    private let watch: Stopwatch
    private let log: Log
    private let state: Mutex<State>
    private var request: ResponseRequest { prepared.request }

    init(
        _ prepared: ResponsePreparation.Prepared, answers: OneOffAnswer, conversations: ConversationStore,
        watch: Stopwatch, log: Log
    ) {
        self.prepared = prepared
        self.answers = answers
        self.conversations = conversations
        self.watch = watch
        self.log = log
        var head = prepared.request.echo
        head["model"] = .string(prepared.request.model)
        head["store"] = .bool(prepared.request.stores)
        head["metadata"] = prepared.request.metadata
        head["previous_response_id"] = .optional(prepared.request.previous.map(ObjectID.response.text))
        head["conversation"] =
            prepared.chat.map { ["id": .string(ObjectID.conversation.text($0.id))] } ?? .null
        state = Mutex(State(stream: ResponseStream(id: UUIDv7.make(), head: head)))
    }

    /// Our id.
    var id: String { state.withLock { $0.stream.id } }

    /// The response as it stands.
    var response: JSONValue {
        StoredResponseRoutes.shown(
            state.withLock { $0.stream.response }, withResults: request.include.contains(Include.results))
    }

    /// Answers, and tells the events. A failure of a model is an event, and returned.
    ///
    /// - Parameter isKept: Whether an earlier state of it is kept already.
    /// - Throws: what `send` throws, and `CancellationError`; what was written by then is kept.
    func run(isKept: Bool = false, _ send: @escaping Send) async throws -> Problem? {
        let draft = answers.answerer.draft(prepared.task, watch: watch)
        do {
            try await send(take { $0.stream.begin() })
            note(draft.sources.all)
            if let queries = prepared.queries { try await send(search(queries)) }
            try await answers.answerer.write(prepared.task, draft) { [self] in try await take($0, send) }
            try Task.checkCancellation()
        } catch let error as ModelServiceError {
            let problem = error.problem
            try await send(await finish(draft, .error, problem, isKept: isKept))
            return problem
        } catch {
            // The caller has gone, or has cancelled it; or the process ends.
            let problem = state.withLock { $0.isInterrupted } ? Self.interrupted : nil
            _ = await finish(draft, problem == nil ? .cancelled : .error, problem, isKept: isKept)
            throw error
        }
        let answer = draft.finish(nil)
        if answer.toolCalls.isEmpty, let problem = uncalled {
            try await send(await finish(draft, .error, problem, isKept: isKept))
            return problem
        }
        try await send(await finish(draft, nil, nil, isKept: isKept))
        return nil
    }

    /// What is said when a function had to be called, and was not.
    private var uncalled: Problem? {
        guard prepared.task.toolChoice != nil else { return nil }
        return Problem(
            .badGateway,
            "The model called no function though tool_choice asks for one: its service may not know how to be told. Try another model, or tool_choice auto."
        )
    }

    private static let interrupted = Problem(
        .serviceUnavailable, "The process that wrote it ended. Ask again.")

    /// Has it end as one that failed, when it is broken off from now on: the process ends.
    func interrupt() { state.withLock { $0.isInterrupted = true } }

    // MARK: - Events

    private func take(_ change: (inout State) -> [ResponseStream.Event]) -> [ResponseStream.Event] {
        state.withLock { change(&$0) }
    }

    private func take(_ event: AnswerEvent, _ send: Send) async throws {
        switch event {
        case .delta(let text): try await send(take { $0.stream.delta(text) })
        case .sources(let passages): note(passages)
        case .tool(let activity):
            guard prepared.queries != nil, activity.result != nil, activity.name == SearchDocumentsTool.name else {
                return
            }
            let query = (try? JSONParser.parse(activity.arguments))?["query"]?.string
            try await send(search(query.map { [$0] } ?? []))
        case .start, .done, .failed: break
        }
    }

    private func note(_ passages: [FoundPassage]) { state.withLock { $0.sources = passages } }

    /// A search whose results are the sources that were not told of yet.
    private func search(_ queries: [String]) -> [ResponseStream.Event] {
        let includes = request.include.contains(Include.results)
        return take { state in
            let new = state.sources.dropFirst(state.told).filter { $0.url == nil }
            state.told = state.sources.count
            let results = new.map {
                CitationForm.result($0.json, attributes: prepared.attributes[$0.documentId])
            }
            return state.stream.search(queries, results: results).map { event in
                includes ? event : (event.name, Self.withoutResults(event.data))
            }
        }
    }

    private static func withoutResults(_ data: JSONValue) -> JSONValue {
        guard var event = data.object, var item = event["item"]?.object else { return data }
        item["results"] = .null
        event["item"] = .object(item)
        return .object(event)
    }

    // MARK: - The end

    /// Keeps what there is; uninterrupted, since the caller may have gone. Returns the last events.
    private func finish(_ draft: Draft, _ ending: AnswerEnding?, _ problem: Problem?, isKept: Bool) async
        -> [ResponseStream.Event]
    {
        var answer = draft.finish(ending)
        if !request.isParallel { answer.toolCalls = Array(answer.toolCalls.prefix(1)) }
        let outcome = outcome(answer, problem)
        let events = take { $0.stream.end(outcome) }
        let finished = answer
        await Task {
            await answers.library.count(finished)
            await keepInConversation(finished)
            guard request.stores else { return }
            do { try await keep(isNew: !isKept) } catch {
                log.error("a response could not be kept", ["error": String(reflecting: error)])
            }
        }.value
        let includes = request.include.contains(Include.results)
        return events.map { event in
            guard var data = event.data.object, let response = data["response"] else { return event }
            data["response"] = StoredResponseRoutes.shown(response, withResults: includes)
            return (event.name, .object(data))
        }
    }

    private func outcome(_ answer: AnswerOutcome, _ problem: Problem?) -> ResponseOutcome {
        let ending: ResponseOutcome.Ending =
            switch answer.ending {
            case .length: .incomplete
            case .cancelled, .interrupted: .cancelled
            case .error: .failed
            case .stop, .notFound, .toolCalls: .completed
            }
        return ResponseOutcome(
            ending, text: answer.text, annotations: answer.citations.map { CitationForm.annotation($0.json) },
            calls: answer.toolCalls.map { .init(id: $0.id, name: $0.name, arguments: $0.arguments) },
            promptTokens: answer.usage.prompt, cachedTokens: answer.usage.cached,
            completionTokens: answer.usage.completion, receipt: answer.receipt?.json ?? .null, problem: problem)
    }

    private func keepInConversation(_ answer: AnswerOutcome) async {
        guard let chat = prepared.chat, let end = prepared.end else { return }
        let items = state.withLock { $0.stream.items }
        var message: ChatMessage?
        for item in items {
            // One that asks for a function is not the answer yet.
            guard case .message = item.content, answer.toolCalls.isEmpty, let question = end.question else { continue }
            message = answer.message(
                item.id, answering: question, in: chat.id, of: answers.library.catalog.workspace, at: "")
        }
        do {
            _ = try await conversations.add(items, to: chat, at: end, answer: message)
        } catch {
            log.error("an answer could not be added to its conversation", ["error": String(reflecting: error)])
        }
    }

    /// Keeps the response as it stands.
    ///
    /// - Throws: what the database throws.
    func keep(isNew: Bool) async throws {
        let (stream, response) = state.withLock { ($0.stream, $0.stream.response) }
        let record = ResponseRecord(
            id: stream.id, chat: prepared.chat?.id, previous: request.previous, status: stream.status,
            input: request.items.map(\.json), response: response)
        try await answers.library.catalog.keepResponse(record, isNew: isNew)
    }
}
