import Digests
import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Blocks of one blob: uploaded one by one in any order, made a blob by a list.
struct BlockOperations: Sendable {
    let blob: BlobOperations

    private static let maximumUncommitted = 100_000
    private static let maximumCommitted = 50_000

    private var call: StorageCall { blob.call }
    private var store: BlobStore { blob.store }

    func put(fromSource: Bool) async throws -> HTTPResponse {
        try blob.require(.init("w", account: "w", "o"))
        try blob.checkFeatures()
        guard let id = call.parameter("blockid") else { throw StorageFailure.missingParameter("blockid") }
        guard let raw = Base64.decode(id), (1...64).contains(raw.count) else {
            throw StorageFailure.parameter("blockid", id, "It has to be base64 of 1 to 64 bytes.")
        }
        if fromSource {
            let source = try CopyOperations(blob: blob).source()
            return try await add(id, raw.count) { access in try source.partsOfRange(access) }
        }
        guard call.contentLength > 0 else { throw StorageFailure.header("Content-Length", "0") }
        guard call.contentLength <= 4000 << 20 else { throw HTTPBodyTooLarge(limit: 4000 << 20) }
        let (stored, md5) = try await blob.receive()
        do {
            var response = try await add(id, raw.count) { access in
                [BlobStore.Part(blockID: id, content: try BlobStore.add(stored, access), size: stored.size)]
            }
            if call.field("content-md5") != nil {
                response.fields["Content-MD5"] = md5
            } else {
                response.fields["x-ms-content-crc64"] = stored.crc64
            }
            return response
        } catch {
            blob.discard(stored)
            throw error
        }
    }

    /// - Parameter length: Bytes of the id before they were encoded.
    private func add(
        _ id: String, _ length: Int,
        _ content: @escaping @Sendable (borrowing SQLiteDatabase.Access) throws -> [BlobStore.Part]
    ) async throws -> HTTPResponse {
        let lease = try call.leaseID()
        let now = store.clock.milliseconds
        let gone = try await store.database.write { [container = blob.container.id, name = blob.name] access in
            guard try !access.query("SELECT 1 FROM containers WHERE id = ?", [.integer(container)]).isEmpty else {
                throw BlobStore.noContainer
            }
            let current = try BlobStore.blob(access, container, name)
            try (current?.lease ?? Lease()).checkWrite(lease, now: now, kind: "Blob")
            let key: [SQLiteValue] = [.integer(container), .text(name)]
            let known = try access.query("SELECT block FROM blocks WHERE container = ? AND name = ? LIMIT 1", key)
            if let other = known.first?[0].string, Base64.decode(other)?.count != length {
                throw StorageFailure(
                    400, "InvalidBlobOrBlock",
                    "The specified blob or block content is invalid: all block ids of a blob have one length.")
            }
            let old = try access.query(
                "DELETE FROM blocks WHERE container = ? AND name = ? AND block = ? RETURNING content", key + [.text(id)]
            )
            let count = try access.query("SELECT count(*) FROM blocks WHERE container = ? AND name = ?", key)
            guard (count.first?[0].int ?? 0) < Self.maximumUncommitted else {
                throw StorageFailure(
                    409, "BlockCountExceedsLimit",
                    "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.")
            }
            let parts = try content(access)
            guard let part = parts.first, parts.count == 1 else {
                throw StorageFailure(
                    400, "InvalidInput",
                    "The source's range spans several of its blocks, which this emulator cannot copy as one.")
            }
            try access.query(
                "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
                key + [.text(id), .integer(part.content), .integer(Int64(part.size)), .integer(now / 1000)])
            if current == nil {
                let mark = BlobRecord(
                    container: container, name: name, snapshot: BlobStore.uncommitted, now: now / 1000)
                if try BlobStore.blob(access, container, name, BlobStore.uncommitted) == nil {
                    _ = try BlobStore.replace(mark, .none, current: nil, access)
                }
            }
            return try BlobStore.sweep(old.compactMap { $0[0].int }, access)
        }
        await store.discard(gone)
        return HTTPResponse(.created, fields: ["x-ms-request-server-encrypted": "true"])
    }

    // MARK: - Put Block List

    private struct Entry: Sendable {
        let kind: String
        let id: String
    }

