import CGraph
import Chroma
import Dispatch
import FoundationEssentials
import JSONCoding
import SQLite
import Synchronization

/// The records of one collection, open: their database, vector file, index and what filters need.
///
/// Writes run one after another on the collection's queue and change what is in memory under the exclusive lock,
/// together with their commit, so that under the shared lock memory and database always tell the same.
final class VectorCollection: @unchecked Sendable {
    /// What is in memory of the database. Changed on the queue, under the exclusive lock; read under the shared one.
    struct State {
        var dimension: Int?
        var nextSeq: UInt32 = 0
        var slots: UInt32 = 0
        var count = 0
        /// Successful writes.
        var version = 0
        /// Records of all writes and deletes.
        var operations = 0
        /// Records whose slot is not their seq, both ways.
        var slotOf: [UInt32: UInt32] = [:]
        var seqOf: [UInt32: UInt32] = [:]
        /// Slots that can be used again.
        var free: [UInt32] = []
        /// Metadata keys seen, with the type of value: `key NUL type`.
        var keys: Set<String> = []
    }

    let directory: String
    let space: VectorSpace
    let options: IndexOptions
    let lock = ReadWriteLock()
    let queue = DispatchQueue(label: "apus.vectors.collection")
    /// Candidates that a search of the graph keeps; the one parameter that changes while a collection is open.
    let searchCandidates: Atomic<Int>
    let database: RecordDatabase
    /// Seqs that exist.
    let live: BitRegion
    /// Slots that must not be found.
    let dead: BitRegion
    var state = State()
    // Made with the first vector, by the writer.
    var vectors: VectorFile?
    var columns: MetadataColumns?
    let columnsLoading = Mutex(())
    private let readers = Mutex<[SQLiteDatabase]>([])
    let synchroniser: CommitSynchroniser
    // Refers back to this object and is made at the end of its initialisation.
    private(set) lazy var index = IndexBuilder(self)
    /// Set when the collection is deleted or its disk failed; nothing is written after that.
    let isClosed = Atomic(false)
    /// Vectors of which the database has a copy.
    let keptCount = Atomic(0)
    /// Writes with at most so many bytes of vectors keep a copy in the database and wait for that file only.
    static let keptBytes = 64 << 10

    /// How collections are indexed.
    struct IndexOptions: Sendable {
        var neighbours = 16
        var constructionCandidates = 100
        var quantised = false
        var threads = 1
    }

    /// Opens or makes a collection in a folder.
    init(directory: String, space: VectorSpace, options: IndexOptions, searchCandidates: Int = 100) throws {
        self.searchCandidates = Atomic(searchCandidates)
        self.directory = directory
        self.space = space
        self.options = options
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let database = try RecordDatabase(directory: directory)
        self.database = database
        synchroniser = CommitSynchroniser { try database.writer.synchronise() }
        live = try BitRegion()
        dead = try BitRegion()
        try load()
        index.start()
    }

    var vectorPath: String { directory + "/vectors.f32" }

    private func load() throws {
        try database.writer.read { access in
            for row in try access.query("SELECT name, value FROM state") {
                let value = Int(row[1].int ?? 0)
                switch row[0].string {
                case "dimension": state.dimension = value
                case "next_seq": state.nextSeq = UInt32(clamping: value)
                case "slots": state.slots = UInt32(clamping: value)
                case "version": state.version = value
                case "operations": state.operations = value
                default: break
                }
            }
            live.insertAll(below: state.nextSeq)
            try access.scan("SELECT seq FROM gone") { row in
                live.remove(UInt32(truncatingIfNeeded: row.int(0)))
                return true
            }
            try access.scan("SELECT slot, free FROM dead") { row in
                let slot = UInt32(truncatingIfNeeded: row.int(0))
                dead.insert(slot)
                if row.int(1) != 0 { state.free.append(slot) }
                return true
            }
            try access.scan("SELECT slot, seq FROM records INDEXED BY moved WHERE slot <> seq") { row in
                let (slot, seq) = (UInt32(truncatingIfNeeded: row.int(0)), UInt32(truncatingIfNeeded: row.int(1)))
                state.slotOf[seq] = slot
                state.seqOf[slot] = seq
                return true
            }
            try access.scan("SELECT key, type FROM keys") { row in
                state.keys.insert((row.text(0) ?? "") + "\0" + (row.text(1) ?? ""))
                return true
            }
        }
        state.count = live.count
        guard let dimension = state.dimension else { return }
        let file = try VectorFile(path: vectorPath, dimension: dimension)
        guard file.slotsInFile >= Int(state.slots) else {
            throw VectorStorageError(
                "\(vectorPath) holds \(file.slotsInFile) vectors and not the \(state.slots) that the database counts; "
                    + "restore the collection from a backup")
        }
        vectors = file
        // The file may have lost these to a power failure.
        let kept = try database.writer.read { try RecordDatabase.kept($0) }
        try file.write(kept.filter { $0.slot < state.slots && $0.vector.count == dimension })
        keptCount.store(kept.count, ordering: .relaxed)
    }

    /// Ends background work; the collection is not written any more.
    func close(checkpointing: Bool) {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        index.stop(checkpointing: checkpointing)
    }

    // MARK: - Places

    func slot(of seq: UInt32) -> UInt32 { state.slotOf[seq] ?? seq }
    func seq(of slot: UInt32) -> UInt32 { state.seqOf[slot] ?? slot }

    /// The metric as the index knows it.
    var metric: Int32 {
        switch space {
        case .l2: Int32(APUS_L2)
        case .cosine: Int32(APUS_COSINE)
        case .ip: Int32(APUS_IP)
        }
    }

    /// The seqs that exist, as a set to compute with.
    var liveSeqs: BitSet {
        let capacity = Int(state.nextSeq)
        return BitSet(
            capacity: capacity, words: Array(UnsafeBufferPointer(start: live.words, count: capacity / 64 + 1)))
    }

    // MARK: - Reading connections

    /// Calls the body with a connection that no other thread uses.
    func withReader<Value>(_ body: (borrowing SQLiteDatabase.Access) throws -> Value) throws -> Value {
        let reader = try readers.withLock { $0.popLast() } ?? database.makeReader()
        defer { readers.withLock { if $0.count < 4 { $0.append(reader) } } }
        return try reader.read(body)
    }

    /// The columns that filters work on, read from the database at first use. Under the shared lock.
    func loadedColumns() throws -> MetadataColumns {
        try columnsLoading.withLock { _ in
            if let columns { return UncheckedBox(columns) }
            let fresh = MetadataColumns()
            var failure: (any Error)?
            try withReader { access in
                try access.scan("SELECT seq, value FROM metadata") { row in
                    do {
                        let bytes = row.withBytes(1) { Array($0 ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
                        fresh.set(UInt32(truncatingIfNeeded: row.int(0)), try JSONParser.parse(bytes).object)
                        return true
                    } catch {
                        failure = error
                        return false
                    }
                }
            }
            if let failure { throw failure }
            columns = fresh
            return UncheckedBox(fresh)
        }.value
    }
}
