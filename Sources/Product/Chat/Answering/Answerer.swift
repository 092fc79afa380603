import Catalog
import JSONCoding
import Models
import Quotas
import Retrieval
import Telemetry

/// Makes answers: asks the models in turn until one has answered, runs the tools that they ask for, and falls back on
/// quotes from the documents when no model can be reached.
struct Answerer: Sendable {
    typealias Emit = @Sendable (AnswerEvent) async throws -> Void

    /// A service that asks to wait no longer than this is asked again when there is no other.
    private static let longestWait = Duration.seconds(10)

    let models: ModelList
    let retriever: PassageRetriever
    let circuits: Circuits
    let unsupported: UnsupportedHandling
    let meter: Meter
    let log: Log

    /// A draft for a task.
    func draft(_ task: AnswerTask, watch: Stopwatch) -> Draft {
        let found = task.found?.passages ?? []
        let sources = SourceList(task.overview == nil ? found : [])
        // What the documents begin with stands in front of what was found.
        if let overview = task.overview { _ = sources.add(overview.openings + found) }
        return Draft(
            sources: sources, egress: task.egress, unsupported: unsupported, refusal: task.preset.refusal,
            searched: AnswerTimes(
                embed: task.found?.embedMilliseconds ?? 0, search: task.found?.searchMilliseconds ?? 0),
            model: task.model,
            provider: models.entry(task.model)?.model?.provider ?? ModelList.extractive,
            question: task.standaloneQuestion, retrieval: task.found?.configuration,
            trial: task.trial, watch: watch)
    }

    /// Writes the answer into the draft and reports it event by event.
    ///
    /// - Throws: `ModelServiceError` when no model could answer; what `emit` throws.
    func write(_ task: AnswerTask, _ draft: Draft, emit: @escaping Emit) async throws {
        defer { draft.note { $0.quotas = meter.nearlyUsed.map(\.json) } }
        let chain = models.chain(from: task.model)
        if chain.contains(where: { $0.model != nil }) { await circuits.refresh() }
        var failure: ModelServiceError?
        var skipped: [any ChatModel] = []
        for entry in chain {
            guard let model = entry.model else {
                // Quotes cannot go on with another's sentence; what they would be worth after a failure is seen below.
                if failure == nil, skipped.isEmpty { return try await quote(task, draft, emit) }
                continue
            }
            if let reason = await circuits.reasonToSkip(model.id) {
                skipped.append(model)
                draft.note {
                    $0.attempts.append(.init(model: model.id, failure: "skipped, \(reason)", milliseconds: 0))
                }
                continue
            }
            guard let error = try await attempt(model, task, draft, emit) else { return }
            failure = error
        }
        // Better a service that failed lately than none.
        if failure == nil {
            for model in skipped {
                guard let error = try await attempt(model, task, draft, emit) else { return }
                failure = error
            }
        }
        if try await lastResort(task, draft, emit) { return }
        throw failure ?? ModelServiceError(service: task.model, kind: .unavailable, reason: "there is no model")
    }

    /// Asks one model, again where that may help. Returns why it failed; `nil` when it has answered.
    @inline(never)
    private func attempt(
        _ model: any ChatModel, _ task: AnswerTask, _ draft: Draft, _ emit: @escaping Emit
    ) async throws -> ModelServiceError? {
        var task = task
        var tokens = model.settings.contextTokens - model.settings.reservedTokens
        let isOnly = models.entries.count { $0.model != nil } == 1
        var retries = 0
        while true {
            let watch = Stopwatch()
            do {
                draft.beginContinuation()
                try await Dialogue(model: model, task: task, draft: draft, emit: emit).run(tokens: tokens)
                try await Correction(model: model, task: task, draft: draft, log: log).run(tokens: tokens)
                draft.note { receipt in
                    receipt.model = model.id
                    receipt.provider = model.provider
                    receipt.attempts.append(.init(model: model.id, failure: nil, milliseconds: watch.milliseconds))
                }
                await circuits.noteSuccess(model.id)
                return nil
            } catch let error as ModelServiceError {
                log.warning("the model failed", ["model": model.id, "error": error.description])
                draft.note {
                    $0.attempts.append(
                        .init(model: model.id, failure: error.kind.rawValue, milliseconds: watch.milliseconds))
                }
                retries += 1
                if retries == 1, draft.text.isEmpty {
                    switch error.kind {
                    case .contextTooLong:
                        tokens /= 2
                        continue
                    case .badRequest where !task.tools.tools.isEmpty:
                        // Many small models refuse requests that offer tools.
                        task.tools = ToolKit()
                        continue
                    case .rateLimited, .unavailable:
                        if isOnly, let wait = error.retryAfter, wait <= Self.longestWait {
                            try await Task.sleep(for: wait)
                            continue
                        }
                    default: break
                    }
                }
                await circuits.noteFailure(error)
                guard error.failsOver else { throw error }
                return error
            }
        }
    }

    /// Quotes, when the documents have an answer and nothing was written yet. Returns whether there is an answer now.
    @inline(never)
    private func lastResort(_ task: AnswerTask, _ draft: Draft, _ emit: @escaping Emit) async throws -> Bool {
        guard draft.text.isEmpty, task.verbatim == nil, task.found != nil else { return false }
        let watch = Stopwatch()
        let answer = await extracted(task, draft)
        guard answer.isFound else { return false }
        try await quote(answer, draft, watch, emit)
        return true
    }

    @inline(never)
    private func quote(_ task: AnswerTask, _ draft: Draft, _ emit: @escaping Emit) async throws {
        let watch = Stopwatch()
        try await quote(await extracted(task, draft), draft, watch, emit)
    }

    private func quote(
        _ answer: ExtractiveAnswerer.Answer, _ draft: Draft, _ watch: Stopwatch, _ emit: @escaping Emit
    ) async throws {
        for piece in answer.pieces {
            draft.adopt(piece, quotes: answer.citations, ending: answer.isFound ? .stop : .notFound)
            try await emit(.delta(piece))
        }
        draft.note { receipt in
            receipt.model = ModelList.extractive
            receipt.provider = ModelList.extractive
            receipt.attempts.append(
                .init(model: ModelList.extractive, failure: nil, milliseconds: watch.milliseconds))
        }
    }

    private func extracted(_ task: AnswerTask, _ draft: Draft) async -> ExtractiveAnswerer.Answer {
        guard let found = task.found else {
            return .init(
                pieces: [
                    "Without a language model I can only quote from documents. Switch documents on, or set APUS_MODELS."
                ],
                citations: [], isFound: false)
        }
        if let overview = task.overview { return overview.answer(draft.sources) }
        return ExtractiveAnswerer(preset: task.preset).answer(
            task.standaloneQuestion ?? task.question, found, await retriever.evidence(for: found),
            emptyScope: task.emptyScope)
    }
}
