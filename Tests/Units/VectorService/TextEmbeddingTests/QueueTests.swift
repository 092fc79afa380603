import MatrixProducts
import TestSupport
import Testing
import TextEmbedding

/// Who waits for whom at the one encoder.
@Suite(.enabled(if: Fixtures.hasModel, "needs the embedding model; scripts/setup fetches it"))
struct QueueTests {
    private func queue() throws -> EmbeddingQueue {
        EmbeddingQueue(try MiniLMEncoder(directory: Fixtures.model, precision: .float32))
    }

    /// A batch of so many texts of about 60 word pieces.
    private func texts(_ count: Int) -> [String] {
        (0..<count).map { "\($0) " + String(repeating: "swifts sleep on the wing ", count: 12) }
    }

    private func end(of texts: [String], in queue: EmbeddingQueue) async throws -> ContinuousClock.Instant {
        _ = try await queue.embed(texts)
        return .now
    }

    @Test func aSmallBatchTakesTurnsWithALargeOne() async throws {
        let queue = try queue()
        async let large = end(of: texts(400), in: queue)
        // The large one is under way when the others come.
        while queue.waitingTexts == 0 { await Task.yield() }
        async let small = end(of: texts(10), in: queue)
        async let question = end(of: texts(1), in: queue)
        let (first, second, third) = try await (small, question, large)
        #expect(first < third && second < third)
    }

    @Test func whatACallerNoLongerWaitsForIsDropped() async throws {
        let queue = try queue()
        let task = Task { try await queue.embed(texts(5000)) }
        while queue.waitingTexts == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // Computing all would take minutes.
        #expect(try await queue.embed(["one"]).embeddings.count == 1)
        #expect(await eventually { queue.waitingTexts == 0 })
    }

    @Test func moreTextsThanMayWaitAreRefused() async throws {
        let queue = try queue()
        let most = Array(repeating: "a", count: EmbeddingQueue.maximumWaiting)
        let task = Task { try await queue.embed(most) }
        while queue.waitingTexts == 0 { await Task.yield() }
        await #expect(throws: EmbeddingQueueFull.self) { try await queue.embed(most) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await queue.embed(["one"]).embeddings.count == 1)
    }
}
