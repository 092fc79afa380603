import Dispatch
public import MatrixProducts
import Synchronization
import WordPieces

/// Lets many callers share one encoder: questions that wait together are computed together, and go before
/// the pieces of large batches, so that a question is not held up by a document being indexed.
public final class EmbeddingQueue: Sendable {
    private struct Job: Sendable {
        let tokens: [Int32]
        let index: Int
        let request: Request
    }

    private final class Request: Sendable {
        private struct State {
            var missing: Int
            var vectors: [[Float]]
            var continuation: CheckedContinuation<[[Float]], any Error>?
        }
        private let state: Mutex<State>

        init(count: Int, continuation: CheckedContinuation<[[Float]], any Error>) {
            state = Mutex(
                State(missing: count, vectors: Array(repeating: [], count: count), continuation: continuation))
        }

        func complete(_ index: Int, _ vector: [Float]) {
            let done: (CheckedContinuation<[[Float]], any Error>, [[Float]])? = state.withLock { state in
                state.vectors[index] = vector
                state.missing -= 1
                guard state.missing == 0, let continuation = state.continuation else { return nil }
                state.continuation = nil
                return (continuation, state.vectors)
            }
            if let (continuation, vectors) = done { continuation.resume(returning: vectors) }
        }

        func fail(_ error: any Error) {
            let continuation = state.withLock { state in
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume(throwing: error)
        }
    }

    private struct Waiting {
        var small: [Job] = []
        var large: [Job] = []
        var isRunning = false
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

    /// An embedding for each text, and the number of word pieces they have.
    public func embed(_ texts: [String]) async throws -> (vectors: [[Float]], tokens: Int) {
        if texts.isEmpty { return ([], 0) }
        let tokenizer = WordPieceTokenizer.shared
        let sequences = texts.map { tokenizer.encode($0, limit: MiniLMEncoder.maximumTokens) }
        let total = sequences.reduce(0) { $0 + $1.count }
        let vectors = try await withCheckedThrowingContinuation { continuation in
            let request = Request(count: texts.count, continuation: continuation)
            // Texts of like length together, so that the pieces of a batch take like times.
            let jobs = sequences.enumerated().map { Job(tokens: $1, index: $0, request: request) }
                .sorted { $0.tokens.count < $1.tokens.count }
            let starts = waiting.withLock { waiting in
                if texts.count <= 2 { waiting.small += jobs } else { waiting.large += jobs }
                defer { waiting.isRunning = true }
                return !waiting.isRunning
            }
            if starts { queue.async { self.work() } }
        }
        return (vectors, total)
    }

    private func work() {
        while let (jobs, isLarge) = nextBatch() {
            do {
                let vectors = try encoder.embed(jobs.map(\.tokens), usesAllCores: isLarge)
                for (job, vector) in zip(jobs, vectors) { job.request.complete(job.index, vector) }
            } catch {
                for job in jobs { job.request.fail(error) }
            }
        }
    }

    private func nextBatch() -> (jobs: [Job], isLarge: Bool)? {
        waiting.withLock { waiting in
            if let batch = Self.take(&waiting.small, limit: 512) { return (batch, false) }
            if let batch = Self.take(&waiting.large, limit: MiniLMEncoder.batchTokens) { return (batch, true) }
            waiting.isRunning = false
            return nil
        }
    }

    private static func take(_ jobs: inout [Job], limit: Int) -> [Job]? {
        guard !jobs.isEmpty else { return nil }
        var total = 0
        let count = jobs.prefix { job in
            total += job.tokens.count
            return total <= limit
        }.count
        defer { jobs.removeFirst(max(1, count)) }
        return Array(jobs.prefix(max(1, count)))
    }
}
