import Synchronization

/// Contents that readers still need, so that what a write replaced goes when nobody reads it any more, and not before.
///
/// A reader learns from the database which contents a blob has and opens or holds them afterwards. In between a writer
/// can replace the blob, so a content is kept from the moment a look-up begins that can have seen it.
final class ContentHolds: Sendable {
    /// A content that can be removed by itself.
    enum Content: Hashable, Sendable {
        /// A file, by its name.
        case file(String)
        /// A row of `contents` that has the bytes itself.
        case row(Int64)
    }

    private struct State {
        var nextTicket = 0
        /// Look-ups under way.
        var lookups: Set<Int> = []
        /// How many readers hold a content.
        var counts: [Content: Int] = [:]
        /// Contents that go with their last reader.
        var doomed: Set<Content> = []
        /// Contents that look-ups before a ticket can have seen.
        var waiting: [(ticket: Int, contents: [Content])] = []

        /// Those that nobody holds; the others go later.
        mutating func free(_ contents: [Content]) -> [Content] {
            contents.filter { content in
                guard counts[content] != nil else { return true }
                doomed.insert(content)
                return false
            }
        }
    }

    private let state = Mutex(State())
    private let remove: @Sendable ([Content]) -> Void

    /// - Parameter remove: Takes contents away that nothing names and nobody reads.
    init(remove: @escaping @Sendable ([Content]) -> Void) { self.remove = remove }

    /// Runs a look-up: no content that it can see goes before it returns, by when it has opened or held what it needs.
    func whileLooking<Value>(_ body: () throws -> Value) rethrows -> Value {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            state.lookups.insert(state.nextTicket)
            return state.nextTicket
        }
        defer { end(ticket) }
        return try body()
    }

    private func end(_ ticket: Int) {
        let gone = state.withLock { state -> [Content] in
            state.lookups.remove(ticket)
            guard !state.waiting.isEmpty else { return [] }
            let oldest = state.lookups.min() ?? Int.max
            let free = state.waiting.filter { $0.ticket < oldest }.flatMap(\.contents)
            state.waiting.removeAll { $0.ticket < oldest }
            return state.free(free)
        }
        if !gone.isEmpty { remove(gone) }
    }

    /// Takes contents that no row names any more, after the commit. Returns those that can be removed at once; the
    /// others are removed when their last reader is done.
    func release(unnamed contents: [Content]) -> [Content] {
        guard !contents.isEmpty else { return [] }
        return state.withLock { state in
            guard state.lookups.isEmpty else {
                state.waiting.append((state.nextTicket, contents))
                return []
            }
            return state.free(contents)
        }
    }

    /// Keeps contents until the hold is gone; to be made inside a look-up.
    func hold(_ contents: [Content]) -> Hold {
        state.withLock { state in for content in contents { state.counts[content, default: 0] += 1 } }
        return Hold(holds: self, contents: contents)
    }

    /// Keeps contents from being removed while an answer is sent.
    final class Hold: Sendable {
        private let holds: ContentHolds
        private let contents: [Content]

        fileprivate init(holds: ContentHolds, contents: [Content]) {
            self.holds = holds
            self.contents = contents
        }

        deinit { holds.end(contents) }
    }

    private func end(_ contents: [Content]) {
        let gone = state.withLock { state in
            contents.filter { content in
                let count = (state.counts[content] ?? 1) - 1
                state.counts[content] = count > 0 ? count : nil
                return count <= 0 && state.doomed.remove(content) != nil
            }
        }
        if !gone.isEmpty { remove(gone) }
    }
}
