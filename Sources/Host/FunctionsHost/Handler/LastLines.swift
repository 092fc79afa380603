import Synchronization

/// The last three lines of a stream, for the error that reports an end.
final class LastLines: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) {
        lines.withLock { lines in
            lines.append(String(line.prefix(500)))
            if lines.count > 3 { lines.removeFirst() }
        }
    }

    /// The lines, which are then forgotten.
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}
