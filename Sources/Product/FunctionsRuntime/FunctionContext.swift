public import JSONCoding
import Synchronization
import Telemetry
import TextSearch

/// The invocation that the current task works for: its id, inputs and metadata, and where its outputs and logs go.
///
/// `FunctionContext.current` is set while an action runs, whatever the trigger and the dialect.
public final class FunctionContext: Sendable {
    /// The current task's invocation; `nil` outside of actions.
    @TaskLocal public static var current: FunctionContext?

    /// How often the invocation was tried before, if its function has a retry policy.
    public struct Retry: Sendable, Equatable {
        /// 0 for the first attempt.
        public let count: Int
        /// -1 for ever.
        public let maximum: Int
    }

    private static let logLimit = 1000
    private static let lineLimit = 8192

    /// The host's id of this attempt; empty when something other than the host calls.
    public let invocationID: String
    /// What the trigger says besides its value, as it stands in the envelope; empty for a proxied request.
    public let metadata: JSONObject
    private let data: JSONObject?
    private let state = Mutex((logs: [String](), outputs: JSONObject()))

    init(invocationID: String, envelope: Envelope? = nil) {
        self.invocationID = invocationID
        metadata = envelope?.metadata ?? JSONObject()
        data = envelope?.data
    }

    /// The retry policy's state; `nil` without a policy.
    public var retry: Retry? {
        guard let retry = metadata["RetryContext"], let count = retry["RetryCount"]?.int,
            let maximum = retry["MaxRetryCount"]?.int
        else { return nil }
        return Retry(count: Int(clamping: count), maximum: Int(clamping: maximum))
    }

    /// A text of the metadata, e.g. a property of a queue message or a token of a blob's path.
    public func metadataText(_ name: String) -> String? { metadata[name].map { FunctionInput($0).text } }

    /// An input binding's value; `nil` when the host has sent none.
    public func input(_ name: String) -> FunctionInput? {
        data?[name].flatMap { $0.isNull ? nil : FunctionInput($0) }
    }

    /// The value of the trigger when it is the only input, or the one of that name.
    func triggerInput(_ name: String) -> FunctionInput? {
        input(name) ?? data?.members.first { !$0.value.isNull }.map { FunctionInput($0.value) }
    }

    /// Adds a line to the invocation's log: the host's `Logs` where it takes them, standard output elsewhere.
    /// Lines are cut at 8 KiB, and dropped beyond 1,000.
    public func log(_ line: String) {
        let text = String(line.prefix(Self.lineLimit))
        guard data != nil else { return writeAll(text.replacing("\n", with: " ") + "\n", to: 1) }
        state.withLock { if $0.logs.count < Self.logLimit { $0.logs.append(text) } }
    }

    /// Sets an output binding's value; setting it again replaces it.
    ///
    /// - Throws: `NoOutputs` for a proxied request, which can have none: the host calls a function that has other
    ///   outputs than its response through the envelope.
    public func setOutput(_ name: String, _ output: FunctionOutput) throws(NoOutputs) {
        guard data != nil else { throw NoOutputs(name: name) }
        state.withLock { $0.outputs[name] = output.value }
    }

    /// An output was set where there is nobody to take it.
    public struct NoOutputs: Error, CustomStringConvertible {
        /// The output's name.
        public let name: String

        public var description: String {
            "the output \(name) cannot be set for a proxied request; list it in function.json, and the host calls the function through the envelope"
        }
    }

    var logs: [String] { state.withLock { $0.logs } }
    var outputs: JSONObject { state.withLock { $0.outputs } }
}
