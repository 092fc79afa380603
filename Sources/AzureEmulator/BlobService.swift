import Digests
import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Blob Storage's REST operations for containers and block blobs.
struct BlobService: Sendable {
    typealias Call = StorageFrontEnd.Call

    let store: BlobStore
    let front: StorageFrontEnd

    static let bodyLimit = 5000 << 20

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        await front.handle(request) { call in
            switch call.segments.count {
            case 0: return try service(call)
            case 1: return try await container(call, call.segments[0])
            default:
                return try await blob(call, call.segments[0], try Self.blobName(call))
            }
        }
    }

    /// The blob's name is everything after the container, so that repeated and trailing slashes are kept.
    private static func blobName(_ call: Call) throws(StorageFailure) -> String {
        let parts = call.request.target.rawPath.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let name = percentDecoded(parts[3]), (1...1024).contains(name.utf16.count) else {
            throw StorageFailure(400, "InvalidUri", "The blob's name has to have 1 to 1024 characters.")
        }
        return name
    }

    private func unsupported(_ call: Call) -> StorageFailure {
        StorageFailure(
            501, "NotImplemented",
            "The emulator does not support this operation: \(call.request.method) \(call.component ?? "").")
    }

    // MARK: - Service

    private func service(_ call: Call) throws -> HTTPResponse {
        if call.request.method == .get, call.component == "list" {
            let prefix = call.parameter("prefix") ?? ""
            let rows = try store.database.query(
                "SELECT name, etag, modified FROM containers WHERE account = ? AND substr(name, 1, ?) = ? ORDER BY name",
                [.text(call.account), .integer(Int64(prefix.unicodeScalars.count)), .text(prefix)])
            let items = rows.map { row in
                "<Container><Name>\(XMLText.escape(row[0].string ?? ""))</Name><Properties><Last-Modified>"
                    + "\(Timestamp.httpDate(seconds: row[2].int ?? 0))</Last-Modified><Etag>\(XMLText.escape(row[1].string ?? ""))</Etag>"
                    + "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties></Container>"
            }
            return Self.xml(
                "<EnumerationResults><Containers>\(items.joined())</Containers><NextMarker/></EnumerationResults>")
        }
        if call.resource == "account" {
            let fields: HTTPFields = [
                "x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false",
            ]
            return HTTPResponse(.ok, fields: fields)
        }
        throw unsupported(call)
    }

    // MARK: - Containers

    private func container(_ call: Call, _ name: String) async throws -> HTTPResponse {
        guard call.resource == "container" else { throw unsupported(call) }
        switch (call.request.method, call.component) {
        case (.put, nil): return try await createContainer(call, name)
        case (.get, nil), (.head, nil):
            let rows = try store.database.query(
                "SELECT etag, modified FROM containers WHERE account = ? AND name = ?",
                [.text(call.account), .text(name)])
            guard let row = rows.first else { throw Self.noContainer }
            return HTTPResponse(
                .ok,
                fields: [
                    "ETag": row[0].string ?? "", "Last-Modified": Timestamp.httpDate(seconds: row[1].int ?? 0),
                    "x-ms-lease-status": "unlocked", "x-ms-lease-state": "available",
                    "x-ms-has-immutability-policy": "false", "x-ms-has-legal-hold": "false",
                ])
        case (.delete, nil): return try await deleteContainer(call, name)
        case (.get, "list"): return try list(call, name)
        default: throw unsupported(call)
        }
    }

    private static let noContainer = StorageFailure(404, "ContainerNotFound", "The specified container does not exist.")

    private func createContainer(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let isValid =
            (3...63).contains(name.utf8.count) && !name.contains("--") && !name.hasPrefix("-") && !name.hasSuffix("-")
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isValid else {
            throw StorageFailure(400, "InvalidResourceName", "A container's name has 3 to 63 of a-z, 0-9 and -.")
        }
        let etag = BlobStore.newETag()
        let now = Timestamp.nowMilliseconds() / 1000
        let account = call.account
        try await store.database.write { access in
            try access.query(
                "INSERT OR IGNORE INTO containers VALUES (?, ?, ?, ?)",
                [.text(account), .text(name), .text(etag), .integer(now)])
            guard access.changedRows == 1 else {
                throw StorageFailure(409, "ContainerAlreadyExists", "The specified container already exists.")
            }
        }
        return HTTPResponse(.created, fields: ["ETag": etag, "Last-Modified": Timestamp.httpDate(seconds: now)])
    }

    private func deleteContainer(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let account = call.account
        let files = try await store.database.write { access in
            let key: [SQLiteValue] = [.text(account), .text(name)]
            let blobs = try access.query("DELETE FROM blobs WHERE account = ? AND container = ? RETURNING file", key)
            let blocks = try access.query("DELETE FROM blocks WHERE account = ? AND container = ? RETURNING file", key)
            try access.query("DELETE FROM containers WHERE account = ? AND name = ?", key)
            guard access.changedRows == 1 else { throw Self.noContainer }
            return (blobs + blocks).map { $0[0].string ?? "" }
        }
        store.discard(files)
        return HTTPResponse(.accepted)
    }

    // MARK: - Listing

    private func list(_ call: Call, _ container: String) throws -> HTTPResponse {
        guard try store.hasContainer(call.account, container) else { throw Self.noContainer }
        let prefix = call.parameter("prefix") ?? ""
        var maximum = 5000
        if let text = call.parameter("maxresults") {
            guard let number = Int(text), number > 0 else {
                throw StorageFailure(400, "OutOfRangeQueryParameterValue", "maxresults has to be 1 to 5000.")
            }
            maximum = min(number, 5000)
        }
        // The marker is the name that the next page begins with.
        let marker = try call.parameter("marker").map { text throws(StorageFailure) in
            guard let bytes = Base64.decode(text), let name = String(validating: bytes, as: UTF8.self) else {
                throw StorageFailure(400, "OutOfRangeInput", "The marker is not one of ours.")
            }
            return name
        }
        let delimiter = call.parameter("delimiter").flatMap { $0.isEmpty ? nil : $0 }
        let rows = try store.database.query(
            BlobStore.select + " WHERE account = ? AND container = ? AND name >= ? ORDER BY name",
            [.text(call.account), .text(container), .text(marker ?? prefix)])
        var items: [String] = []
        var seen: Set<String> = []
        var next = ""
        for row in rows {
            let blob = BlobStore.blob(row)
            guard blob.name.hasPrefix(prefix) else {
                if blob.name > prefix { break } else { continue }
            }
            var item = Self.item(blob)
            if let delimiter, let rolled = Self.rolledUp(blob.name, prefix, delimiter) {
                if let marker, marker.hasPrefix(rolled), marker != blob.name, items.isEmpty, seen.isEmpty { continue }
                guard seen.insert(rolled).inserted else { continue }
                item = "<BlobPrefix>\(Self.nameElement(rolled))</BlobPrefix>"
            }
            if items.count == maximum {
                next = Base64.encode(blob.name.bytes)
                break
            }
            items.append(item)
        }
        var body =
            "<EnumerationResults ServiceEndpoint=\"http://\(XMLText.escape(call.field("host") ?? ""))/\(call.account)\" "
        body += "ContainerName=\"\(container)\"><Prefix>\(XMLText.escape(prefix))</Prefix>"
        body += "<Marker>\(XMLText.escape(call.parameter("marker") ?? ""))</Marker>"
        if let delimiter { body += "<Delimiter>\(XMLText.escape(delimiter))</Delimiter>" }
        body += "<Blobs>\(items.joined())</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>"
        return Self.xml(body)
    }

    private static func rolledUp(_ name: String, _ prefix: String, _ delimiter: String) -> String? {
        let rest = name.dropFirst(prefix.count)
        guard let range = rest.firstRange(of: delimiter) else { return nil }
        return prefix + rest[..<range.upperBound]
    }

    private static func nameElement(_ name: String) -> String {
        name.unicodeScalars.allSatisfy(XMLText.isAllowed)
            ? "<Name>\(XMLText.escape(name))</Name>" : "<Name Encoded=\"true\">\(percentEncoded(name))</Name>"
    }

    private static func item(_ blob: BlobStore.Blob) -> String {
        let date = Timestamp.httpDate(seconds: blob.modified)
        return "<Blob>\(nameElement(blob.name))<Properties><Creation-Time>\(date)</Creation-Time>"
            + "<Last-Modified>\(date)</Last-Modified><Etag>\(XMLText.escape(blob.etag.filter { $0 != "\"" }))</Etag>"
            + "<Content-Length>\(blob.size)</Content-Length><Content-Type>\(XMLText.escape(blob.contentType))</Content-Type>"
            + "<Content-MD5>\(blob.md5)</Content-MD5><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"
            + "<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
            + "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties></Blob>"
    }

    static func xml(_ body: String) -> HTTPResponse {
        HTTPResponse(
            .ok, text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>" + body, contentType: "application/xml")
    }

    // MARK: - Blobs

    private func blob(_ call: Call, _ container: String, _ name: String) async throws -> HTTPResponse {
        guard try store.hasContainer(call.account, container) else { throw Self.noContainer }
        switch (call.request.method, call.component) {
        case (.put, nil) where call.field("x-ms-copy-source") == nil: return try await put(call, container, name)
        case (.put, "block"): return try await putBlock(call, container, name)
        case (.put, "blocklist"): return try await putBlockList(call, container, name)
        case (.get, nil), (.head, nil): return try read(call, container, name)
        case (.delete, nil): return try await delete(call, container, name)
        default: throw unsupported(call)
        }
    }

    private static let noBlob = StorageFailure(404, "BlobNotFound", "The specified blob does not exist.")

    private func put(_ call: Call, _ container: String, _ name: String) async throws -> HTTPResponse {
        guard call.field("x-ms-blob-type") == "BlockBlob" else {
            throw StorageFailure(400, "MissingRequiredHeader", "x-ms-blob-type has to be BlockBlob.")
        }
        let stored = try await store.store(call.request.body, expected: call.contentLength)
        let md5 = Base64.encode(stored.md5)
        if let given = call.field("content-md5"), given != md5 {
            store.discard([stored.file])
            throw StorageFailure(400, "Md5Mismatch", "The body does not have the Content-MD5 that was given.")
        }
        return try await commit(stored, md5: md5, call, container, name)
    }

    private func putBlock(_ call: Call, _ container: String, _ name: String) async throws -> HTTPResponse {
        guard let id = call.parameter("blockid"), let raw = Base64.decode(id), (1...64).contains(raw.count) else {
            throw StorageFailure(400, "InvalidQueryParameterValue", "blockid has to be base64 of 1 to 64 bytes.")
        }
        let stored = try await store.store(call.request.body, expected: call.contentLength)
        let account = call.account
        let old = try await store.database.write { access in
            let key: [SQLiteValue] = [.text(account), .text(container), .text(name), .text(id)]
            let old = try access.query(
                "DELETE FROM blocks WHERE account = ? AND container = ? AND name = ? AND id = ? RETURNING file", key)
            try access.query(
                "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
                key + [.text(stored.file), .integer(Int64(stored.size))])
            return old.map { $0[0].string ?? "" }
        }
        store.discard(old)
        return HTTPResponse(
            .created, fields: ["Content-MD5": Base64.encode(stored.md5), "x-ms-request-server-encrypted": "true"])
    }

    private func putBlockList(_ call: Call, _ container: String, _ name: String) async throws -> HTTPResponse {
        let body = try await call.request.body.collect(limit: 16 << 20)
        guard let tree = try? MarkupReader.tree(body), tree.name == "BlockList" else {
            throw StorageFailure(400, "InvalidXmlDocument", "The body is not a BlockList.")
        }
        let rows = try store.database.query(
            "SELECT id, file FROM blocks WHERE account = ? AND container = ? AND name = ?",
            [.text(call.account), .text(container), .text(name)])
        let files = Dictionary(rows.map { ($0[0].string ?? "", $0[1].string ?? "") }) { $1 }
        var order: [String] = []
        for entry in tree.children {
            guard entry.name == "Latest" || entry.name == "Uncommitted", let file = files[entry.text] else {
                throw StorageFailure(400, "InvalidBlockList", "The list names a block that was not uploaded.")
            }
            order.append(file)
        }
        let stored = try await store.join(order)
        return try await commit(stored, md5: call.field("x-ms-blob-content-md5") ?? "", call, container, name)
    }

    /// Makes a stored file the blob's content, if the request's conditions hold at that moment.
    private func commit(
        _ stored: BlobStore.Stored, md5: String, _ call: Call, _ container: String, _ name: String
    ) async throws -> HTTPResponse {
        let etag = BlobStore.newETag()
        let now = Timestamp.nowMilliseconds() / 1000
        let isBlockList = call.component == "blocklist"
        let type = call.field("x-ms-blob-content-type") ?? (isBlockList ? nil : call.field("content-type"))
        let metadata = call.request.fields.all.filter { $0.name.lowercased().hasPrefix("x-ms-meta-") }
            .map { "\($0.name.dropFirst(10)):\($0.value)" }.joined(separator: "\n")
        let account = call.account
        let ifMatch = call.field("if-match")
        let ifNoneMatch = call.field("if-none-match")
        do {
            let old = try await store.database.write { access in
                let key: [SQLiteValue] = [.text(account), .text(container), .text(name)]
                let match = " WHERE account = ? AND container = ? AND name = ?"
                let current = try access.query("SELECT etag, file FROM blobs" + match, key).first
                if ifNoneMatch == "*", current != nil {
                    throw StorageFailure(409, "BlobAlreadyExists", "The specified blob already exists.")
                }
                if let ifMatch, ifMatch == "*" ? current == nil : current?[0].string != ifMatch {
                    throw StorageFailure(412, "ConditionNotMet", "The condition of a conditional header is not met.")
                }
                if let ifNoneMatch, ifNoneMatch != "*", current?[0].string == ifNoneMatch {
                    throw StorageFailure(412, "ConditionNotMet", "The condition of a conditional header is not met.")
                }
                let blocks = try access.query("DELETE FROM blocks" + match + " RETURNING file", key)
                try access.query(
                    "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    key + [
                        .text(stored.file), .integer(Int64(stored.size)), .text(type ?? "application/octet-stream"),
                        .text(md5), .text(etag), .integer(now), .text(metadata),
                    ])
                return blocks.map { $0[0].string ?? "" } + (current?[1].string.map { [$0] } ?? [])
            }
            store.discard(old)
        } catch {
            store.discard([stored.file])
            throw error
        }
        var fields: HTTPFields = [
            "ETag": etag, "Last-Modified": Timestamp.httpDate(seconds: now), "x-ms-request-server-encrypted": "true",
        ]
        if !md5.isEmpty, !isBlockList { fields["Content-MD5"] = md5 }
        return HTTPResponse(.created, fields: fields)
    }

    private func read(_ call: Call, _ container: String, _ name: String) throws -> HTTPResponse {
        guard let blob = try store.blob(call.account, container, name) else { throw Self.noBlob }
        if let tag = call.field("if-match"), tag != "*", tag != blob.etag {
            throw StorageFailure(412, "ConditionNotMet", "The condition of a conditional header is not met.")
        }
        if let tag = call.field("if-none-match"), tag == blob.etag {
            throw StorageFailure(304, "ConditionNotMet", "The condition of a conditional header is not met.")
        }
        var fields: HTTPFields = [
            "Content-Type": blob.contentType, "ETag": blob.etag,
            "Last-Modified": Timestamp.httpDate(seconds: blob.modified), "Accept-Ranges": "bytes",
            "x-ms-blob-type": "BlockBlob", "x-ms-lease-state": "available", "x-ms-lease-status": "unlocked",
            "x-ms-server-encrypted": "true", "x-ms-creation-time": Timestamp.httpDate(seconds: blob.modified),
        ]
        for line in blob.metadata.split(separator: "\n") {
            let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { fields["x-ms-meta-\(pair[0])"] = String(pair[1]) }
        }
        let range = Self.range(call.field("x-ms-range") ?? call.field("range"))
        guard let range, call.request.method == .get else {
            if !blob.md5.isEmpty { fields["Content-MD5"] = blob.md5 }
            return HTTPResponse(.ok, fields: fields, body: try store.stream(blob.file, range: 0..<blob.size))
        }
        guard range.start < blob.size else {
            throw StorageFailure(416, "InvalidRange", "The range is not within the blob.")
        }
        let end = min(range.end ?? blob.size - 1, blob.size - 1)
        fields["Content-Range"] = "bytes \(range.start)-\(end)/\(blob.size)"
        if !blob.md5.isEmpty { fields["x-ms-blob-content-md5"] = blob.md5 }
        return HTTPResponse(
            .partialContent, fields: fields, body: try store.stream(blob.file, range: range.start..<end + 1))
    }

    private static func range(_ text: String?) -> (start: Int, end: Int?)? {
        guard let text, text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Int(parts[0]), start >= 0 else { return nil }
        if parts[1].isEmpty { return (start, nil) }
        guard let end = Int(parts[1]), end >= start else { return nil }
        return (start, end)
    }

    private func delete(_ call: Call, _ container: String, _ name: String) async throws -> HTTPResponse {
        let account = call.account
        let files = try await store.database.write { access in
            let key: [SQLiteValue] = [.text(account), .text(container), .text(name)]
            let gone = try access.query(
                "DELETE FROM blobs WHERE account = ? AND container = ? AND name = ? RETURNING file", key)
            guard !gone.isEmpty else { throw Self.noBlob }
            return gone.map { $0[0].string ?? "" }
        }
        store.discard(files)
        return HTTPResponse(.accepted, fields: ["x-ms-delete-type-permanent": "true"])
    }
}
