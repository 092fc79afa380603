import AzureSignatures
import Digests
import HTTPMessages
import SQLite
import Telemetry

/// Operations on one blob as a whole.
struct BlobOperations: Sendable {
    let service: BlobService
    let call: StorageCall
    let container: BlobStore.Container
    let name: String

    var store: BlobStore { service.store }

    func require(_ need: StorageCall.Need) throws(StorageFailure) {
        try service.check(call, container: container, blob: name).require(need)
    }

    static let alreadyExists = StorageFailure(409, "BlobAlreadyExists", "The specified blob already exists.")

    /// Refuses what would change the meaning of a body without our understanding it.
    func checkFeatures() throws(StorageFailure) {
        for name in [
            "x-ms-structured-body", "x-ms-encryption-key", "x-ms-encryption-scope",
            "x-ms-immutability-policy-until-date",
            "x-ms-legal-hold",
        ] where call.field(name) != nil {
            throw .unsupportedHeader(name)
        }
    }

    // MARK: - Put Blob

    func put(fromSource: Bool) async throws -> HTTPResponse {
        let overwrite = try requireCreate()
        guard let type = call.field("x-ms-blob-type") else { throw StorageFailure.missingHeader("x-ms-blob-type") }
        guard type == "BlockBlob" else {
            if ["PageBlob", "AppendBlob"].contains(type) { throw StorageFailure.unsupported }
            throw StorageFailure.header("x-ms-blob-type", type)
        }
        try checkFeatures()
        if fromSource { return try await CopyOperations(blob: self).putFromURL(overwrite) }
        guard call.request.fields["content-length"] != nil else {
            throw StorageFailure(411, "MissingContentLengthHeader", "The content length header was not specified.")
        }
        let change = try BlobChange(self, headers: ContentHeaders(call, usesOwnFields: true), overwrite)
        let (stored, md5) = try await receive()
        var record = change.record
        record.size = stored.size
        if record.headers.md5.isEmpty { record.headers.md5 = md5 }
        return try await commit(stored, record, change, checksums: md5)
    }

    /// Whether the sender may write a blob, for which a new one takes less than one that is there already. Another can
    /// make the blob meanwhile, so the write itself asks again.
    func requireCreate() throws -> BlobChange.Overwrite {
        guard case .signature = call.caller else {
            try require(.init("cw", account: "cw", "o"))
            return .allowed
        }
        do throws(StorageFailure) {
            try require(.init("w", account: "w", "o"))
            return .allowed
        } catch {
            guard error.code == SignatureCheck.refusal.code else { throw error }
            try require(.init("c", account: "c", "o"))
        }
        guard try !store.hasBlob(container.id, name) else { throw BlobChange.noOverwrite }
        return .refused
    }

    /// Stores the request's body and checks it against the checksums that came with it.
    func receive() async throws -> (ContentFiles.Stored, md5: String) {
        let md5 = call.field("content-md5")
        let crc = call.field("x-ms-content-crc64")
        if md5 != nil && crc != nil {
            throw StorageFailure(
                400, "BothCrc64AndMd5HeaderPresent", "Both x-ms-content-crc64 and Content-MD5 header are present.")
        }
        if let md5, Base64.decode(md5)?.count != 16 {
            throw StorageFailure(
                400, "InvalidMd5",
                "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64-encoded.")
        }
        let stored = try await store.files.store(call.request.body, expected: call.contentLength)
        let computed = Base64.encode(stored.md5)
        if let md5, md5 != computed {
            discard(stored)
            throw StorageFailure(
                400, "Md5Mismatch",
                "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
                details: [("UserSpecifiedMd5", md5), ("ServerCalculatedMd5", computed)])
        }
        if let crc, crc != stored.crc64 {
            discard(stored)
            throw StorageFailure(
                400, "Crc64Mismatch",
                "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")
        }
        return (stored, computed)
    }

