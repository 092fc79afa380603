import CGraph
import FoundationEssentials
import Glibc

/// A graph on disk: one file for each of its arrays, one with a CRC-32C for each page of 4096 bytes, and `graph.meta`.
///
/// A checkpoint writes only pages that changed. Pages that the files had before go into `graph.journal` first, whole
/// and with a checksum, so that a crash at any moment leaves either the old graph or the new one; new pages are
/// appended, where the old `graph.meta` does not look. Files are mapped copy-on-write, not read.
struct GraphFile {
    /// What a graph has to agree with to be used.
    struct Parameters: Equatable {
        var metric: UInt32
        var dimension: UInt32
        var neighbours: UInt32
        var quantised: UInt32
    }

    let directory: String
    let parameters: Parameters

    private static let magic: UInt64 = 0x5350_414D_5347_5541
    private static let version: UInt32 = 1
    private static let page = Int(APUS_GRAPH_PAGE)
    private static let arrays = Int(APUS_GRAPH_ARRAYS)
    private var metaPath: String { directory + "/graph.meta" }
    private var journalPath: String { directory + "/graph.journal" }
    private func path(_ array: Int) -> String { directory + "/graph.\(array)" }
    private func sumsPath(_ array: Int) -> String { directory + "/graph.\(array).sums" }

    /// Deletes the graph; it can be built again from the vectors.
    func remove() {
        for array in 0..<Self.arrays {
            unlink(path(array))
            unlink(sumsPath(array))
        }
        unlink(metaPath)
        unlink(journalPath)
    }

    // MARK: - Writing

    /// Writes what changed since the last checkpoint.
    ///
    /// - Parameter absent: Slots below the node limit that are not in the graph.
    func save(_ graph: OpaquePointer, absent: [UInt32]) throws(VectorStorageError) {
        let known = readMeta()?.pages ?? Array(repeating: 0, count: Self.arrays)
        var pages: [Int] = []
        var journaled: [(array: Int, page: Int)] = []
        var changed: [[Int]] = []
        for index in 0..<Self.arrays {
            let array = apus_graph_get_array(graph, Int32(index))
            let count = (array.used + Self.page - 1) / Self.page
            pages.append(count)
            let dirty = (0..<count).filter { array.dirty[$0] != 0 || $0 >= known[index] }
            changed.append(dirty)
            for page in dirty where page < known[index] { journaled.append((index, page)) }
            try writePages(graph, index, dirty.filter { $0 >= known[index] })
        }
        let meta = metaBytes(graph, pages: pages, absent: absent)
        var journal = ByteWriter()
        journal.append(Self.magic)
        journal.append(UInt32(meta.count))
        journal.append(UInt32(journaled.count))
        journal.bytes += meta
        for entry in journaled {
            journal.append(UInt32(entry.array))
            journal.append(UInt32(entry.page))
            let array = apus_graph_get_array(graph, Int32(entry.array))
            journal.bytes += UnsafeBufferPointer(start: array.bytes + entry.page * Self.page, count: Self.page)
        }
        journal.append(apus_crc32c(0, journal.bytes, journal.bytes.count))
        try Self.write(journal.bytes, to: journalPath)
        try Self.synchronise(directory)
        for index in 0..<Self.arrays {
            try writePages(graph, index, changed[index].filter { $0 < known[index] })
            let array = apus_graph_get_array(graph, Int32(index))
            for page in changed[index] { array.dirty[page] = 0 }
        }
        try Self.replace(metaPath, with: meta)
        unlink(journalPath)
    }

    private func writePages(_ graph: OpaquePointer, _ index: Int, _ pages: [Int]) throws(VectorStorageError) {
        guard !pages.isEmpty else { return }
        let array = apus_graph_get_array(graph, Int32(index))
        try patch(index, pages) { UnsafeRawPointer(array.bytes + $0 * Self.page) }
    }

