import Digests
import FoundationEssentials
import Glibc
import HTTPMessages
import SQLite
import TaskTools
import Telemetry

/// Containers and blobs on disk: contents in files, everything else in a database. A blob is in the database only
/// when its file is on disk.
final class BlobStore: Sendable {
    struct Blob: Sendable {
        let name: String
        let file: String
        let size: Int
        let contentType: String
        let md5: String
        let etag: String
        let modified: Int64
        let metadata: String
    }

    let database: SQLiteDatabase
    private let directory: String

    init(directory: String) throws {
        self.directory = directory + "/blobs"
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
        database = try SQLiteDatabase(
            path: directory + "/blobs.sqlite",
            schema: """
                CREATE TABLE IF NOT EXISTS containers (
                    account TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
                    PRIMARY KEY (account, name)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS blobs (
                    account TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL,
                    size INTEGER NOT NULL, content_type TEXT NOT NULL, md5 TEXT NOT NULL, etag TEXT NOT NULL,
                    modified INTEGER NOT NULL, metadata TEXT NOT NULL,
                    PRIMARY KEY (account, container, name)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS blocks (
                    account TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL,
                    file TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (account, container, name, id)) WITHOUT ROWID;
                """)
        try removeOrphans()
    }

    /// Files that a crash left without a row.
    private func removeOrphans() throws {
        var known: Set<String> = []
        for row in try database.query("SELECT file FROM blobs UNION ALL SELECT file FROM blocks") {
            known.insert(row[0].string ?? "")
        }
        for file in try FileManager.default.contentsOfDirectory(atPath: directory) where !known.contains(file) {
            unlink(path(file))
        }
    }

    func path(_ file: String) -> String { directory + "/" + file }

    // MARK: - Files

    /// A content that was written to disk and has no row yet.
    struct Stored: Sendable {
        let file: String
        let size: Int
        let md5: [UInt8]
    }

    /// Streams a body into a new file; on disk when it returns.
    func store(_ body: HTTPBody, expected: Int) async throws -> Stored {
        let file = UUIDv7.random()
        let descriptor = open(path(file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.diskFailure() }
        do {
            var size = 0
            var collected: [UInt8] = []
            let hasher = MD5Hasher()
            func add(_ piece: [UInt8]) async throws {
                size += piece.count
                hasher.update(piece)
                try await BlockingCalls.run { try Self.writeAll(piece, descriptor) }
            }
            switch body {
            case .bytes(let bytes): collected = bytes
            case .source(let source): while let piece = try await source.next() { try await add(piece) }
            }
            if !collected.isEmpty { try await add(collected) }
            guard size == expected else { throw StorageFailure(400, "InvalidInput", "The body was cut short.") }
            try await BlockingCalls.run { if fsync(descriptor) != 0 { throw Self.diskFailure() } }
            close(descriptor)
            return Stored(file: file, size: size, md5: hasher.finalize())
        } catch {
            close(descriptor)
            unlink(path(file))
            throw error
        }
    }

    /// Joins blocks into one new file.
    func join(_ files: [String]) async throws -> Stored {
        let file = UUIDv7.random()
        return try await BlockingCalls.run { [self] in
            let descriptor = open(path(file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Self.diskFailure() }
            defer { close(descriptor) }
            do {
                var size = 0
                for source in files {
                    try Self.forEachPiece(path(source)) { piece in
                        size += piece.count
                        try Self.writeAll(piece, descriptor)
                    }
                }
                if fsync(descriptor) != 0 { throw Self.diskFailure() }
                return Stored(file: file, size: size, md5: [])
            } catch {
                unlink(path(file))
                throw error
            }
        }
    }

    /// Removes files that no row names any more.
    func discard(_ files: [String]) { for file in files { unlink(path(file)) } }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw diskFailure() }
            sent += count
        }
    }

    private static func forEachPiece(_ path: String, _ visit: ([UInt8]) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw diskFailure() }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw diskFailure() }
            guard count > 0 else { return }
            try visit(Array(buffer[..<count]))
        }
    }

    /// Sends a range of a file. The descriptor is opened before the response starts, so that a blob that is
    /// replaced meanwhile is still sent as it was.
    func stream(_ file: String, range: Range<Int>) throws -> HTTPResponse.Body {
        let descriptor = open(path(file), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageFailure(404, "BlobNotFound", "The specified blob does not exist.") }
        let handle = OpenFile(descriptor: descriptor)
        return .stream(length: range.count) { writer in
            var place = range.lowerBound
            while place < range.upperBound {
                let start = place
                let piece = try await BlockingCalls.run {
                    try handle.read(at: start, count: min(256 * 1024, range.upperBound - start))
                }
                guard !piece.isEmpty else { throw Self.diskFailure() }
                try await writer.write(piece)
                place += piece.count
            }
        }
    }

    fileprivate static func diskFailure() -> StorageFailure {
        StorageFailure(500, "InternalError", "The disk refused: \(String(cString: strerror(errno))).")
    }

    // MARK: - Rows

    static func newETag() -> String { "\"0x8D\(Digest.hex(Digest.randomBytes(7)).uppercased())\"" }

    func hasContainer(_ account: String, _ name: String) throws -> Bool {
        try !database.query("SELECT 1 FROM containers WHERE account = ? AND name = ?", [.text(account), .text(name)])
            .isEmpty
    }

    func blob(_ account: String, _ container: String, _ name: String) throws -> Blob? {
        try database.query(
            Self.select + " WHERE account = ? AND container = ? AND name = ?",
            [.text(account), .text(container), .text(name)]
        ).first.map(Self.blob)
    }

    static let select = "SELECT name, file, size, content_type, md5, etag, modified, metadata FROM blobs"

    static func blob(_ row: [SQLiteValue]) -> Blob {
        Blob(
            name: row[0].string ?? "", file: row[1].string ?? "", size: Int(row[2].int ?? 0),
            contentType: row[3].string ?? "", md5: row[4].string ?? "", etag: row[5].string ?? "",
            modified: row[6].int ?? 0, metadata: row[7].string ?? "")
    }
}

/// A descriptor that closes with its last user.
private final class OpenFile: Sendable {
    private let descriptor: Int32
    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    func read(at offset: Int, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = pread(descriptor, buffer.baseAddress, count, offset)
            guard got >= 0 else { throw BlobStore.diskFailure() }
            filled = got
        }
    }
}
