/// How soon a program is started again that ended, or could not be started.
///
/// The first time at once, nearly; then less and less soon, so that a program that cannot run does not keep the machine
/// busy.
struct RestartRule: Sendable {
    /// After so long a program counts as one that ran well.
    static let well = Duration.seconds(60)
    static let longest = Duration.seconds(10)

    private var failures = 0

    /// The pause before the next start.
    mutating func pause(afterRunning time: Duration) -> Duration {
        failures = time > Self.well ? 1 : failures + 1
        return min(Self.longest, .milliseconds(200) * failures * failures)
    }
}