    /// Removes a content that no row has named yet.
    func discard(_ stored: ContentFiles.Stored) { if let file = stored.file { store.files.remove(file) } }

    private func commit(
        _ stored: ContentFiles.Stored, _ record: BlobRecord, _ change: BlobChange, checksums md5: String
    ) async throws -> HTTPResponse {
        do {
            let (written, old) = try await store.database.write { [record] access in
                var record = record
                let current = try change.check(access)
                if let current { record.created = current.created }
                record.lease = change.leaseAfterWrite(current)
                var content = BlobStore.Content(bytes: stored.bytes)
                if stored.file != nil {
                    let id = try BlobStore.add(stored, access)
                    content = .init(parts: [.init(blockID: "", content: id, size: stored.size)])
                }
                let blocks = try BlobStore.dropBlocks(record.container, record.name, access)
                return (record, try blocks + BlobStore.replace(record, content, current: current, access))
            }
            await store.discard(old)
            var fields = written.versionFields
            fields["Content-MD5"] = md5
            fields["x-ms-content-crc64"] = stored.crc64
            fields["x-ms-request-server-encrypted"] = "true"
            return HTTPResponse(.created, fields: fields)
        } catch {
            discard(stored)
            throw error
        }
    }

    // MARK: - Changing

    func setMetadata() async throws -> HTTPResponse {
        try require(.init("w", account: "w", "o"))
        let metadata = try call.metadata()
        return try await change { $0.metadata = metadata }
    }

    func setHeaders() async throws -> HTTPResponse {
        try require(.init("w", account: "w", "o"))
        let headers = ContentHeaders(call, usesOwnFields: false)
        return try await change { $0.headers = headers }
    }

    func setTags() async throws -> HTTPResponse {
        try require(.init("t", account: "t", "o"))
        let tags = try BlobTags(xml: try await call.body(limit: 64 * 1024))
        // Tags are no part of the blob's version.
        _ = try await change(touches: false) { $0.tags = tags }
        return HTTPResponse(.noContent)
    }

    func setTier() async throws -> HTTPResponse {
        try require(.init("w", account: "w", "o"))
        guard let tier = call.field("x-ms-access-tier") else { throw StorageFailure.missingHeader("x-ms-access-tier") }
        guard ["Hot", "Cool", "Cold", "Archive"].contains(tier) else {
            throw StorageFailure.header("x-ms-access-tier", tier)
        }
        _ = try await change(touches: false) { $0.tier = tier }
        return HTTPResponse(.ok)
    }

    private func change(
        touches: Bool = true, _ body: @escaping @Sendable (inout BlobRecord) throws -> Void
    ) async throws -> HTTPResponse {
        let check = try BlobChange(self, headers: ContentHeaders())
        let now = store.clock.milliseconds
        let changed = try await store.database.write { access in
            guard var record = try check.check(access, mustExist: true) else { throw BlobStore.noBlob }
            try body(&record)
            if touches { record.touch(now / 1000) }
            record.lease.noteWrite(now: now)
            try BlobStore.update(record, access)
            return record
        }
        var fields = changed.versionFields
        fields["x-ms-request-server-encrypted"] = "true"
        return HTTPResponse(.ok, fields: fields)
    }

    func lease() async throws -> HTTPResponse {
        let action = try LeaseAction(call)
        if case .breakUp = action {
            try require(.init("wd", account: "wd", "o"))
        } else {
            try require(.init("w", account: "w", "o"))
        }
        let conditions = try Conditions(call)
        let (record, status, fields) = try await store.database.write { [container, name, clock = store.clock] access in
            guard var record = try BlobStore.blob(access, container.id, name) else { throw BlobStore.noBlob }
            try conditions.checkWrite(record.version)
            let (status, fields) = try action.apply(to: &record.lease, now: clock.milliseconds)
            try BlobStore.update(record, access)
            return (record, status, fields)
        }
        var all = record.versionFields
        for field in fields.all { all.append(field.name, field.value) }
        return HTTPResponse(status, fields: all)
    }

