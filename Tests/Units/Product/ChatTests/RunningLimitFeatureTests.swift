import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import Problems
import ProductFixture
import Telemetry
import TestSupport
import Testing

@testable import Chat

/// How many answers a process writes, how much of each, and how late it writes it down.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct RunningLimitFeatureTests {
    private func turn(_ product: RunningProduct) async throws -> Turn {
        let chat = try await product.catalog.createChat(UUIDv7.make(), name: "A chat")
        let request = try ChatRequest(["message": "Well?"])
        return Turn(
            request: request, chat: (chat.id, chat.name), isFirst: true, stored: nil, isNewQuestion: true,
            askedAt: Timestamp.now(), history: [], task: AnswerTask(question: "Well?", preset: .plain, model: "m"),
            remembered: nil, cacheKey: nil)
    }

    private func answers(_ product: RunningProduct, _ limits: RunningLimits) -> RunningAnswers {
        RunningAnswers(catalog: product.catalog.index, limits: limits, log: Log(label: "test", level: .error))
    }

    private static let outcome = AnswerOutcome(
        "All.", .stop, citations: [], passages: [], receipt: Receipt(model: "m", provider: "p"))

    private func events(_ turn: Turn, _ product: RunningProduct) async throws -> [LoggedEvent] {
        try await product.catalog.index.answerEvents(
            AnswerKey(workspace: "default", chat: turn.chatId, id: turn.answerId), after: 0)
    }

    @Test func noMoreAnswersAreWrittenAtOnceThanThereMayBe() async throws {
        try await RunningProduct.with([]) { product in
            var limits = RunningLimits()
            limits.answers = 1
            let running = answers(product, limits)
            let gate = Gate()
            let first = try await running.start(turn(product), in: product.catalog, requestID: "r") { emit in
                while !gate.isOpen { try await Task.sleep(for: .milliseconds(5)) }
                try await emit(.done(Self.outcome))
            }
            let second = try await turn(product)
            let problem = await #expect(throws: Problem.self) {
                _ = try await running.start(second, in: product.catalog, requestID: "r") { _ in }
            }
            #expect(problem?.code == "too_many_answers" && problem?.headers["retry-after"] == "5")
            gate.open()
            await first?.finish()
            #expect(
                await eventually {
                    (try? await running.start(second, in: product.catalog, requestID: "r") {
                        try await $0(.done(Self.outcome))
                    }) != nil
                })
        }
    }

    @Test func anAnswerEndsWhereItsLogIsFull() async throws {
        try await RunningProduct.with([]) { product in
            var limits = RunningLimits()
            limits.logBytes = 4000
            let turn = try await turn(product)
            let answer = try await answers(product, limits).start(turn, in: product.catalog, requestID: "r") { emit in
                do { while true { try await emit(.delta(String(repeating: "x", count: 90))) } } catch is LogFull {}
                try await emit(.done(Self.outcome))
            }
            await answer?.finish()
            #expect(await eventually { (try? await product.catalog.answer(turn.answerId))??.finishReason == "stop" })
            let log = try await events(turn, product)
            #expect(log.last?.name == "done" && log.count == 19)
        }
    }

    @Test func eventsAreWrittenSoonAndInOrderWhateverTheirNumber() async throws {
        try await RunningProduct.with([]) { product in
            let turn = try await turn(product)
            let gate = Gate()
            let answer = try await answers(product, RunningLimits()).start(turn, in: product.catalog, requestID: "r") {
                emit in
                for number in 0..<500 { try await emit(.delta("\(number) ")) }
                while !gate.isOpen { try await Task.sleep(for: .milliseconds(5)) }
                try await emit(.done(Self.outcome))
            }
            // All that is there is written while the answer goes on.
            #expect(await eventually { (try? await product.catalog.answer(turn.answerId))??.lastEvent == 500 })
            #expect(try await events(turn, product).map(\.id) == Array(1...500))
            gate.open()
            await answer?.finish()
            #expect(await eventually { (try? await product.catalog.answer(turn.answerId))??.finishReason == "stop" })
        }
    }

    @Test func aProcessThatEndsCutsItsAnswersOff() async throws {
        try await RunningProduct.with([]) { product in
            let running = answers(product, RunningLimits())
            let turn = try await turn(product)
            _ = try await running.start(turn, in: product.catalog, requestID: "r") { emit in
                while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
                let cut = AnswerOutcome(
                    "", turn.endingWhenCut, citations: [], passages: [], receipt: Receipt(model: "m", provider: "p"))
                try await emit(.done(cut))
            }
            await running.close()
            #expect(try await product.catalog.answer(turn.answerId)?.finishReason == "interrupted")
        }
    }

    @Test func anAnswerInOtherHandsIsGivenUp() async throws {
        try await RunningProduct.with([]) { product in
            let running = answers(product, RunningLimits())
            let turn = try await turn(product)
            let answer = try await running.start(turn, in: product.catalog, requestID: "r") { emit in
                while !Task.isCancelled { try await emit(.delta("x")); try? await Task.sleep(for: .milliseconds(5)) }
            }
            try await product.sql.query("UPDATE answers SET holder = gen_random_uuid()")
            await answer?.finish()
            let key = AnswerKey(workspace: "default", chat: turn.chatId, id: turn.answerId)
            #expect(await eventually { running.answer(key) == nil })
        }
    }
}
