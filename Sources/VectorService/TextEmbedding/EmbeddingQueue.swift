import Dispatch
public import LateInteraction
public import MatrixProducts
import Synchronization
import TaskTools
import WordPieces

/// Lets many callers share one encoder: questions that wait together are computed together, and go before the pieces of
/// large batches, which take turns, so that nobody's upload waits for all of another's.
public final class EmbeddingQueue: Sendable {
    private struct Job: Sendable {
        let input: MiniLMEncoder.Input
        let index: Int
        let request: Request
    }

    private final class Request: Sendable {
        private struct State {
            var missing: Int
            var embeddings: [EmbeddedText?]
            var continuation: CheckedContinuation<[EmbeddedText], any Error>?
            /// What it ended with, when it did so before anybody waited.
            var failure: (any Error)?
            var isOver = false
        }
        private let state: Mutex<State>

        init(count: Int) { state = Mutex(State(missing: count, embeddings: Array(repeating: nil, count: count))) }

        /// Whether nobody waits for the rest.
        var isOver: Bool { state.withLock { $0.isOver } }

        func begin(_ continuation: CheckedContinuation<[EmbeddedText], any Error>) {
            let failure = state.withLock { state in
                if state.failure == nil { state.continuation = continuation }
                return state.failure
            }
            if let failure { continuation.resume(throwing: failure) }
        }

        func complete(_ index: Int, _ embedding: EmbeddedText) {
            let done: (CheckedContinuation<[EmbeddedText], any Error>, [EmbeddedText])? = state.withLock { state in
                state.embeddings[index] = embedding
                state.missing -= 1
                guard state.missing == 0, let continuation = state.continuation else { return nil }
                state.continuation = nil
                state.isOver = true
                return (continuation, state.embeddings.compactMap(\.self))
            }
            if let (continuation, embeddings) = done { continuation.resume(returning: embeddings) }
        }

        func fail(_ error: any Error) {
            let continuation = state.withLock { state in
                if state.isOver { return nil as CheckedContinuation<[EmbeddedText], any Error>? }
                state.isOver = true
                state.failure = error
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume(throwing: error)
        }
    }

    private struct Waiting {
        var small: [Job] = []
        /// What is left of each large batch, the one whose turn is next first.
        var large: [[Job]] = []
        var isRunning = false
        var texts = 0
    }

    /// How the encoder holds matrices.
    public let precision: Precision
    private let queue = DispatchQueue(label: "apus.embedding")
    // Used on the queue only.
    private nonisolated(unsafe) let encoder: MiniLMEncoder
    private let waiting = Mutex(Waiting())

    /// Takes over an encoder.
    public init(_ encoder: sending MiniLMEncoder) {
        precision = encoder.precision
        self.encoder = encoder
    }

    /// Texts that may wait together; at 256 word pieces each they take about 70 MB.
    package static let maximumWaiting = 65_536

    /// Texts that have not been computed yet.
    package var waitingTexts: Int { waiting.withLock { $0.texts } }

    /// An embedding for each text, and the number of word pieces they have. When the caller's task is cancelled, what
    /// has not been computed is dropped.
    ///
    /// - Parameter keepsTokens: Whether the embeddings of the texts' tokens are wanted, too.
    /// - Throws: `EmbeddingQueueFull` when too many texts wait already.
    public func embed(_ texts: [String], keepsTokens: Bool = false) async throws
        -> (embeddings: [EmbeddedText], tokens: Int)
    {
        if texts.isEmpty { return ([], 0) }
        // Thousands of texts take a core for a while.
        let sequences = try await BlockingCalls.run {
            texts.map { WordPieceTokenizer.shared.encode($0, limit: MiniLMEncoder.maximumTokens) }
        }
        let total = sequences.reduce(0) { $0 + $1.count }
        let request = Request(count: texts.count)
        let embeddings = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                request.begin(continuation)
                // Texts of like length together, so that the pieces of a batch take like times.
                let jobs = sequences.enumerated().map { index, ids in
                    Job(
                        input: MiniLMEncoder.Input(ids: ids, keepsTokens: keepsTokens), index: index, request: request)
                }.sorted { $0.input.ids.count < $1.input.ids.count }
                let starts: Bool? = waiting.withLock { waiting in
                    guard waiting.texts + jobs.count <= Self.maximumWaiting else { return nil }
                    waiting.texts += jobs.count
                    if jobs.count <= 2 { waiting.small += jobs } else { waiting.large.append(jobs) }
                    defer { waiting.isRunning = true }
                    return !waiting.isRunning
                }
                guard let starts else { return request.fail(EmbeddingQueueFull()) }
                if starts { queue.async { self.work() } }
            }
        } onCancel: {
            request.fail(CancellationError())
        }
        return (embeddings, total)
    }

    private func work() {
        while let (jobs, isLarge) = nextBatch() {
            let wanted = jobs.filter { !$0.request.isOver }
            if wanted.isEmpty { continue }
            do {
                let outputs = try encoder.embed(wanted.map(\.input), usesAllCores: isLarge)
                for (job, output) in zip(wanted, outputs) {
                    job.request.complete(
                        job.index,
                        EmbeddedText(vector: output.vector, tokens: output.tokens.flatMap { TokenEmbeddings($0) }))
                }
            } catch {
                for job in wanted { job.request.fail(error) }
            }
        }
    }

    private func nextBatch() -> (jobs: [Job], isLarge: Bool)? {
        waiting.withLock { waiting in
            if let batch = Self.take(&waiting.small, limit: 512) {
                waiting.texts -= batch.count
                return (batch, false)
            }
            guard !waiting.large.isEmpty else {
                waiting.isRunning = false
                return nil
            }
            var jobs = waiting.large.removeFirst()
            let whole = jobs.count
            // The whole of one whose caller has gone goes at once.
            let isOver = jobs.first?.request.isOver ?? true
            let batch = isOver ? [] : Self.take(&jobs, limit: MiniLMEncoder.batchTokens) ?? []
            if !isOver, !jobs.isEmpty { waiting.large.append(jobs) }
            waiting.texts -= isOver ? whole : batch.count
            return (batch, true)
        }
    }

    private static func take(_ jobs: inout [Job], limit: Int) -> [Job]? {
        guard !jobs.isEmpty else { return nil }
        var total = 0
        let count = jobs.prefix { job in
            total += job.input.ids.count
            return total <= limit
        }.count
        defer { jobs.removeFirst(max(1, count)) }
        return Array(jobs.prefix(max(1, count)))
    }
}

/// What the encoder makes of a text.
public struct EmbeddedText: Sendable {
    /// Of unit length, 384 numbers.
    public let vector: [Float]
    /// Of its tokens, when they were asked for.
    public let tokens: TokenEmbeddings?
}

/// Too many texts wait for the encoder; the caller comes back later.
public struct EmbeddingQueueFull: Error, Sendable {}
