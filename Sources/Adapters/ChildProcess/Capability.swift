/// What only user 0 may do otherwise; capabilities(7) has the numbers.
public enum Capability: UInt64, Sendable {
    /// Reach files whatever their modes say.
    case overrideFileModes = 1
    /// Give up capabilities for good.
    case dropCapabilities = 8
    /// Listen on ports below 1024.
    case bindLowPorts = 10
}
