import Chroma
import FoundationEssentials
import Glibc
import SQLite
import Synchronization

/// Collections of vectors with documents and metadata, in a data folder that no other process may use meanwhile.
///
/// What a write acknowledged is on the disk, whole. `docs/parts/vectors.md` describes the files and the index.
public final class VectorStore: Sendable {
    /// How the store works.
    public struct Options: Sendable {
        /// Whether graphs compare 8-bit codes and rank again exactly.
        public var quantised = false
        /// Threads that build graphs.
        public var indexThreads = ProcessInfo.processInfo.activeProcessorCount
        /// Collections kept open.
        public var openCollections = 256
        /// Bytes of address space, of all stores of the process, beyond which collections that nobody uses are closed.
        public var addressSpace = AddressSpace.budget
        /// What callers may make.
        public var limits = Limits()

        /// The defaults.
        public init() {}
    }

    /// How much there may be; every one of them is in memory as well.
    public struct Limits: Sendable {
        public var tenants = 10_000
        public var databasesPerTenant = 1000
        public var collectionsPerTenant = 10_000

        /// The defaults.
        public init() {}
    }

    private struct Open {
        let collection: VectorCollection
        var users = 0
        var lastUse = ContinuousClock.now
    }

    let directory: String
    let options: Options
    let catalog: CollectionCatalog
    private let lock: FolderLock
    private let open = Mutex<[String: Open]>([:])
    private let opening = Mutex(())

    /// Opens the store in a folder, which is made when missing.
    ///
    /// - Throws: `VectorStorageError` when another process has it, or a newer version wrote it.
    public init(directory: String, options: Options = Options()) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        self.directory = directory
        self.options = options
        lock = try FolderLock(store: directory)
        catalog = try CollectionCatalog(directory: directory, limits: options.limits)
        try FileManager.default.createDirectory(atPath: directory + "/collections", withIntermediateDirectories: true)
        try removeOrphans()
        try FirstFormat.importIfPresent(directory, catalog: catalog)
    }

    /// Ends background work and writes the last checkpoints.
    public func close() async {
        let all = open.withLock { open in
            defer { open = [:] }
            return open.values.map(\.collection)
        }
        for collection in all { collection.close(checkpointing: true) }
    }

    func folder(_ id: String) -> String { directory + "/collections/" + id }

    /// Folders of collections whose deletion was interrupted.
    private func removeOrphans() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory + "/collections") {
            guard catalog.read({ $0.collections[name] == nil }) else { continue }
            try FileManager.default.removeItem(atPath: directory + "/collections/" + name)
        }
    }

    // MARK: - Open collections

    /// Calls the body with the open collection; `nil` when nothing was ever written to it and `makes` is false.
    func withCollection<Value: Sendable>(
        _ info: CollectionInfo, makes: Bool = false, _ body: (VectorCollection?) async throws -> Value
    ) async throws -> Value {
        let collection: VectorCollection?
        do { collection = try acquire(info, makes: makes) } catch { throw Self.readable(error) }
        guard let collection else { return try await body(nil) }
        defer { release(info.id) }
        do {
            return try await body(collection)
        } catch is CollectionClosed {
            throw VectorError.collectionMissing(id: info.id)
        } catch {
            throw Self.readable(error)
        }
    }

    /// The collections that are open.
    var openNow: [VectorCollection] { open.withLock { $0.values.map(\.collection) } }

    private func acquire(_ info: CollectionInfo, makes: Bool) throws -> VectorCollection? {
        func take() -> VectorCollection? {
            open.withLock { open in
                guard open[info.id] != nil else { return nil }
                open[info.id]?.users += 1
                open[info.id]?.lastUse = .now
                return open[info.id]?.collection
            }
        }
        if let found = take() { return found }
        return try opening.withLock { _ in
            if let found = take() { return UncheckedBox<VectorCollection?>(found) }
            guard catalog.read({ $0.collections[info.id] != nil }) else {
                throw VectorError.collectionMissing(id: info.id)
            }
            guard makes || access(folder(info.id), F_OK) == 0 else { return UncheckedBox(nil) }
            closeLeastUsed()
            let schema = info.schema
            let fresh = try VectorCollection(
                directory: folder(info.id), space: schema.space,
                options: .init(
                    neighbours: schema.parameter("max_neighbors"),
                    constructionCandidates: schema.parameter("ef_construction"),
                    quantised: options.quantised, threads: options.indexThreads),
                searchCandidates: max(schema.parameter("ef_search"), 1))
            open.withLock { $0[info.id] = Open(collection: fresh, users: 1) }
            return UncheckedBox(fresh)
        }.value
    }

    private func release(_ id: String) {
        let hasFailed = open.withLock { open in
            open[id]?.users -= 1
            guard let entry = open[id], entry.users <= 0 else { return false }
            return entry.collection.isClosed.load(ordering: .sequentiallyConsistent)
        }
        if hasFailed { closeUnused(id) }
        // The first vector reserves the most.
        if AddressSpace.bytes > options.addressSpace { opening.withLock { _ in closeLeastUsed() } }
    }

    /// Brings a changed `ef_search` to the collection if it is open.
    func setSearchCandidates(_ info: CollectionInfo) {
        let collection = open.withLock { $0[info.id]?.collection }
        collection?.searchCandidates.store(max(info.schema.parameter("ef_search"), 1), ordering: .relaxed)
    }

    /// Closes a collection that nobody is using, so that it is opened afresh.
    func closeUnused(_ id: String) {
        opening.withLock { _ in closeIfUnused(id) }
    }

    /// While `opening` is held, so that nobody opens the folder before it is closed.
    private func closeIfUnused(_ id: String) {
        let unused = open.withLock { open in
            open[id]?.users == 0 ? open.removeValue(forKey: id)?.collection : nil
        }
        unused?.close(checkpointing: true)
    }

    /// Makes room for one more. While `opening` is held.
    ///
    /// One goes for each that comes: what it has set aside is given back only when its last background work lets it go, so
    /// waiting for that would close all others.
    private func closeLeastUsed() {
        let surplus = open.withLock { open in
            open.count >= options.openCollections || AddressSpace.bytes > options.addressSpace
                ? open.filter { $0.value.users == 0 }.min { $0.value.lastUse < $1.value.lastUse }?.key : nil
        }
        if let surplus { closeIfUnused(surplus) }
    }

    /// Forgets a deleted collection and removes its folder.
    func discard(_ ids: [String]) {
        for id in ids {
            // Nobody may be opening it between the catalogue's change and this.
            opening.withLock { _ in
                let collection = open.withLock { $0.removeValue(forKey: id)?.collection }
                collection?.close(checkpointing: false)
                try? FileManager.default.removeItem(atPath: folder(id))
            }
        }
    }

    /// Removes everything and makes the default tenant and database again.
    public func reset() async throws {
        let ids = catalog.read { Array($0.collections.keys) }
        try await catalog.reset()
        discard(ids)
    }

    /// The system's errors that a caller can do something about, told apart.
    private static func readable(_ error: any Error) -> any Error {
        let isFull =
            (error as? VectorStorageError)?.isDiskFull
            ?? ((error as? SQLiteError).map { $0.code & 0xFF == 13 } ?? false)
        if isFull { return VectorError.diskFull }
        return (error as? VectorStorageError)?.errorNumber == ENOMEM ? VectorError.tooManyInUse : error
    }
}
