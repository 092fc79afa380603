import EventLoop

/// Limits how many requests run and wait (docs/reference/functions-custom-handlers.md, 7.5).
@NetworkActor
final class Throttle {
    private let concurrent: Int?
    /// Running and waiting together.
    let outstanding: Int?
    private var running = 0
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    init(concurrent: Int?, outstanding: Int?) {
        self.concurrent = concurrent
        self.outstanding = outstanding
    }

    /// Waits for its turn. Returns `false` at once when there are too many already; otherwise `leave` has to follow.
    func enter() async -> Bool {
        if let outstanding, running + waiting.count >= outstanding { return false }
        guard let concurrent else {
            running += 1
            return true
        }
        await withUnsafeContinuation { continuation in
            if running < concurrent {
                running += 1
                continuation.resume()
            } else {
                // Whoever leaves hands the place over, so the count stays.
                waiting.append(continuation)
            }
        }
        return true
    }

    func leave() {
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
    }
}
