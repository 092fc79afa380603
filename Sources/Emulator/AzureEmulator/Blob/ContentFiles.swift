import CLinux
import Digests
import FoundationEssentials
import Glibc
import HTTPMessages
import Synchronization
import TaskTools

/// Contents on disk: large ones in files of their own, small ones as bytes for the database. A file is on disk before
/// a row names it, and `ContentHolds` knows when it may go.
final class ContentFiles: Sendable {
    /// A content that has no row yet.
    struct Stored: Sendable {
        /// Name of the file; `nil` for a content that goes into the database.
        let file: String?
        let bytes: [UInt8]
        let size: Int
        let md5: [UInt8]
        let crc64: String
    }

    /// Contents up to this size are kept in the database, where they share its commits.
    static let inlineLimit = 64 * 1024

    private let directory: String

    init(directory: String) throws {
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func path(_ file: String) -> String { directory + "/" + file }

    /// Removes what a crash left without a row.
    func removeAll(except known: Set<String>) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: directory) where !known.contains(file) {
            unlink(path(file))
        }
    }

    // MARK: - Writing

    /// Streams a body to the disk, or collects a small one.
    ///
    /// - Parameter expected: The declared length; a body that was cut short is refused.
    func store(_ body: HTTPBody, expected: Int) async throws -> Stored {
        if expected <= Self.inlineLimit {
            let bytes = try await body.collect(limit: Self.inlineLimit)
            guard bytes.count == expected else { throw StorageFailure.badInput }
            let hasher = MD5Hasher()
            hasher.update(bytes)
            var crc = CRC64()
            crc.update(bytes)
            return Stored(file: nil, bytes: bytes, size: bytes.count, md5: hasher.finalize(), crc64: crc.base64)
        }
        let file = UUIDv7.random()
        let descriptor = open(path(file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.diskFailure() }
        let writer = ContentWriter(descriptor: descriptor)
        do {
            switch body {
            case .bytes(let bytes): try await writer.write(bytes)
            case .source(let source):
                while let piece = try await source.next() { try await writer.write(piece) }
            }
            let (size, md5, crc64) = try await writer.finish()
            guard size == expected else { throw StorageFailure.badInput }
            return Stored(file: file, bytes: [], size: size, md5: md5, crc64: crc64)
        } catch {
            await writer.abandon()
            unlink(path(file))
            throw error
        }
    }

    static func diskFailure() -> StorageFailure {
        StorageFailure(500, "InternalError", "The disk refused: \(String(cString: strerror(errno))).")
    }

    /// Removes a file.
    func remove(_ file: String) { unlink(path(file)) }
}

/// Writes and hashes one piece while the next one arrives.
private actor ContentWriter {
    private static let pieceBytes = 1 << 20

    private let file: OutputFile
    private var collected: [UInt8] = []
    private var pending: Task<Void, any Error>?

    init(descriptor: Int32) { file = OutputFile(descriptor: descriptor) }

    func write(_ piece: [UInt8]) async throws {
        if collected.isEmpty { collected.reserveCapacity(Self.pieceBytes + piece.count) }
        collected += piece
        if collected.count >= Self.pieceBytes { try await flush() }
    }

    private func flush() async throws {
        let bytes = collected
        collected = []
        try await pending?.value
        pending = Task { [file] in try await BlockingCalls.run { try file.append(bytes) } }
    }

    func finish() async throws -> (size: Int, md5: [UInt8], crc64: String) {
        if !collected.isEmpty { try await flush() }
        try await pending?.value
        return try await BlockingCalls.run { [file] in try file.finish() }
    }

    func abandon() async {
        _ = await pending?.result
        file.close()
    }
}

/// The file that a content is written to; used by one call at a time.
private final class OutputFile: Sendable {
    private struct State: ~Copyable {
        var descriptor: Int32
        var size = 0
        var flushed = 0
        var crc = CRC64()
        let hasher = MD5Hasher()
    }

    private let state: Mutex<State>

    init(descriptor: Int32) { state = Mutex(State(descriptor: descriptor)) }

    func append(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(state.descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
                }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw ContentFiles.diskFailure() }
                sent += count
            }
            state.size += bytes.count
            // The disk starts early, so that there is little to wait for at the end.
            if state.size - state.flushed >= 8 << 20 {
                apus_begin_writeback(state.descriptor, state.flushed, state.size - state.flushed)
                state.flushed = state.size
            }
            state.hasher.update(bytes)
            state.crc.update(bytes)
        }
    }

    func finish() throws -> (size: Int, md5: [UInt8], crc64: String) {
        try state.withLock { state in
            guard fdatasync(state.descriptor) == 0 else { throw ContentFiles.diskFailure() }
            Glibc.close(state.descriptor)
            state.descriptor = -1
            return (state.size, state.hasher.finalize(), state.crc.base64)
        }
    }

    func close() {
        state.withLock { state in
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
            state.descriptor = -1
        }
    }
}
