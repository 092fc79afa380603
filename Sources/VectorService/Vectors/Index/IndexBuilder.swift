import CGraph
import CLinux
import Dispatch
import Glibc
import SQLite
import Synchronization

/// Keeps a collection's graph in step with its vectors, in the background: inserts, takes out what was deleted,
/// writes checkpoints, and tidies the database when there is time.
///
/// Writes do not wait for it until a fixed amount of vectors is not in the graph yet; searches scan those exactly.
///
/// Sendable by discipline: what callers share is behind `state`, the graph changes under the collection's exclusive lock,
/// and everything else belongs to the queue.
final class IndexBuilder: @unchecked Sendable {
    private struct State {
        /// Slots to insert, from `head` on.
        var pending: [UInt32] = []
        var head = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isRunning = false
        var awaitsIdle = false
        var isStopping = false
        var hasWrites = false
        var hasErased = false
        var lastWrite = ContinuousClock.now
        var checkpoints = 0
    }

    /// Bytes of vectors below which every search is an exact scan: that is fast, and perfect.
    static let exactBytes = 8 << 20
    /// Bytes of vectors that may wait for the graph; beyond, writers wait.
    private static let waitingBytes = 32 << 20
    private static let idle = Duration.seconds(1)
    private static let longLog = 64 << 20
    private static let fewVectors = 256
    private static let shorteningInterval = Duration.seconds(10)

