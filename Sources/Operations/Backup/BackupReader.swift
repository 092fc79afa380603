import Digests
import JSONCoding
public import Settings
import TarArchives

/// Checks a backup from its first byte to its last before anything of it is used.
public struct BackupReader: Sendable {
    let path: String
    let manifest: BackupManifest

    /// How many chats, messages, documents and passages there are.
    public var counts: [String: Int] { manifest.counts }
    /// When it was made, and by which schema.
    public var origin: String { "\(manifest.createdAt), schema \(manifest.schema), \(manifest.embeddingModel)" }

    /// Reads the whole file and compares every checksum.
    ///
    /// - Throws: `BackupError` that says what is wrong with it.
    public init(_ path: String, key: Secret?) throws {
        self.path = path
        do {
            manifest = try Self.check(path, key)
        } catch let error as BackupError {
            throw BackupError("\(path) cannot be used: \(error.description)")
        } catch let error as TarArchiveError {
            throw BackupError("\(path) cannot be used: it is damaged or cut short (\(error.reason))")
        }
    }

    private static func check(_ path: String, _ key: Secret?) throws -> BackupManifest {
        let archive = try TarReader(path: path)
        var found: [BackupManifest.Entry] = []
        var manifest: BackupManifest?
        while let (name, bytes) = try archive.next() {
            guard manifest == nil else { throw BackupError("there is something behind its manifest: \(name)") }
            if name == BackupManifest.name {
                guard bytes <= BackupManifest.sizeLimit else { throw BackupError("its manifest is too large") }
                var content: [UInt8] = []
                while let piece = try archive.read() { content += piece }
                manifest = try BackupManifest(content, key: key)
                continue
            }
            let hasher = SHA256Hasher()
            var count = 0
            while let piece = try archive.read() {
                hasher.update(piece)
                count += piece.count
            }
            found.append(.init(name: name, bytes: count, sha256: Digest.hex(hasher.finalize())))
        }
        guard let manifest else { throw BackupError("it is cut short: the manifest at its end is missing") }
        guard found.count == manifest.entries.count else {
            throw BackupError("it has \(found.count) files where its manifest lists \(manifest.entries.count)")
        }
        for (one, listed) in zip(found, manifest.entries) where one != listed {
            throw BackupError("\(one.name) is not what its manifest lists: it was changed or is damaged")
        }
        return manifest
    }
}
