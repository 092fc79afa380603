/// Where this host may be kinder than the real one. Strict behaviour is the real host's in every respect.
public struct HostBehaviour: Sendable {
    /// SIGTERM and a grace time before SIGKILL.
    var stopsPolitely = true
    /// Says at once what the real host would leave hanging until a time limit.
    var failsFast = true
    /// Starts a crashing handler again with growing pauses, where the real host ends at the third crash.
    var restartsForEver = true
    /// Holds queue messages for half a minute instead of ten, so that a killed host's work is soon taken up again.
    var holdsBriefly = true
    /// Answers `/metrics` where no function does.
    var servesMetrics = true

    /// Kind, for a developer's machine.
    public static let helpful = HostBehaviour()
    /// As the real host does.
    public static let strict = HostBehaviour(
        stopsPolitely: false, failsFast: false, restartsForEver: false, holdsBriefly: false, servesMetrics: false)
}