    private unowned let collection: VectorCollection
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "apus.vectors.index")
    // Replaced under the collection's exclusive lock, by the queue.
    private(set) var graph: OpaquePointer?
    // Used on the queue only.
    private var insertedSinceCheckpoint = 0
    private var isDirty = false
    private var lastShortening = ContinuousClock.now
    private var stored: GraphFile?
    private var maintenance: SQLiteDatabase?

    init(_ collection: VectorCollection) { self.collection = collection }

    deinit { if let graph { destroy(graph) } }

    /// Slots that searches have to scan because the graph does not have them yet. Under the shared lock.
    var unindexed: ArraySlice<UInt32> { state.withLock { $0.pending[$0.head...] } }

    /// Checkpoints since the collection was opened.
    var checkpoints: Int { state.withLock { $0.checkpoints } }

    /// Takes up the stored graph and what is missing in it.
    func start() {
        guard let vectors = collection.vectors else { return }
        var missing: [UInt32] = []
        if let fresh = makeGraph(vectors) {
            let file = graphFile(vectors)
            if let meta = (try? file.load(into: fresh)) ?? nil, meta.state.node_limit <= collection.state.slots {
                graph = fresh
                stored = file
                missing = meta.absent.filter { !collection.dead.contains($0) }
                missing += Array(meta.state.node_limit..<collection.state.slots)
            } else {
                destroy(fresh)
                file.remove()
            }
        }
        missing.removeAll { collection.dead.contains($0) }
        state.withLock { state in
            state.pending = missing
            state.hasWrites = collection.dead.count > collection.state.free.count
        }
        if graph != nil {
            let owner = collection
            queue.async { withExtendedLifetime(owner) { self.verifyStored() } }
        }
        wake()
    }

    /// A write put vectors into these slots. Under the exclusive lock, with the commit, so that a search finds each
    /// either in the graph or here.
    func noticeVectors(_ slots: [UInt32]) {
        guard graph != nil else { return }
        state.withLock { $0.pending += slots }
    }

    /// A write was committed.
    ///
    /// - Parameter erases: Whether something was deleted or replaced.
    func noticeWrite(erases: Bool) {
        state.withLock { state in
            state.hasWrites = true
            state.hasErased = state.hasErased || erases
            state.lastWrite = .now
        }
        wake()
    }

    /// Returns when the graph has caught up enough for another write.
    func waitForRoom() async {
        guard graph != nil, let stride = collection.vectors?.stride else { return }
        let most = max(2048, Self.waitingBytes / (stride * 4))
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.pending.count - state.head < most || state.isStopping { return true }
                state.waiters.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    private func resumeWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends the work; with `checkpointing` the graph is written once more.
    func stop(checkpointing: Bool) {
        state.withLock { $0.isStopping = true }
        resumeWaiters()
        queue.sync {
            if checkpointing, isDirty { try? checkpoint() }
        }
    }

    // MARK: - On the queue

    private func wake() {
        let waiting = state.withLock { state -> Int? in
            guard !state.isRunning, !state.isStopping else { return nil }
            state.isRunning = true
            return state.pending.count - state.head
        }
        guard let waiting else { return }
        // What runs keeps the collection alive; the collection owns this object.
        let owner = collection
        // Single writes are taken together.
        let delay = DispatchTimeInterval.milliseconds(waiting < Self.fewVectors ? 50 : 0)
        queue.asyncAfter(deadline: .now() + delay) { withExtendedLifetime(owner) { self.run() } }
    }

    private func run() {
        if state.withLock({ $0.isStopping }) { return }
        let isStuck = !insertPending()
        shortenLog()
        let (isMore, schedules) = state.withLock { state in
            let isMore = !isStuck && graph != nil && state.head < state.pending.count && !state.isStopping
            if !isMore { state.isRunning = false }
            defer { state.awaitsIdle = true }
            return (isMore, !state.awaitsIdle)
        }
        if isMore {
            let owner = collection
            queue.async { withExtendedLifetime(owner) { self.run() } }
        }
        if schedules { awaitIdle() }
    }

    private func awaitIdle() {
        queue.asyncAfter(deadline: .now() + .milliseconds(500)) { [weak collection] in
            guard let collection else { return }
            withExtendedLifetime(collection) { collection.index.tidyWhenIdle() }
        }
    }

    private func tidyWhenIdle() {
        let (rests, isStopping) = state.withLock { state in
            (ContinuousClock.now - state.lastWrite >= Self.idle && !state.isRunning, state.isStopping)
        }
        if isStopping { return }
        guard rests else { return awaitIdle() }
        state.withLock { $0.awaitsIdle = false }
        tidy()
    }

    private func makeGraph(_ vectors: VectorFile) -> OpaquePointer? {
        var options = apus_graph_options(
            space: collection.graphSpace(vectors), neighbours: neighbours,
            construction_candidates: UInt32(min(max(collection.options.constructionCandidates, 8), 4096)),
            quantised: collection.options.quantised ? 1 : 0, dead: UnsafePointer(collection.dead.words))
        guard let graph = apus_graph_create(&options) else { return nil }
        AddressSpace.note(apus_graph_reserved(graph))
        return graph
    }

    private func destroy(_ graph: OpaquePointer) {
        AddressSpace.note(-apus_graph_reserved(graph))
        apus_graph_destroy(graph)
    }

    // The graph's arrays have fixed places for links; absurd wishes are bounded silently, as Chroma does.
    private var neighbours: UInt32 { UInt32(min(max(collection.options.neighbours, 2), 256)) }

    private func graphFile(_ vectors: VectorFile) -> GraphFile {
        GraphFile(
            directory: collection.directory,
            parameters: .init(
                metric: UInt32(collection.metric), dimension: UInt32(vectors.dimension),
                neighbours: neighbours, quantised: collection.options.quantised ? 1 : 0))
    }

    /// Inserts until nothing waits. Returns false when neither a thread nor memory was to be had; the next write tries
    /// again, and writers do not wait for that.
    private func insertPending() -> Bool {
        // The first write may be replacing the file just now.
        let (vectors, slots) = collection.lock.reading { (collection.vectors, collection.state.slots) }
        guard let vectors else { return true }
        if graph == nil {
            guard Int(slots) * vectors.stride * 4 >= Self.exactBytes else { return true }
            guard let fresh = makeGraph(vectors) else { return false }
            stored = graphFile(vectors)
            collection.lock.writing {
                graph = fresh
                let all = (0..<collection.state.slots).filter { !collection.dead.contains($0) }
                state.withLock { $0.pending = all }
            }
        }
        guard let graph else { return true }
        let threads = UInt32(collection.options.threads)
        while true {
            let (slots, isStopping) = state.withLock { state in
                (Array(state.pending[state.head...].prefix(128 * Int(threads))), state.isStopping)
            }
            if slots.isEmpty || isStopping { return true }
            let alive = slots.filter { !collection.dead.contains($0) }
            // A few leave the other cores to requests.
            let hands = slots.count < Self.fewVectors ? 1 : threads
            let inserted = apus_graph_insert(graph, alive, alive.count, hands)
            if inserted == 0, let first = alive.first, apus_graph_contains(graph, first) == 0 {
                resumeWaiters()
                return false
            }
            isDirty = true
            insertedSinceCheckpoint += alive.count
            state.withLock { state in
                state.head += slots.count
                if state.head == state.pending.count || state.head > 65536 {
                    state.pending.removeFirst(state.head)
                    state.head = 0
                }
            }
            resumeWaiters()
            let nodes = Int(apus_graph_get_state(graph).node_count)
            if insertedSinceCheckpoint >= max(50_000, nodes / 4) { try? checkpoint() }
        }
    }

    /// The work for a moment of rest.
    private func tidy() {
        let (hadWrites, hadErased) = state.withLock { state in
            defer {
                state.hasWrites = false
                state.hasErased = false
            }
            return (state.hasWrites, state.hasErased)
        }
        guard hadWrites || isDirty else { return }
        do {
            try freeDeadSlots()
            if isDirty { try checkpoint() }
            try collection.releaseKept()
            // Cuts the log where deleted text would still stand in it; writing over an old log is quicker than
            // extending a new one, so it stays otherwise.
            try collection.database.writer.checkpoint(hadErased ? .truncate : .restart)
            apus_allocator_trim()
        } catch {
            // The disk is full, perhaps: nothing is lost, and the next write tries again.
            state.withLock { state in
                state.hasWrites = true
                state.hasErased = state.hasErased || hadErased
            }
        }
    }

    private func shortenLog() {
        if collection.keptCount.load(ordering: .relaxed) > 4096 { try? collection.releaseKept() }
        var information = stat()
        let path = collection.directory + "/" + RecordDatabase.fileName + "-wal"
        guard stat(path, &information) == 0, Int(information.st_size) > Self.longLog / 4 else { return }
        if Int(information.st_size) > Self.longLog {
            lastShortening = .now
            _ = try? collection.database.writer.checkpoint(.truncate)
        } else if ContinuousClock.now - lastShortening > Self.shorteningInterval {
            // Beside the writer, so that writes go on; seldom, since both wait for the same disk.
            lastShortening = .now
            if maintenance == nil {
                maintenance = try? SQLiteDatabase(
                    path: collection.directory + "/" + RecordDatabase.fileName, schema: "", durability: .synchronise)
            }
            _ = try? maintenance?.checkpoint(.passive)
        }
    }

    private func checkpoint() throws {
        guard let graph, let stored else { return }
        // The graph must not know vectors that a power failure could still take away.
        try collection.vectors?.synchronise()
        try collection.database.writer.synchronise()
        apus_graph_reconnect(graph)
        let limit = apus_graph_get_state(graph).node_limit
        let absent = (0..<limit).filter { apus_graph_contains(graph, $0) == 0 }
        try stored.save(graph, absent: absent)
        insertedSinceCheckpoint = 0
        isDirty = false
        state.withLock { $0.checkpoints += 1 }
    }

    /// Takes deleted vectors out of the graph, clears them on the disk and gives their slots back.
    private func freeDeadSlots() throws {
        guard let vectors = collection.vectors else { return }
        let waiting = Set(state.withLock { $0.pending[$0.head...] })
        let victims: [UInt32] = collection.lock.reading {
            let free = Set(collection.state.free)
            let capacity = Int(collection.state.slots)
            let words = UnsafeBufferPointer(start: collection.dead.words, count: capacity / 64 + 1)
            return BitSet(capacity: capacity, words: Array(words)).members.map { UInt32($0) }
                .filter { !free.contains($0) && !waiting.contains($0) }
        }
        guard !victims.isEmpty else { return }
        if let graph {
            let set = BitSet(capacity: Int(collection.state.slots), victims.lazy.map(Int.init))
            if apus_graph_remove(graph, set.words, set.capacity) > 0 {
                isDirty = true
                try checkpoint()
            }
        }
        try vectors.clear(victims)
        let owner = collection
        try owner.queue.sync {
            try owner.database.writer.transaction { access in
                for slot in victims {
                    try access.query("UPDATE dead SET free = 1 WHERE slot = ?", [.integer(Int64(slot))])
                    // The next to use the slot may not be kept, and this copy would come back.
                    try access.query("DELETE FROM fresh WHERE slot = ?", [.integer(Int64(slot))])
                }
            }
            owner.lock.writing { owner.state.free += victims }
        }
    }

    /// Reads the stored graph once, after the first searches; a damaged one is built again.
    private func verifyStored() {
        guard let stored, stored.damage() != nil, let vectors = collection.vectors else { return }
        stored.remove()
        let fresh = makeGraph(vectors)
        let old: OpaquePointer? = collection.lock.writing {
            defer { graph = fresh }
            let all = (0..<collection.state.slots).filter { !collection.dead.contains($0) }
            state.withLock { state in
                state.pending = all
                state.head = 0
            }
            return graph
        }
        if let old { destroy(old) }
        isDirty = true
        wake()
    }
}
