import Telemetry
import Testing

/// W3C Trace Context, sections 3.2 and 3.3.
@Suite struct TraceContextTests {
    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let span = "00f067aa0ba902b7"

    @Test func aValidFieldIsReadAndWrittenAlike() throws {
        let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: "a=1"))
        #expect(context.traceIDText == Self.trace)
        #expect(context.spanIDText == Self.span)
        #expect(context.isSampled)
        #expect(context.state == "a=1")
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-01")
    }

    @Test func laterVersionsMayBeLonger() {
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-00-what-comes-later") != nil)
        #expect(TraceContext(traceparent: "cc-\(Self.trace)-\(Self.span)-00.what") == nil)
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00-more") == nil)
    }

    @Test(arguments: [
        "", "00", "ff-\(trace)-\(span)-01", "00-\(String(repeating: "0", count: 32))-\(span)-01",
        "00-\(trace)-0000000000000000-01", "00-\(trace.uppercased())-\(span)-01", "00_\(trace)-\(span)-01",
        "00-\(trace)-\(span)-0", "00-\(trace.dropLast())g-\(span)-01", "0x-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-+1",
    ])
    func anythingElseIsNone(_ text: String) { #expect(TraceContext(traceparent: text) == nil) }

    @Test func aStateThatIsTooLongIsLeftOut() {
        let long = String(repeating: "a", count: 513)
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01", tracestate: long)?.state == nil)
    }

    @Test func aStepKeepsTheTraceAndHasAnIdOfItsOwn() throws {
        let parent = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01"))
        let span = Span("step", parent: parent)
        #expect(span.context.traceID == parent.traceID)
        #expect(span.context.spanID != parent.spanID)
    }
}
