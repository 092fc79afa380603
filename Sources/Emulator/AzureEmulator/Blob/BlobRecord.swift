import HTTPMessages
import JSONCoding
import SQLite
import Telemetry

/// The six content headers that a blob keeps.
struct ContentHeaders: Sendable {
    var type = "application/octet-stream"
    var encoding = ""
    var language = ""
    var cacheControl = ""
    var disposition = ""
    /// base64; empty when unknown.
    var md5 = ""

    init() {}

    /// What a write asks for; `x-ms-blob-…` fields win over the request's own, which for a block list describe the list.
    init(_ call: StorageCall, usesOwnFields: Bool) {
        func field(_ name: String) -> String? {
            call.field("x-ms-blob-" + name) ?? (usesOwnFields ? call.field(name) : nil)
        }
        type = field("content-type") ?? type
        encoding = field("content-encoding") ?? ""
        language = field("content-language") ?? ""
        cacheControl = field("cache-control") ?? ""
        disposition = field("content-disposition") ?? ""
        md5 = call.field("x-ms-blob-content-md5") ?? ""
    }
}

/// A row of `blobs`.
struct BlobRecord: Sendable {
    var id: Int64 = 0
    var container: Int64
    var name: String
    /// `BlobStore.base`, `BlobStore.uncommitted`, or a snapshot's time.
    var snapshot: String
    var size = 0
    var headers = ContentHeaders()
    var etag = BlobStore.newETag()
    /// Seconds since 1970.
    var created: Int64
    var modified: Int64
    var metadata = Metadata.none
    var tags = BlobTags.none
    var tier = ""
    var lease = Lease()
    var copy = CopyState.none

    static let columns = """
        id, container, name, snapshot, size, type, encoding, language, cache_control, disposition, md5, etag, created, \
        modified, metadata, tags, tier, lease, copy
        """

    init(container: Int64, name: String, snapshot: String = BlobStore.base, now: Int64) {
        (self.container, self.name, self.snapshot, created, modified) = (container, name, snapshot, now, now)
    }

    init(_ row: borrowing SQLiteRow) {
        func text(_ column: Int32) -> String { row.text(column) ?? "" }
        id = row.int(0)
        container = row.int(1)
        name = text(2)
        snapshot = text(3)
        size = Int(row.int(4))
        headers.type = text(5)
        headers.encoding = text(6)
        headers.language = text(7)
        headers.cacheControl = text(8)
        headers.disposition = text(9)
        headers.md5 = text(10)
        etag = text(11)
        created = row.int(12)
        modified = row.int(13)
        metadata = Metadata(stored: text(14))
        tags = BlobTags(stored: text(15))
        tier = text(16)
        lease = Lease(stored: text(17))
        copy = CopyState(stored: text(18))
    }

    /// Values of every column but the id.
    var values: [SQLiteValue] {
        [
            .integer(container), .text(name), .text(snapshot), .integer(Int64(size)), .text(headers.type),
            .text(headers.encoding), .text(headers.language), .text(headers.cacheControl), .text(headers.disposition),
            .text(headers.md5), .text(etag), .integer(created), .integer(modified), .text(metadata.stored),
            .text(tags.stored), .text(tier), .text(lease.stored), .text(copy.stored),
        ]
    }

    var version: (etag: String, modified: Int64) { (etag, modified) }

    var isSnapshot: Bool { snapshot != BlobStore.base && snapshot != BlobStore.uncommitted }

    /// A write changes entity tag and time.
    mutating func touch(_ now: Int64) {
        etag = BlobStore.newETag()
        modified = now
    }

    /// Entity tag and time, as every write answers them.
    var versionFields: HTTPFields {
        ["ETag": etag, "Last-Modified": Timestamp.httpDate(seconds: modified)]
    }

    /// Everything that GET and HEAD show besides the content.
    func fields(now: Int64) -> HTTPFields {
        var fields = versionFields
        fields.append("Content-Type", headers.type)
        fields.append("Accept-Ranges", "bytes")
        fields.add("Content-Encoding", headers.encoding)
        fields.add("Content-Language", headers.language)
        fields.add("Cache-Control", headers.cacheControl)
        fields.add("Content-Disposition", headers.disposition)
        metadata.add(to: &fields)
        fields.append("x-ms-blob-type", "BlockBlob")
        fields.append("x-ms-creation-time", Timestamp.httpDate(seconds: created))
        if !isSnapshot { lease.add(to: &fields, now: now) }
        fields.append("x-ms-server-encrypted", "true")
        copy.add(to: &fields)
        if !tags.pairs.isEmpty { fields.append("x-ms-tag-count", String(tags.pairs.count)) }
        return fields
    }
}

/// How a blob came to be by copying.
struct CopyState: Sendable {
    let id: String
    let source: String
    let progress: String
    /// Seconds since 1970.
    let completed: Int64

    static let none = CopyState(stored: "")

    init(id: String, source: String, size: Int, now: Int64) {
        (self.id, self.source, progress, completed) = (id, source, "\(size)/\(size)", now)
    }

    init(stored: String) {
        let parts =
            stored.isEmpty ? [] : stored.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4 else {
            (id, source, progress, completed) = ("", "", "", 0)
            return
        }
        (id, source, progress, completed) = (parts[0], parts[1], parts[2], Int64(parts[3]) ?? 0)
    }

    var stored: String { id.isEmpty ? "" : [id, source, progress, String(completed)].joined(separator: "\n") }

    func add(to fields: inout HTTPFields) {
        guard !id.isEmpty else { return }
        fields.append("x-ms-copy-id", id)
        fields.append("x-ms-copy-status", "success")
        fields.append("x-ms-copy-source", source)
        fields.append("x-ms-copy-progress", progress)
        fields.append("x-ms-copy-completion-time", Timestamp.httpDate(seconds: completed))
    }
}
