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

    /// A blob that whoever asks for the copy may read. What it is at that moment, the write itself finds out, so that a
    /// copy beside an overwriting is of the one version or of the other.
    struct Source: Sendable {
        let url: String
        /// Whether its tags may be read too.
        let sharesTags: Bool
        fileprivate let container: Int64
        fileprivate let name: String
        fileprivate let moment: String
        fileprivate let conditions: Conditions
        fileprivate let range: (start: Int, end: Int?)?

        /// The source as it is now, if its conditions hold.
        func record(_ access: borrowing SQLiteDatabase.Access) throws -> BlobRecord {
            guard let record = try BlobStore.blob(access, container, name, moment) else {
                throw CopyOperations.unreachable("The specified blob does not exist.")
            }
            do throws(StorageFailure) {
                try conditions.checkRead(record.version)
            } catch {
                throw StorageFailure(
                    412, "SourceConditionNotMet",
                    "The source condition specified using HTTP conditional header(s) is not met.")
            }
            return record
        }

        private static func part(
            _ bytes: [UInt8], _ access: borrowing SQLiteDatabase.Access
        ) throws -> BlobStore.Part {
            let stored = ContentFiles.Stored(file: nil, bytes: bytes, size: bytes.count, md5: [], crc64: "")
            return .init(blockID: "", content: try BlobStore.add(stored, access), size: bytes.count)
        }

        /// The parts of the range when it is one whole part, or part of a small one.
        func partsOfRange(_ access: borrowing SQLiteDatabase.Access) throws -> [BlobStore.Part] {
            let record = try record(access)
            var inside = 0..<record.size
            if let range {
                guard range.start < record.size else {
                    throw StorageFailure(416, "InvalidRange", "The source's range is invalid.")
                }
                inside = range.start..<min(range.end ?? record.size - 1, record.size - 1) + 1
            }
            let content = try BlobStore.content(access, of: record.id)
            if let bytes = content.bytes {
                guard inside.upperBound <= bytes.count else { return [] }
                return [try Self.part(Array(bytes[inside]), access)]
            }
            let parts = content.parts
            if inside == 0..<record.size { return parts }
            var place = 0
            for part in parts {
                if place == inside.lowerBound, part.size == inside.count { return [part] }
                let slice = inside.lowerBound - place..<inside.upperBound - place
                if slice.lowerBound >= 0, slice.upperBound <= part.size,
                    let bytes = try access.query("SELECT data FROM contents WHERE id = ?", [.integer(part.content)])
                        .first?[0].bytes
                {
                    return [try Self.part(Array(bytes[slice]), access)]
                }
                place += part.size
            }
            return []
        }
    }

    fileprivate static func unreachable(_ reason: String) -> StorageFailure {
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
        guard other.segments.count >= 2, other.resource == nil, other.component == nil else {
            throw StorageFailure.header("x-ms-copy-source", url)
        }
        try other.admit(["snapshot"])
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
        var sharesTags = isTrusted
        if !isTrusted {
            do throws(StorageFailure) {
                try own.require(.init("r", account: "r", "o", publicAccess: ["blob", "container"]))
            } catch {
                throw StorageFailure(error.status.rawValue, "CannotVerifyCopySource", error.message)
            }
            if (try? own.require(.init("t", account: "t", "o"))) != nil { sharesTags = true }
        }
        return Source(
            url: url, sharesTags: sharesTags, container: container.id, name: name,
            moment: try other.snapshotTime() ?? BlobStore.base,
            conditions: try Conditions(call, prefix: "x-ms-source-"),
            range: BlobOperations.range(call.field("x-ms-source-range")))
    }

    func copy() async throws -> HTTPResponse {
        let overwrite = try blob.requireCreate()
        let isSynchronous = call.field("x-ms-requires-sync")?.lowercased() == "true"
        let source = try source()
        let id = UUIDv7.random()
        let record = try await write(
            source, overwrite, copyID: id, keepsProperties: true, copiesTags: isSynchronous && copiesTags()
        ) { found throws(StorageFailure) in
            if isSynchronous, found.size > 256 << 20 {
                throw StorageFailure(409, "CannotCopyFromSource", "Copy Blob From URL takes at most 256 MiB.")
            }
        }
        var fields = record.versionFields
        fields["x-ms-copy-id"] = id
        fields["x-ms-copy-status"] = "success"
        fields.add("Content-MD5", isSynchronous ? record.headers.md5 : nil)
        return HTTPResponse(.accepted, fields: fields)
    }

    /// Put Blob From URL: the content is the source's, the rest is the request's unless it asks for the source's.
    func putFromURL(_ overwrite: BlobChange.Overwrite) async throws -> HTTPResponse {
        let source = try source()
        let keeps = call.field("x-ms-copy-source-blob-properties")?.lowercased() != "false"
        let md5 = call.field("x-ms-source-content-md5")
        let record = try await write(
            source, overwrite, copyID: nil, keepsProperties: keeps, copiesTags: copiesTags()
        ) { found throws(StorageFailure) in
            if let md5, md5 != found.headers.md5 {
                throw StorageFailure(400, "Md5Mismatch", "The source's MD5 is another.")
            }
        }
        var fields = record.versionFields
        fields.add("Content-MD5", record.headers.md5)
        fields["x-ms-request-server-encrypted"] = "true"
        return HTTPResponse(.created, fields: fields)
    }

    /// Whether the copy gets the source's tags; otherwise it gets the request's ("Copy Blob From URL",
    /// `x-ms-copy-source-tag-option`).
    private func copiesTags() throws(StorageFailure) -> Bool {
        guard let option = call.field("x-ms-copy-source-tag-option") else { return false }
        switch option.uppercased() {
        case "REPLACE": return false
        case "COPY":
            guard call.field("x-ms-tags") == nil else {
                throw StorageFailure(
                    409, "InvalidInput", "x-ms-tags cannot be given when the source's tags are to be copied.")
            }
            return true
        default: throw .header("x-ms-copy-source-tag-option", option)
        }
    }

    private func write(
        _ source: Source, _ overwrite: BlobChange.Overwrite, copyID: String?, keepsProperties: Bool, copiesTags: Bool,
        _ check: @escaping @Sendable (BlobRecord) throws(StorageFailure) -> Void
    ) async throws -> BlobRecord {
        guard source.sharesTags || !copiesTags else {
            throw StorageFailure(
                403, "CannotVerifyCopySource", "The sender may not read the tags of the copy's source.")
        }
        let change = try BlobChange(blob, headers: ContentHeaders(call, usesOwnFields: false), overwrite)
        let replacesType = call.field("x-ms-blob-content-type") != nil
        let now = store.clock.seconds
        let (record, gone) = try await store.database.write { access in
            let current = try change.check(access)
            let found = try source.record(access)
            try check(found)
            var record = change.record
            record.size = found.size
            if keepsProperties, !replacesType { record.headers = found.headers }
            record.headers.md5 = found.headers.md5
            if record.metadata.pairs.isEmpty { record.metadata = found.metadata }
            if copiesTags { record.tags = found.tags }
            if let current { record.created = current.created }
            record.lease = change.leaseAfterWrite(current)
            if let copyID {
                record.copy = CopyState(id: copyID, source: source.url, size: found.size, now: now)
            }
            let content = try BlobStore.content(access, of: found.id)
            let old = try BlobStore.replace(record, content, current: current, access)
            return (record, try old + BlobStore.dropBlocks(record.container, record.name, access))
        }
        await store.discard(gone)
        return record
    }

    /// Every copy is complete already.
    func abort() throws -> HTTPResponse {
        try blob.require(.init("w", account: "w", "o"))
        guard try store.hasBlob(blob.container.id, blob.name) else { throw BlobStore.noBlob }
        throw StorageFailure(409, "NoPendingCopyOperation", "There is currently no pending copy operation.")
    }
}