    /// Writes pages and their checksums in place.
    private func patch(_ index: Int, _ pages: [Int], _ contents: (Int) -> UnsafeRawPointer) throws(VectorStorageError) {
        let file = try Self.openForWriting(path(index))
        defer { close(file) }
        let sums = try Self.openForWriting(sumsPath(index))
        defer { close(sums) }
        for page in pages {
            let bytes = contents(page)
            var sum = apus_crc32c(0, bytes, Self.page)
            guard pwrite(file, bytes, Self.page, off_t(page * Self.page)) == Self.page,
                pwrite(sums, &sum, 4, page * 4) == 4
            else { throw VectorStorageError("cannot write \(path(index))", errno == 0 ? ENOSPC : errno) }
        }
        guard fdatasync(file) == 0, fdatasync(sums) == 0 else {
            throw VectorStorageError("cannot write \(path(index)) to the disk", errno)
        }
    }

    private func metaBytes(_ graph: OpaquePointer, pages: [Int], absent: [UInt32]) -> [UInt8] {
        let state = apus_graph_get_state(graph)
        var meta = ByteWriter()
        meta.append(Self.magic)
        meta.append(Self.version)
        for value in [parameters.metric, parameters.dimension, parameters.neighbours, parameters.quantised] {
            meta.append(value)
        }
        for value in [state.node_limit, state.node_count, state.upper_blocks, state.entry] { meta.append(value) }
        meta.append(UInt32(bitPattern: state.top_level))
        for count in pages { meta.append(UInt32(count)) }
        meta.append(UInt32(absent.count))
        for slot in absent { meta.append(slot) }
        meta.append(apus_crc32c(0, meta.bytes, meta.bytes.count))
        return meta.bytes
    }

    // MARK: - Reading

    struct Meta {
        var parameters: Parameters
        var state: apus_graph_state
        var pages: [Int]
        var absent: [UInt32]
    }

