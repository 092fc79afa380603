import Digests
import HTTPMessages
import TarArchives
import Telemetry

/// Adds files to an archive and keeps their checksums.
final class EntryWriter {
    private(set) var entries: [BackupManifest.Entry] = []
    private let archive: TarWriter
    private let time = Timestamp.nowMilliseconds() / 1000

    init(path: String) throws { archive = try TarWriter(path: path) }

    func add(_ name: String, _ bytes: [UInt8]) throws {
        try archive.begin(name, bytes: bytes.count, modified: time)
        try archive.write(bytes)
        entries.append(.init(name: name, bytes: bytes.count, sha256: Digest.hex(Digest.sha256(bytes))))
    }

    /// Adds a file as it arrives.
    ///
    /// - Throws: `BackupError` when fewer or more bytes come than were announced.
    func add(_ name: String, _ body: any HTTPBodySource, bytes: Int) async throws {
        try archive.begin(name, bytes: bytes, modified: time)
        let hasher = SHA256Hasher()
        var count = 0
        while let piece = try await body.next() {
            count += piece.count
            guard count <= bytes else { break }
            hasher.update(piece)
            try archive.write(piece)
        }
        guard count == bytes else { throw BackupError("\(name) has \(count) bytes where \(bytes) were announced") }
        entries.append(.init(name: name, bytes: bytes, sha256: Digest.hex(hasher.finalize())))
    }

    func close() throws { try archive.close() }
}
