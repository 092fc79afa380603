import Telemetry
import Testing

/// The recorder is the process's one, so what starts it runs in a process of its own.
@Suite struct SpanTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

    @Test func aSpanIsRecordedWithItsParentAndItsOutcome() async {
        await #expect(processExitsWith: .success) {
            SpanRecorder.shared.start(capacity: 10, sampler: .init())
            let root = Span("root", kind: .server, parent: nil, attributes: ["a": 1])
            try await Span.$current.withValue(root) {
                try await Span.run("inner", kind: .client, attributes: ["b": "x"]) {
                    Span.current?.rename("renamed")
                    Span.current?.set("c", .bool(true))
                }
            }
            root.fail("first")
            root.fail("second")
            root.end()
            root.end()
            let (spans, dropped) = SpanRecorder.shared.take(10)
            try #require(spans.count == 2)
            #expect(dropped == 0)
            #expect(spans[0].name == "renamed" && spans[0].kind == .client)
            #expect(spans[0].attributes == ["b": "x", "c": .bool(true)])
            #expect(spans[0].parentID == root.context.spanID)
            #expect(spans[0].context.traceID == root.context.traceID)
            #expect(spans[0].failure == nil)
            #expect(spans[1].name == "root" && spans[1].parentID == nil && spans[1].failure == "first")
            #expect(spans[1].startNanoseconds <= spans[0].startNanoseconds)
            #expect(spans[0].endNanoseconds <= spans[1].endNanoseconds)
            #expect(SpanRecorder.shared.take(10).spans.isEmpty)
        }
    }

    @Test func whatIsThrownEndsTheSpanAsAFailureWithoutItsWords() async {
        await #expect(processExitsWith: .success) {
            struct Refused: Error { let secret = "hunter2" }
            SpanRecorder.shared.start(capacity: 10, sampler: .init())
            await #expect(throws: Refused.self) { try await Span.run("step") { throw Refused() } }
            #expect(SpanRecorder.shared.take(1).spans.first?.failure == "Refused")
        }
    }

    @Test func whatDoesNotFitIsDroppedAndCounted() async {
        await #expect(processExitsWith: .success) {
            SpanRecorder.shared.start(capacity: 3, sampler: .init())
            for number in 0..<8 { Span("\(number)", parent: nil).end() }
            let first = SpanRecorder.shared.take(2)
            #expect(first.spans.map(\.name) == ["0", "1"] && first.dropped == 5)
            let second = SpanRecorder.shared.take(2)
            #expect(second.spans.map(\.name) == ["2"] && second.dropped == 0)
        }
    }

    @Test func nothingIsRecordedUnlessSomebodyExports() async {
        await #expect(processExitsWith: .success) {
            let span = Span("step", parent: nil)
            #expect(!span.isRecorded)
            span.end()
            SpanRecorder.shared.start(capacity: 1, sampler: .init())
            #expect(SpanRecorder.shared.take(1).spans.isEmpty)
        }
    }

    /// OpenTelemetry specification, "ParentBased" and "TraceIdRatioBased".
    @Test func theSamplerDecidesForNewTracesAndFollowsTheCaller() async {
        await #expect(processExitsWith: .success) {
            let sampled = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            let unsampled = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
            SpanRecorder.shared.start(capacity: 1, sampler: .init(ratio: 0, followsParent: true))
            #expect(!Span("new", parent: nil).isRecorded)
            #expect(Span("called", parent: sampled).isRecorded)
            #expect(!Span("called", parent: unsampled).isRecorded)
            SpanRecorder.shared.start(capacity: 1, sampler: .init(ratio: 1, followsParent: false))
            #expect(Span("called", parent: unsampled).isRecorded)
            SpanRecorder.shared.start(capacity: 1, sampler: .init(ratio: 0, followsParent: false))
            #expect(!Span("called", parent: sampled).isRecorded)
            SpanRecorder.shared.start(capacity: 1, sampler: .init(ratio: 0.5, followsParent: true))
            let share = (0..<4000).count { _ in Span("new", parent: nil).isRecorded }
            #expect((1700...2300).contains(share))
        }
    }

    @Test func aChildKeepsTheVendorsStateAndTheFlag() throws {
        let parent = try #require(TraceContext(traceparent: Self.parent + "-00", tracestate: "rojo=00f067aa0ba902b7"))
        let child = Span("step", parent: parent).context
        #expect(child.state == "rojo=00f067aa0ba902b7")
        #expect(!child.isSampled)
        #expect(child.traceparent.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-"))
        #expect(child.traceparent.hasSuffix("-00"))
    }

    /// W3C Trace Context, section 3.2.2.3 and 3.2.2.4: never all zero.
    @Test func newTracesHaveNumbersOfTheirOwn() {
        let roots = (0..<1000).map { _ in TraceContext.root(isSampled: true) }
        #expect(Set(roots.map(\.traceIDText)).count == 1000)
        #expect(Set(roots.map(\.spanIDText)).count == 1000)
        #expect(roots.allSatisfy { TraceContext(traceparent: $0.traceparent) == $0 })
        #expect(TraceContext.hex(0x1F) == "000000000000001f")
    }
}
