import EventLoop

/// Lets one task at a time write; the others wait in the order in which they came.
@NetworkActor
final class WriteTurn {
    private var isTaken = false
    private var waiting: [UnsafeContinuation<Void, Never>] = []

    func take() async {
        await withUnsafeContinuation { continuation in
            if isTaken {
                waiting.append(continuation)
            } else {
                isTaken = true
                continuation.resume()
            }
        }
    }

    /// The turn goes to whoever has waited longest.
    func give() {
        guard !waiting.isEmpty else {
            isTaken = false
            return
        }
        waiting.removeFirst().resume()
    }
}