    /// Maps the stored graph into an empty one.
    ///
    /// - Returns: The slots that are absent; `nil` when there is no graph that fits.
    func load(into graph: OpaquePointer) throws(VectorStorageError) -> Meta? {
        try finishCheckpoint()
        guard let meta = readMeta(), meta.parameters == parameters else { return nil }
        for index in 0..<Self.arrays where meta.pages[index] > 0 {
            let array = apus_graph_get_array(graph, Int32(index))
            let size = meta.pages[index] * Self.page
            let file = open(path(index), O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var information = stat()
            guard fstat(file, &information) == 0, Int(information.st_size) >= size, size <= array.reserved else {
                return nil
            }
            let region = mmap(array.bytes, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0)
            guard region != MAP_FAILED else { throw VectorStorageError("cannot map \(path(index))", errno) }
        }
        guard apus_graph_set_state(graph, meta.state) != 0 else { return nil }
        return meta
    }

    /// Checks every page against its checksum; returns what is wrong, `nil` when nothing is.
    func damage() -> String? {
        guard let meta = readMeta() else { return access(metaPath, F_OK) == 0 ? "graph.meta is damaged" : nil }
        for index in 0..<Self.arrays where meta.pages[index] > 0 {
            let file = open(path(index), O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            let sums = (try? Self.read(sumsPath(index))) ?? []
            guard file >= 0, sums.count >= meta.pages[index] * 4 else { return "graph.\(index) is incomplete" }
            var buffer = [UInt8](repeating: 0, count: Self.page)
            for page in 0..<meta.pages[index] {
                let expected = ByteReader(sums, at: page * 4).peek()
                guard pread(file, &buffer, Self.page, page * Self.page) == Self.page,
                    apus_crc32c(0, buffer, Self.page) == expected
                else { return "graph.\(index) is damaged at page \(page)" }
            }
        }
        return nil
    }

    /// Does again what a checkpoint began, or forgets one that never was complete.
    func finishCheckpoint() throws(VectorStorageError) {
        guard access(journalPath, F_OK) == 0 else { return }
        let bytes = (try? Self.read(journalPath)) ?? []
        guard let journal = Self.parseJournal(bytes) else {
            unlink(journalPath)
            return
        }
        for index in 0..<Self.arrays {
            let entries = journal.pages.filter { $0.array == index }
            var places: [Int: Int] = [:]
            for entry in entries { places[entry.page] = entry.offset }
            guard !places.isEmpty else { continue }
            let result = bytes.withUnsafeBytes { raw in
                Result { () throws(VectorStorageError) in
                    guard let base = raw.baseAddress else { return }
                    try patch(index, places.keys.sorted()) { base + (places[$0] ?? 0) }
                }
            }
            try result.get()
        }
        try Self.replace(metaPath, with: Array(bytes[journal.meta]))
        unlink(journalPath)
    }

    /// Finds the parts of a journal; `nil` when it is not complete.
    static func parseJournal(_ bytes: [UInt8]) -> (meta: Range<Int>, pages: [(array: Int, page: Int, offset: Int)])? {
        guard bytes.count >= 20 else { return nil }
        var reader = ByteReader(bytes, at: bytes.count - 4)
        guard reader.next() == apus_crc32c(0, bytes, bytes.count - 4) else { return nil }
        reader = ByteReader(bytes, at: 0)
        guard reader.next64() == magic, let metaSize = reader.next(), let count = reader.next() else { return nil }
        let start = 16 + Int(metaSize)
        guard start + Int(count) * (8 + page) + 4 == bytes.count else { return nil }
        var pages: [(array: Int, page: Int, offset: Int)] = []
        for entry in 0..<Int(count) {
            var reader = ByteReader(bytes, at: start + entry * (8 + page))
            guard let array = reader.next(), let number = reader.next(), array < arrays else { return nil }
            pages.append((Int(array), Int(number), start + entry * (8 + page) + 8))
        }
        return (16..<start, pages)
    }

    private func readMeta() -> Meta? { (try? Self.read(metaPath)).flatMap { Self.parseMeta($0) } }

    /// Reads `graph.meta`; `nil` when it is not one.
    static func parseMeta(_ bytes: [UInt8]) -> Meta? {
        guard bytes.count >= 64 else { return nil }
        var reader = ByteReader(bytes, at: bytes.count - 4)
        guard reader.next() == apus_crc32c(0, bytes, bytes.count - 4) else { return nil }
        reader = ByteReader(bytes, at: 0)
        guard reader.next64() == magic, reader.next() == version else { return nil }
        var words: [UInt32] = []
        for _ in 0..<13 {
            guard let word = reader.next() else { return nil }
            words.append(word)
        }
        let parameters = Parameters(
            metric: words[0], dimension: words[1], neighbours: words[2], quantised: words[3])
        let state = apus_graph_state(
            node_limit: words[4], node_count: words[5], upper_blocks: words[6], entry: words[7],
            top_level: Int32(bitPattern: words[8]))
        var absent: [UInt32] = []
        for _ in 0..<words[12] {
            guard let slot = reader.next() else { return nil }
            absent.append(slot)
        }
        return Meta(parameters: parameters, state: state, pages: words[9...11].map(Int.init), absent: absent)
    }

    // MARK: - Files

    static func read(_ path: String) throws(VectorStorageError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw VectorStorageError("cannot read \(path)", errno)
        }
        return Array(data)
    }

    private static func openForWriting(_ path: String) throws(VectorStorageError) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw VectorStorageError("cannot open \(path)", errno) }
        return file
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(VectorStorageError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw VectorStorageError("cannot open \(path)", errno) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw VectorStorageError("cannot write \(path)", count == 0 ? ENOSPC : errno) }
            written += count
        }
        guard fdatasync(file) == 0 else { throw VectorStorageError("cannot write \(path) to the disk", errno) }
    }

    static func replace(_ path: String, with bytes: [UInt8]) throws(VectorStorageError) {
        try write(bytes, to: path + ".new")
        guard rename(path + ".new", path) == 0 else { throw VectorStorageError("cannot replace \(path)", errno) }
        try synchronise(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    }

    /// Brings a folder's entries to the disk.
    static func synchronise(_ directory: String) throws(VectorStorageError) {
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw VectorStorageError("cannot open \(directory)", errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw VectorStorageError("cannot write \(directory) to the disk", errno) }
    }
}

/// Puts little-endian numbers after each other.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }
}

/// Takes little-endian numbers from bytes; `nil` at the end.
struct ByteReader {
    private let bytes: [UInt8]
    private var offset: Int

    init(_ bytes: [UInt8], at offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    func peek() -> UInt32? {
        guard offset >= 0, offset + 4 <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }

    mutating func next() -> UInt32? {
        defer { offset += 4 }
        return peek()
    }

    mutating func next64() -> UInt64? {
        guard let low = next(), let high = next() else { return nil }
        return UInt64(high) << 32 | UInt64(low)
    }
}
