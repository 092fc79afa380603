import AzureSignatures
import Digests
import HTTPMessages
import SQLite
import Telemetry

/// Copies within the emulator; they share the source's contents and are complete at once.
struct CopyOperations: Sendable {
    let blob: BlobOperations

    private var call: StorageCall { blob.call }
    private var store: BlobStore { blob.store }

    /// A blob that may be read by whoever asks for the copy.
    struct Source: Sendable {
        let url: String
        let record: BlobRecord
        let range: Range<Int>?

        private static func part(
            _ bytes: [UInt8], _ access: borrowing SQLiteDatabase.Access
        ) throws -> BlobStore.Part {
            let stored = ContentFiles.Stored(file: nil, bytes: bytes, size: bytes.count, md5: [], crc64: "")
            return .init(blockID: "", content: try BlobStore.add(stored, access), size: bytes.count)
        }

        /// The parts of the range when it is one whole part, or part of a small one.
        func partsOfRange(_ access: borrowing SQLiteDatabase.Access) throws -> [BlobStore.Part] {
            let content = try BlobStore.content(access, of: record.id)
            if let bytes = content.bytes {
                let inside = range ?? 0..<bytes.count
                guard inside.upperBound <= bytes.count else { return [] }
                return [try Self.part(Array(bytes[inside]), access)]
            }
            let parts = content.parts
            guard let range, range != 0..<record.size else { return parts }
            var place = 0
            for part in parts {
                if place == range.lowerBound, part.size == range.count { return [part] }
                let inside = range.lowerBound - place..<range.upperBound - place
                if inside.lowerBound >= 0, inside.upperBound <= part.size,
                    let bytes = try access.query("SELECT data FROM contents WHERE id = ?", [.integer(part.content)])
                        .first?[0].bytes
                {
                    return [try Self.part(Array(bytes[inside]), access)]
                }
                place += part.size
            }
            return []
        }
    }

    private static func unreachable(_ reason: String) -> StorageFailure {
        StorageFailure(404, "CannotVerifyCopySource", reason)
    }

    /// Finds the blob that `x-ms-copy-source` names, in this emulator.
    func source() throws -> Source {
        guard let url = call.field("x-ms-copy-source") else { throw StorageFailure.missingHeader("x-ms-copy-source") }
        guard let scheme = url.firstRange(of: "://"),
            let slash = url[scheme.upperBound...].firstIndex(of: "/")
        else { throw StorageFailure.header("x-ms-copy-source", url) }
        var fields: HTTPFields = ["host": String(url[scheme.upperBound..<slash])]
        fields["x-ms-version"] = call.field("x-ms-version")
        var request = HTTPRequest(
            method: .get, target: HTTPTarget(String(url[slash...])), fields: fields, body: .bytes([]),
            id: call.request.id)
        request.connection = call.request.connection
        let other: StorageCall
        do {
            other = try blob.service.front.resolve(request)
        } catch {
            throw Self.unreachable("The copy source is not in this emulator.")
        }
        guard other.segments.count >= 2 else { throw StorageFailure.header("x-ms-copy-source", url) }
        let container: BlobStore.Container
        do {
            container = try store.container(other.account, other.segments[0])
        } catch {
            throw Self.unreachable("The container of the copy source does not exist.")
        }
        let name = percentDecoded(other.rawPath.drop { $0 != "/" }.dropFirst()) ?? ""
        let own = BlobOperations(service: blob.service, call: other, container: container, name: name)
        // With the account's key its own blobs need nothing more; everything else has to be readable by itself.
        var isTrusted = false
        if case .signature = call.caller {} else { isTrusted = other.account == call.account }
        if case .signature = other.caller { isTrusted = false }
        if !isTrusted {
            try own.require(.init("r", account: "r", "o", publicAccess: ["blob", "container"]))
        }
        guard let record = try store.blob(container.id, name, snapshot: other.parameter("snapshot") ?? BlobStore.base)
        else { throw Self.unreachable("The specified blob does not exist.") }
        do throws(StorageFailure) {
            try Conditions(call, prefix: "x-ms-source-").checkRead(record.version)
        } catch {
            throw StorageFailure(
                412, "SourceConditionNotMet",
                "The source condition specified using HTTP conditional header(s) is not met.")
        }
        var range: Range<Int>?
        if let asked = BlobOperations.range(call.field("x-ms-source-range")) {
            guard asked.start < record.size else {
                throw StorageFailure(416, "InvalidRange", "The source's range is invalid.")
            }
            range = asked.start..<min(asked.end ?? record.size - 1, record.size - 1) + 1
        }
        return Source(url: url, record: record, range: range)
    }

    func copy() async throws -> HTTPResponse {
        try blob.requireCreate()
        let isSynchronous = call.field("x-ms-requires-sync")?.lowercased() == "true"
        let source = try source()
        if isSynchronous, source.record.size > 256 << 20 {
            throw StorageFailure(409, "CannotCopyFromSource", "Copy Blob From URL takes at most 256 MiB.")
        }
        let id = UUIDv7.random()
        let record = try await write(source, copyID: id, keepsProperties: true)
        var fields = record.versionFields
        fields["x-ms-copy-id"] = id
        fields["x-ms-copy-status"] = "success"
        fields.add("Content-MD5", isSynchronous ? record.headers.md5 : nil)
        return HTTPResponse(.accepted, fields: fields)
    }

    /// Put Blob From URL: the content is the source's, the rest is the request's unless it asks for the source's.
    func putFromURL() async throws -> HTTPResponse {
        let source = try source()
        let keeps = call.field("x-ms-copy-source-blob-properties")?.lowercased() != "false"
        if let md5 = call.field("x-ms-source-content-md5"), md5 != source.record.headers.md5 {
            throw StorageFailure(400, "Md5Mismatch", "The source's MD5 is another.")
        }
        let record = try await write(source, copyID: nil, keepsProperties: keeps)
        var fields = record.versionFields
        fields.add("Content-MD5", record.headers.md5)
        fields["x-ms-request-server-encrypted"] = "true"
        return HTTPResponse(.created, fields: fields)
    }

    private func write(_ source: Source, copyID: String?, keepsProperties: Bool) async throws -> BlobRecord {
        let change = try BlobChange(blob, headers: ContentHeaders(call, usesOwnFields: false))
        let replacesType = call.field("x-ms-blob-content-type") != nil
        let now = store.clock.seconds
        let (record, files) = try await store.database.write { access in
            let current = try change.check(access)
            var record = change.record
            record.size = source.record.size
            if keepsProperties, !replacesType { record.headers = source.record.headers }
            record.headers.md5 = source.record.headers.md5
            if record.metadata.pairs.isEmpty { record.metadata = source.record.metadata }
            if let current { record.created = current.created }
            record.lease = change.leaseAfterWrite(current)
            if let copyID {
                record.copy = CopyState(id: copyID, source: source.url, size: source.record.size, now: now)
            }
            let content = try BlobStore.content(access, of: source.record.id)
            guard content.size == source.record.size else {
                throw Self.unreachable("The specified blob does not exist any more.")
            }
            let old = try BlobStore.replace(record, content, current: current, access)
            return (record, try old + BlobStore.dropBlocks(record.container, record.name, access))
        }
        store.files.discard(files)
        return record
    }

    /// Every copy is complete already.
    func abort() throws -> HTTPResponse {
        try blob.require(.init("w", account: "w", "o"))
        guard try store.blob(blob.container.id, blob.name) != nil else { throw BlobStore.noBlob }
        throw StorageFailure(409, "NoPendingCopyOperation", "There is currently no pending copy operation.")
    }
}
