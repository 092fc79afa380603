import Synchronization

/// Holds ended spans until an exporter takes them. Bounded: what does not fit is dropped and counted, so that a slow or
/// absent collector costs a request nothing.
public final class SpanRecorder: Sendable {
    /// The process's recorder.
    public static let shared = SpanRecorder()

    /// Which new traces are recorded (OpenTelemetry specification, "Sampling").
    public struct Sampler: Sendable, Equatable {
        /// The share of traces that begin here and are recorded, from 0 to 1.
        public var ratio: Double
        /// Whether the caller's decision holds for traces that began elsewhere.
        public var followsParent: Bool

        /// A sampler.
        public init(ratio: Double = 1, followsParent: Bool = true) {
            self.ratio = ratio
            self.followsParent = followsParent
        }
    }

    private struct State {
        var spans: [Span.Record] = []
        var dropped = 0
        var capacity = 0
        var sampler = Sampler()
    }

    private let state = Mutex(State())
    private let recording = Atomic(false)

    /// Whether somebody exports.
    public var isRecording: Bool { recording.load(ordering: .relaxed) }

    /// Begins to keep spans, `capacity` at most.
    public func start(capacity: Int, sampler: Sampler) {
        state.withLock {
            $0.capacity = capacity
            $0.sampler = sampler
        }
        recording.store(true, ordering: .relaxed)
    }

    /// Takes the oldest spans, and how many were dropped since the last call.
    public func take(_ count: Int) -> (spans: [Span.Record], dropped: Int) {
        state.withLock { state in
            let taken = Array(state.spans.prefix(count))
            state.spans.removeFirst(taken.count)
            defer { state.dropped = 0 }
            return (taken, state.dropped)
        }
    }

    func record(_ span: Span.Record) {
        state.withLock { state in
            if state.spans.count < state.capacity { state.spans.append(span) } else { state.dropped += 1 }
        }
    }

    /// The context of a step below `parent`, or of a new trace.
    func context(below parent: TraceContext?) -> TraceContext {
        guard isRecording else { return parent?.child() ?? .root(isSampled: true) }
        let sampler = state.withLock { $0.sampler }
        if let parent, sampler.followsParent { return parent.child() }
        let context = parent?.child() ?? .root(isSampled: true)
        // By the trace's id, so that every program that sees the trace decides alike.
        let isSampled = Double(context.traceID.low >> 11) < sampler.ratio * Double(UInt64(1) << 53)
        return TraceContext(
            traceID: context.traceID, spanID: context.spanID, isSampled: isSampled, state: context.state)
    }
}