    func snapshot() async throws -> HTTPResponse {
        try require(.init("cw", account: "cw", "o"))
        let conditions = try Conditions(call)
        let lease = try call.leaseID()
        let given = try call.metadata()
        let record = try await store.database.write { [container, name, clock = store.clock] access in
            guard let current = try BlobStore.blob(access, container.id, name) else { throw BlobStore.noBlob }
            try conditions.checkWrite(current.version)
            try current.lease.checkRead(lease, now: clock.milliseconds, kind: "Blob")
            var record = current
            record.snapshot = try Self.snapshotTime(
                access, container.id, name, now: clock.milliseconds)
            record.lease = Lease()
            if !given.pairs.isEmpty { record.metadata = given }
            _ = try BlobStore.replace(record, try BlobStore.content(access, of: current.id), current: nil, access)
            return record
        }
        var fields = record.versionFields
        fields["x-ms-snapshot"] = record.snapshot
        fields["x-ms-request-server-encrypted"] = "true"
        return HTTPResponse(.created, fields: fields)
    }

    /// A time with seven digits of a second that no other snapshot of the blob has.
    private static func snapshotTime(
        _ access: borrowing SQLiteDatabase.Access, _ container: Int64, _ name: String, now: Int64
    ) throws -> String {
        let base = String(Timestamp.format(milliseconds: now).dropLast())
        for step in 0..<10_000 {
            let digits = String(step)
            let time = base + String(repeating: "0", count: 4 - digits.count) + digits + "Z"
            if try BlobStore.blob(access, container, name, time) == nil { return time }
        }
        throw StorageFailure(409, "SnapshotOperationRateExceeded", "The rate of snapshot operations is too high.")
    }

    func delete() async throws -> HTTPResponse {
        try require(.init("d", account: "d", "o"))
        let mode = call.field("x-ms-delete-snapshots")?.lowercased()
        guard mode == nil || mode == "include" || mode == "only" else {
            throw StorageFailure.header("x-ms-delete-snapshots", mode ?? "")
        }
        let change = try BlobChange(self, headers: ContentHeaders())
        let snapshot = try call.snapshotTime()
        let gone = try await store.database.write { [container, name] access in
            let key: [SQLiteValue] = [.integer(container.id), .text(name)]
            if let snapshot {
                let gone = try access.query(
                    "DELETE FROM blobs WHERE container = ? AND name = ? AND snapshot = ? RETURNING id",
                    key + [.text(snapshot)])
                guard !gone.isEmpty else { throw BlobStore.noBlob }
                return try BlobStore.removeParts(of: gone.compactMap { $0[0].int }, access)
            }
            _ = try change.check(access, mustExist: true)
            let snapshots = try access.query(
                "SELECT id FROM blobs WHERE container = ? AND name = ? AND snapshot <> '~' AND snapshot <> '!'", key)
            guard snapshots.isEmpty || mode != nil else {
                throw StorageFailure(
                    409, "SnapshotsPresent", "This operation is not permitted because the blob has snapshots.")
            }
            let which = mode == "only" ? " AND snapshot <> '~'" : ""
            let gone = try access.query(
                "DELETE FROM blobs WHERE container = ? AND name = ?\(which) RETURNING id", key)
            let blocks = mode == "only" ? [] : try BlobStore.dropBlocks(container.id, name, access)
            return try blocks + BlobStore.removeParts(of: gone.compactMap { $0[0].int }, access)
        }
        await store.discard(gone)
        return HTTPResponse(.accepted, fields: ["x-ms-delete-type-permanent": "true"])
    }

    /// Nothing is ever deleted softly here, so what is there stays and what is gone cannot come back.
    func undelete() throws -> HTTPResponse {
        try require(.init("w", account: "w", "o"))
        guard try store.hasBlob(container.id, name) else { throw BlobStore.noBlob }
        return HTTPResponse(.ok)
    }
}