    func commit() async throws -> HTTPResponse {
        try blob.require(.init("w", account: "w", "o"))
        let bytes = try await call.body(limit: 16 << 20)
        let hasher = MD5Hasher()
        hasher.update(bytes)
        let md5 = Base64.encode(hasher.finalize())
        if let given = call.field("content-md5"), given != md5 {
            throw StorageFailure(400, "Md5Mismatch", "The MD5 value specified did not match the block list's.")
        }
        let entries = try Self.entries(bytes)
        let change = try BlobChange(blob, headers: ContentHeaders(call, usesOwnFields: false))
        let (record, gone) = try await store.database.write { access in
            let current = try change.check(access)
            var record = change.record
            if let current { record.created = current.created }
            record.lease = change.leaseAfterWrite(current)
            let parts = try Self.resolve(entries, record, current, access)
            record.size = parts.reduce(0) { $0 + $1.size }
            // The new rows come first: a content that both lists name has to survive.
            let old = try BlobStore.replace(record, .init(parts: parts), current: current, access)
            return (record, try old + BlobStore.dropBlocks(record.container, record.name, access))
        }
        await store.discard(gone)
        var fields = record.versionFields
        var checksum = CRC64()
        checksum.update(bytes)
        if call.field("content-md5") != nil {
            fields["Content-MD5"] = md5
        } else {
            fields["x-ms-content-crc64"] = checksum.base64
        }
        fields["x-ms-request-server-encrypted"] = "true"
        return HTTPResponse(.created, fields: fields)
    }

    private static func entries(_ bytes: [UInt8]) throws -> [Entry] {
        guard let tree = try? MarkupReader.tree(bytes), tree.name == "BlockList" else { throw StorageFailure.badXML }
        guard tree.children.count <= maximumCommitted else {
            throw StorageFailure(
                400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
        }
        return try tree.children.map { node in
            guard ["Latest", "Committed", "Uncommitted"].contains(node.name) else {
                throw StorageFailure(
                    400, "InvalidXmlDocument", "XML specified is not syntactically valid.",
                    details: [("XmlNodeName", node.name)])
            }
            return Entry(kind: node.name, id: node.text)
        }
    }

    private static func resolve(
        _ entries: [Entry], _ record: BlobRecord, _ current: BlobRecord?, _ access: borrowing SQLiteDatabase.Access
    ) throws -> [BlobStore.Part] {
        func table(_ parts: [BlobStore.Part]) -> [String: BlobStore.Part] {
            Dictionary(parts.map { ($0.blockID, $0) }) { first, _ in first }
        }
        let pending = table(
            try access.query(
                "SELECT block, content, size FROM blocks WHERE container = ? AND name = ?",
                [.integer(record.container), .text(record.name)]
            ).map { .init(blockID: $0[0].string ?? "", content: $0[1].int ?? 0, size: Int($0[2].int ?? 0)) })
        let committed = table(try current.map { try BlobStore.parts(access, of: $0.id) } ?? [])
        return try entries.map { entry in
            let found =
                switch entry.kind {
                case "Committed": committed[entry.id]
                case "Uncommitted": pending[entry.id]
                default: pending[entry.id] ?? committed[entry.id]
                }
            guard let found, !found.blockID.isEmpty else {
                throw StorageFailure(400, "InvalidBlockList", "The specified block list is invalid.")
            }
            return found
        }
    }

    // MARK: - Get Block List

    func list() throws -> HTTPResponse {
        try blob.require(.init("r", account: "r", "o"))
        let kind = (call.parameter("blocklisttype") ?? "committed").lowercased()
        guard ["committed", "uncommitted", "all"].contains(kind) else {
            throw StorageFailure.parameter("blocklisttype", kind, "It is committed, uncommitted or all.")
        }
        let moment = try call.snapshotTime() ?? BlobStore.base
        let (current, committed, pending) = try store.reader.snapshot { access in
            let current = try BlobStore.blob(access, blob.container.id, blob.name, moment)
            let pending = try access.query(
                "SELECT block, content, size FROM blocks WHERE container = ? AND name = ? ORDER BY block",
                [.integer(blob.container.id), .text(blob.name)]
            ).map { BlobStore.Part(blockID: $0[0].string ?? "", content: 0, size: Int($0[2].int ?? 0)) }
            return (current, try current.map { try BlobStore.parts(access, of: $0.id) } ?? [], pending)
        }
        guard current != nil || !pending.isEmpty else { throw BlobStore.noBlob }
        func xml(_ name: String, _ parts: [BlobStore.Part]) -> String {
            // What was put as a whole has no blocks.
            let items = parts.filter { !$0.blockID.isEmpty }.map {
                "<Block><Name>\($0.blockID)</Name><Size>\($0.size)</Size></Block>"
            }
            return "<\(name)>\(items.joined())</\(name)>"
        }
        var body = "<BlockList>"
        if kind != "uncommitted" { body += xml("CommittedBlocks", committed) }
        if kind != "committed" { body += xml("UncommittedBlocks", pending) }
        var response = BlobService.xml(body + "</BlockList>")
        response.fields["x-ms-blob-content-length"] = String(current?.size ?? 0)
        if let current {
            for field in current.versionFields.all { response.fields.append(field.name, field.value) }
        }
        return response
    }
}
