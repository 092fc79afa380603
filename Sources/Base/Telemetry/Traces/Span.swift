import Synchronization

/// A step of work in a trace. The current task's step is `Span.current`; what it starts becomes a child of it.
///
/// A span exists for every request, so that logs and outgoing requests carry the trace's id; it is recorded only when
/// its trace is sampled and somebody exports (`SpanRecorder`).
public final class Span: Sendable {
    /// The current task's step.
    @TaskLocal public static var current: Span?

    /// The role of a step (OpenTelemetry specification, "SpanKind"), with its number on the wire.
    public enum Kind: Int, Sendable {
        case `internal` = 1
        case server, client, producer, consumer
    }

    /// A span that has ended.
    public struct Record: Sendable {
        public let context: TraceContext
        /// The step above; `nil` for a trace's first.
        public let parentID: UInt64?
        /// The step that caused this one without waiting for it.
        public let link: TraceContext?
        public let name: String
        public let kind: Kind
        public let startNanoseconds: UInt64
        public let endNanoseconds: UInt64
        public let attributes: [String: AttributeValue]
        /// What went wrong; `nil` when nothing did.
        public let failure: String?
    }

    private struct State {
        var name: String
        var attributes: [String: AttributeValue]
        var failure: String?
        var route: String?
        var hasEnded = false
    }

    /// The step's place in its trace.
    public let context: TraceContext
    private let parentID: UInt64?
    private let link: TraceContext?
    private let kind: Kind
    private let start: UInt64
    private let state: Mutex<State>

    /// Begins a step.
    ///
    /// - Parameters:
    ///   - parent: The step above, perhaps in another program; without one a new trace begins.
    ///   - link: A step that caused this one without waiting for it.
    public init(
        _ name: String, kind: Kind = .internal, parent: TraceContext?, link: TraceContext? = nil,
        attributes: [String: AttributeValue] = [:]
    ) {
        context = SpanRecorder.shared.context(below: parent)
        parentID = parent?.spanID
        self.link = link
        self.kind = kind
        start = Timestamp.nowNanoseconds()
        state = Mutex(State(name: name, attributes: attributes))
    }

    /// Whether anybody will see what is noted here.
    public var isRecorded: Bool { context.isSampled && SpanRecorder.shared.isRecording }

    /// Sets the step's name, for steps that are known better later.
    public func rename(_ name: String) { state.withLock { $0.name = name } }

    /// The template of the path that a request was routed by; set by whoever routes it.
    public var route: String? {
        get { state.withLock { $0.route } }
        set { state.withLock { $0.route = newValue } }
    }

    /// Notes a property; document text and secrets never get here.
    public func set(_ attribute: String, _ value: AttributeValue) {
        guard isRecorded else { return }
        state.withLock { $0.attributes[attribute] = value }
    }

    /// Notes that the step failed, in words without data.
    public func fail(_ reason: String) { state.withLock { $0.failure = $0.failure ?? reason } }

    /// Ends the step; only the first call counts.
    public func end() {
        let final = state.withLock { state -> State? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            return state
        }
        guard let final, isRecorded else { return }
        SpanRecorder.shared.record(
            Record(
                context: context, parentID: parentID, link: link, name: final.name, kind: kind, startNanoseconds: start,
                endNanoseconds: Timestamp.nowNanoseconds(), attributes: final.attributes, failure: final.failure))
    }

    /// Runs the body as a step below the current one.
    public static func run<Value>(
        _ name: String, kind: Kind = .internal, attributes: [String: AttributeValue] = [:],
        _ body: () async throws -> Value
    ) async throws -> Value {
        let span = Span(name, kind: kind, parent: current?.context, attributes: attributes)
        defer { span.end() }
        do {
            return try await $current.withValue(span) { try await body() }
        } catch {
            span.fail("\(type(of: error))")
            throw error
        }
    }
}

/// A property of a span or of a measured value.
public enum AttributeValue: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)

    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
}
