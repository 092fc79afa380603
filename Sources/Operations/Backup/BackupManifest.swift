import Digests
import JSONCoding
import Settings
import Telemetry

/// The last entry of a backup: what is in it, with checksums, and what it was made from. A file without it is cut short.
struct BackupManifest: Sendable {
    /// One file of the archive.
    struct Entry: Sendable, Equatable {
        let name: String
        let bytes: Int
        let sha256: String
    }

    static let name = "manifest.json"
    static let format = 1
    /// A manifest is one line for each file; a million files are more than a workspace has.
    static let sizeLimit = 256 << 20

    var entries: [Entry] = []
    let workspace: String
    let schema: Int
    let embeddingModel: String
    let createdAt: String
    let counts: [String: Int]
    /// Names and values of settings; secrets are left out.
    let settings: [String: String]

    private var content: JSONObject {
        [
            "format": .int(Int64(Self.format)), "product": "apus", "version": .string(Product.version),
            "createdAt": .string(createdAt), "workspace": .string(workspace), "schema": .int(Int64(schema)),
            "embeddingModel": .string(embeddingModel),
            "counts": .object(JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, .int(Int64($0.value))) })),
            "settings": .object(JSONObject(settings.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "entries": .array(
                entries.map { entry in
                    [
                        "name": .string(entry.name), "bytes": .int(Int64(entry.bytes)),
                        "sha256": .string(entry.sha256),
                    ]
                }),
        ]
    }

    /// The file's content with a checksum of its own, signed when there is a key.
    func encoded(key: Secret?) -> [UInt8] {
        var object = content
        object["sha256"] = .string(Self.checksum(content))
        if let key { object["hmac"] = .string(Self.signature(content, key)) }
        return JSONValue.object(object).encoded
    }

    private static func checksum(_ content: JSONObject) -> String {
        Digest.hex(Digest.sha256(JSONValue.object(content).encoded))
    }

    private static func signature(_ content: JSONObject, _ key: Secret) -> String {
        Digest.hex(Digest.hmacSHA256(key: Array(key.value.utf8), message: JSONValue.object(content).encoded))
    }

    init(
        workspace: String, schema: Int, embeddingModel: String, createdAt: String, counts: [String: Int],
        settings: [String: String]
    ) {
        self.workspace = workspace
        self.schema = schema
        self.embeddingModel = embeddingModel
        self.createdAt = createdAt
        self.counts = counts
        self.settings = settings
    }

    /// Reads a manifest.
    ///
    /// - Parameter key: With one, the manifest has to carry its signature.
    init(_ bytes: [UInt8], key: Secret?) throws(BackupError) {
        guard let value = try? JSONParser.parse(bytes), value["product"]?.string == "apus",
            let format = value["format"]?.int
        else { throw BackupError("its manifest cannot be read; it was not made by 'apus backup'") }
        guard format == Self.format else {
            throw BackupError("it has format \(format), this Apus reads format \(Self.format). Use a newer Apus.")
        }
        guard let workspace = value["workspace"]?.string, let schema = value["schema"]?.int,
            let model = value["embeddingModel"]?.string, let created = value["createdAt"]?.string,
            let list = value["entries"]?.array
        else { throw BackupError("its manifest is not complete") }
        var counts: [String: Int] = [:]
        for member in value["counts"]?.object?.members ?? [] { counts[member.name] = Int(member.value.int ?? 0) }
        var settings: [String: String] = [:]
        for member in value["settings"]?.object?.members ?? [] { settings[member.name] = member.value.string }
        self.init(
            workspace: workspace, schema: Int(schema), embeddingModel: model, createdAt: created, counts: counts,
            settings: settings)
        for item in list {
            guard let name = item["name"]?.string, let bytes = item["bytes"]?.int, let hash = item["sha256"]?.string
            else { throw BackupError("its manifest is not complete") }
            entries.append(Entry(name: name, bytes: Int(bytes), sha256: hash))
        }
        guard var plain = value.object else { throw BackupError("its manifest is not complete") }
        plain["hmac"] = nil
        plain["sha256"] = nil
        guard let key else {
            // Backups of the first version have none.
            if let given = value["sha256"]?.string, given != Self.checksum(plain) {
                throw BackupError("its manifest does not fit its checksum: it was changed after it was made")
            }
            return
        }
        guard let given = value["hmac"]?.string else {
            throw BackupError("it is not signed, and APUS_BACKUP_KEY asks for a signature")
        }
        guard Digest.constantTimeEqual(Array(given.utf8), Array(Self.signature(plain, key).utf8)) else {
            throw BackupError(
                "its signature is wrong: it was changed after it was made, or APUS_BACKUP_KEY is another one")
        }
    }
}
