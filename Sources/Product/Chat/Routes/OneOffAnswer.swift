import Catalog
import Models
import Quotas
import Telemetry

/// Answers that belong to no chat: nothing of them is stored but what they took.
struct OneOffAnswer: Sendable {
    let library: Library
    let answerer: Answerer

    /// A question by itself that can be answered.
    enum Prepared: Sendable {
        /// An equal one was answered before.
        case remembered(AnswerOutcome)
        /// It is to be answered, and remembered under the key.
        case asked(AnswerTask, key: String?)
    }

    /// Counts a question and finds its passages. Whatever can fail with a status fails here.
    func prepare(_ asked: QuestionFields) async throws -> Prepared {
        let manner = try await library.manner(of: asked, in: nil, isNewChat: true)
        try await library.meter.admitQuestion()
        let documents =
            asked.useDocuments
            ? try await library.catalog.searchableDocuments(chatId: nil, only: asked.documents, filter: asked.filter)
            : nil
        let (remembered, key) = try await library.remembered(asked.text, documents: documents, manner)
        if let remembered { return .remembered(remembered) }
        let task = try await task(asked.text, in: documents, isNarrowed: asked.isNarrowed, manner)
        return .asked(task, key: key)
    }

    /// Answers, and reports how it goes, but for the end.
    ///
    /// - Throws: `ModelServiceError`; what `emit` throws.
    func write(_ prepared: Prepared, watch: Stopwatch, emit: @escaping Answerer.Emit) async throws -> AnswerOutcome {
        switch prepared {
        case .remembered(let remembered):
            let answer = await library.recalled(remembered, watch: watch)
            try await answer.replay { event in
                if case .done = event { return }
                try await emit(event)
            }
            return answer
        case .asked(let task, let key): return try await run(task, watch: watch, key: key, emit: emit)
        }
    }

    /// A task for a question by itself, with its passages found.
    ///
    /// - Parameters:
    ///   - documents: Documents to search; `nil` when they are not to be used.
    ///   - isNarrowed: Whether the question is limited to some documents.
    func task(_ question: String, in documents: [String]?, isNarrowed: Bool = false, _ manner: AnswerManner)
        async throws
        -> AnswerTask
    {
        var task = AnswerTask(question: question, preset: manner.preset, model: manner.model)
        task.documents = documents ?? []
        if let documents {
            async let found = library.search(question, in: documents, manner.retrieval)
            task.overview = try await library.overview(question, of: documents)
            task.found = try await found
        }
        if documents?.isEmpty ?? false {
            task.emptyScope = try await library.emptyScope(chatId: nil, isNarrowed: isNarrowed)
        }
        task.tools = ToolKit(library.tools, for: manner.preset, usesDocuments: documents != nil)
        return task
    }

    /// Writes the answer.
    ///
    /// - Parameter key: Where it is to be remembered.
    /// - Throws: `ModelServiceError`; what `emit` throws.
    func run(_ task: AnswerTask, watch: Stopwatch, key: String? = nil, emit: @escaping Answerer.Emit) async throws
        -> AnswerOutcome
    {
        let draft = answerer.draft(task, watch: watch)
        if task.verbatim == nil { try await emit(.sources(draft.sources.all)) }
        do {
            try await answerer.write(task, draft, emit: emit)
        } catch {
            // A caller who leaves is no failure of the model.
            let broken = draft.finish(error is ModelServiceError ? .error : .cancelled)
            await Task { await library.count(broken) }.value
            throw error
        }
        let answer = draft.finish(nil)
        await Task {
            await library.count(answer)
            await library.remember(answer, task, under: key)
        }.value
        return answer
    }
}
