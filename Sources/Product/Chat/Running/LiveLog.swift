import Catalog
import Synchronization

/// The end of an answer's log in memory, as far as readers who keep up need it. Whoever is further behind reads the database.
///
/// Adding waits for nobody: a reader who does not read costs the others nothing, and the writer no time.
final class LiveLog: Sendable {
    /// What a reader finds behind the last event that it has.
    enum Page {
        case events([LoggedEvent])
        /// Nothing new so far.
        case nothingYet
        /// More than is here: the database has it.
        case older
        /// Nothing, and nothing will come.
        case over
    }

    private struct State {
        /// Those after `floor`, in order.
        var events: [LoggedEvent] = []
        var floor: Int
        var bytes = 0
        var isOver = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0

        var last: Int { events.last?.id ?? floor }
    }

    private let state: Mutex<State>

    /// - Parameter floor: The number of the last event that the database has already.
    init(after floor: Int) { state = Mutex(State(floor: floor)) }

    /// The number of the last event.
    var last: Int { state.withLock { $0.last } }
    /// Bytes that were ever added here.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Adds an event behind the last one.
    func append(_ name: String, _ data: String) {
        add { last in [LoggedEvent(id: last + 1, name: name, data: data)] }
    }

    /// Adds events that have their numbers; those that are here already are left out.
    func append(_ events: [LoggedEvent]) {
        add { last in events.filter { $0.id > last } }
    }

    private func add(_ make: (_ last: Int) -> [LoggedEvent]) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            let new = make(state.last)
            guard !state.isOver, let end = new.last else { return [] }
            state.events += new
            for event in new { state.bytes += event.data.utf8.count + event.name.utf8.count }
            if end.isLast { state.isOver = true }
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Nothing more will come: the answer is in other hands, or gone.
    func close() {
        let waiters = state.withLock { state in
            state.isOver = true
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.waiters = [:] }
        return Array(state.waiters.values)
    }

    /// Forgets what the database has, but for a few events that readers may just be about to take.
    func forget(upTo number: Int, keeping count: Int) {
        state.withLock { state in
            let known = state.events.prefix { $0.id <= number }.count - count
            guard known > 0 else { return }
            state.floor = state.events[known - 1].id
            state.events.removeFirst(known)
        }
    }

    /// Events after a number, however many.
    func events(after number: Int) -> [LoggedEvent] {
        state.withLock { state in Array(state.events[Self.place(after: number, in: state.events)...]) }
    }

    /// What there is after a number.
    func page(after number: Int) -> Page {
        state.withLock { state in
            if number < state.floor { return .older }
            if number >= state.last { return state.isOver ? .over : .nothingYet }
            return .events(Array(state.events[Self.place(after: number, in: state.events)...]))
        }
    }

    private static func place(after number: Int, in events: [LoggedEvent]) -> Int {
        (events.lastIndex { $0.id <= number } ?? -1) + 1
    }

    /// Waits until there may be something after a number, or the task is cancelled.
    func wait(beyond number: Int) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.last > number || state.isOver || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
