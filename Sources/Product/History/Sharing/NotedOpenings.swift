import Synchronization

/// Which openings of links were written down lately: whoever has a link may open it any number of times, and is not to fill the
/// audit with that.
final class NotedOpenings: Sendable {
    private static let pause = Duration.seconds(60)
    private static let most = 10_000

    private let times = Mutex<[String: ContinuousClock.Instant]>([:])

    /// Whether an opening is to be written down: the first in a minute of a link by somebody; of those who are not signed in, by
    /// any of them.
    func takesNote(of link: String, by person: String?, at now: ContinuousClock.Instant = .now) -> Bool {
        let key = "\(link) \(person ?? "")"
        return times.withLock { times in
            if let last = times[key], now - last < Self.pause { return false }
            if times.count >= Self.most { times = times.filter { now - $0.value < Self.pause } }
            // So many links in a minute are not told apart any more.
            if times.count >= Self.most { times = [:] }
            times[key] = now
            return true
        }
    }
}
