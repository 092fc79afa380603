import Digests

/// W3C trace context.
enum TraceContext {
    /// The `traceparent` of a new trace.
    static func make() -> String {
        "00-\(Digest.hex(Digest.randomBytes(16)))-\(Digest.hex(Digest.randomBytes(8)))-00"
    }
}
