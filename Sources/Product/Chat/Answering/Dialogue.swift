import JSONCoding
import Models
import Retrieval
import Synchronization
import Telemetry
import Tools

/// One model's work on an answer: it writes, asks for tools, gets their results, and goes on, for a few rounds.
final class Dialogue: Sendable {
    private static let maximumRounds = 6
    private static let maximumCallsPerRound = 8
    private static let roundsAreOver = "No more tools can be used for this answer. Answer now with what there is."

    let model: any ChatModel
    let task: AnswerTask
    let draft: Draft
    let emit: Answerer.Emit
    private let fence = Fence()
    private let proposals = Mutex<[ToolProposal]>([])

    init(model: any ChatModel, task: AnswerTask, draft: Draft, emit: @escaping Answerer.Emit) {
        self.model = model
        self.task = task
        self.draft = draft
        self.emit = emit
    }

    /// What one request brought.
    private struct Round: Sendable {
        var text = ""
        var calls: [ToolCall] = []
        var count = TokenCount()
        var reason = FinishReason.stop
    }

    /// A round that the model's task fills.
    private final class RoundInProgress: Sendable {
        private let state = Mutex(Round())
        var value: Round { state.withLock { $0 } }
        func change(_ body: (inout Round) -> Void) { state.withLock { body(&$0) } }
    }

    /// Runs until the model has answered.
    ///
    /// - Parameter tokens: Most tokens of the prompt.
    /// - Throws: `ModelServiceError`; what `emit` throws.
    func run(tokens: Int) async throws {
        let specifications = (model.settings.tools ? task.tools.specifications : []) + task.callersTools
        let begun = draft.text
        var messages = Prompt(task: task, sources: draft.sources.all, begun: begun, fence: fence).messages(
            tokens: tokens)
        for number in 1... {
            var request = ModelRequest(messages, tools: specifications)
            request.toolChoice = task.toolChoice
            request.temperature = task.temperature
            request.maximumTokens = task.maximumTokens
            let round = try await send(request)
            if round.calls.isEmpty { return try await finish(round.reason, hasText: draft.text.count > begun.count) }
            let names = Set(task.callersTools.map(\.name))
            let theirs = round.calls.filter { names.contains($0.name) }
            if !theirs.isEmpty {
                draft.setToolCalls(theirs)
                return try await finish(.toolCalls, hasText: true)
            }
            guard number <= Self.maximumRounds else {
                throw ModelServiceError(
                    service: model.id, kind: .unavailable, reason: "the model asks for tools without end")
            }
            messages.append(.asking(round.text, for: round.calls))
            messages += try await results(of: round.calls, isOver: number == Self.maximumRounds)
            // Nothing goes on until the user has decided.
            let proposed = proposals.withLock { $0 }
            if !proposed.isEmpty { return try await propose(proposed) }
        }
    }

    private func propose(_ proposals: [ToolProposal]) async throws {
        let rest = draft.endOfText()
        if !rest.isEmpty { try await emit(.delta(rest)) }
        for proposal in proposals { try await emit(.delta(draft.append(proposal.explanation))) }
        draft.setEnding(.stop)
    }

    private func finish(_ reason: FinishReason, hasText: Bool) async throws {
        let rest = draft.endOfText()
        if !rest.isEmpty { try await emit(.delta(rest)) }
        if reason == .contentFilter {
            throw ModelServiceError(service: model.id, kind: .refused, reason: "the answer was ended by content rules")
        }
        guard hasText || !draft.text.isEmpty || reason == .length else {
            throw ModelServiceError(service: model.id, kind: .unavailable, reason: "the answer is empty")
        }
        switch reason {
        case .length: draft.setEnding(.length)
        // Some services say that tools are wanted without asking for one.
        case .toolCalls where !draft.asksForNothing: draft.setEnding(.toolCalls)
        case .stop, .toolCalls, .contentFilter: draft.setEnding(.stop)
        }
    }

    private func send(_ request: ModelRequest) async throws -> Round {
        let round = RoundInProgress()
        do {
            try await model.answer(request) { [draft, emit] event in
                try Task.checkCancellation()
                round.change { $0.count.take(event) }
                switch event {
                case .text(let text):
                    round.change { $0.text += text }
                    let shown = draft.take(text)
                    if !shown.isEmpty { try await emit(.delta(shown)) }
                case .toolCall(let call): round.change { $0.calls.append(call) }
                case .finished(let reason): round.change { $0.reason = reason }
                case .usage, .working: break
                }
            }
        } catch {
            count(request, round.value)
            throw error
        }
        count(request, round.value)
        return round.value
    }

    private func count(_ request: ModelRequest, _ round: Round) {
        guard let usage = round.count.usage(of: request) else { return }
        draft.note { $0.add(usage, price: model.settings.price) }
    }

    // MARK: - Tools

    /// Runs the calls side by side; the results come in the calls' order.
    private func results(of calls: [ToolCall], isOver: Bool) async throws -> [ModelMessage] {
        guard !isOver else { return calls.map { .result(Self.roundsAreOver, of: $0, isError: true) } }
        let messages = try await withThrowingTaskGroup(of: (Int, ModelMessage).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask { [self] in
                    (index, try await result(of: call, isTooMany: index >= Self.maximumCallsPerRound))
                }
            }
            var messages = [ModelMessage?](repeating: nil, count: calls.count)
            for try await (index, message) in group { messages[index] = message }
            return messages.compactMap(\.self)
        }
        return messages
    }

    private func result(of call: ToolCall, isTooMany: Bool) async throws -> ModelMessage {
        var activity = ToolActivity(
            id: call.id, name: call.name, kind: task.tools.kind(of: call.name), arguments: call.arguments)
        try await emit(.tool(activity))
        let watch = Stopwatch()
        var message: ModelMessage
        do {
            if isTooMany { throw ToolFailure("At most \(Self.maximumCallsPerRound) tools at a time.") }
            let outcome = try await task.tools.run(call, in: turn)
            let numbered = draft.sources.add(outcome.sources)
            for source in numbered where source.url == nil { draft.egress.noteConfidential(source.text) }
            let parts = [outcome.text.isEmpty ? "" : fence.text(outcome.text, "result"), fence.passages(numbered)]
            message = .result(parts.filter { !$0.isEmpty }.joined(separator: "\n"), of: call, isError: false)
            activity.result = (outcome.summary, watch.milliseconds, false)
            if !numbered.isEmpty { try await emit(.sources(draft.sources.all)) }
        } catch let proposal as ToolProposal {
            proposals.withLock { $0.append(proposal) }
            message = .result("Error: The user has to confirm this first.", of: call, isError: true)
            activity.result = ("not run: the user has to confirm it", watch.milliseconds, true)
            activity.confirmation = proposal.code
        } catch let failure as ToolFailure {
            // It may tell what a service has answered.
            message = .result("Error: \(Fence.neutral(failure.description))", of: call, isError: true)
            activity.result = (failure.description, watch.milliseconds, true)
        } catch let error where !(error is CancellationError) && !Task.isCancelled {
            // Trouble of our own: the model gets to know that there is some, the log says which.
            message = .result("Error: The tool is not available at the moment.", of: call, isError: true)
            activity.result = ("not available", watch.milliseconds, true)
        }
        let done = activity
        draft.note { $0.tools.append(done) }
        try await emit(.tool(done))
        return message
    }

    private var turn: ToolTurn {
        ToolTurn(documents: task.documents, egress: draft.egress, proposals: task.proposals)
    }
}
