import AzureSignatures
import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Queue Storage's REST operations on accounts and queues; messages are in `MessageOperations`
/// (docs/reference/azure-storage.md, 3).
struct QueueService: Sendable {
    typealias Call = StorageCall

    let store: QueueStore
    let front: StorageFrontEnd

    static let bodyLimit = 256 * 1024

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        await front.handle(request, properties: store.properties, route)
    }

    private func route(_ call: Call) throws -> StorageOperation {
        if call.segments.count > 1 {
            guard call.segments[1] == "messages", call.segments.count <= 3, call.resource == nil,
                call.component == nil
            else { throw StorageFailure.unsupported }
            let queue = try store.queue(call.account, call.segments[0])
            return try MessageOperations(service: self, call: call, queue: queue).operation()
        }
        guard let name = call.segments.first else { return try service(call) }
        guard call.resource == nil else { throw StorageFailure.unsupported }
        switch (call.method, call.component) {
        case (.put, nil): return StorageOperation { try await create(call, name) }
        case (.delete, nil): return StorageOperation { try await delete(call, name) }
        case (.get, "metadata"), (.head, "metadata"): return StorageOperation { try properties(call, name) }
        case (.put, "metadata"): return StorageOperation { try await setMetadata(call, name) }
        case (.get, "acl"), (.head, "acl"):
            return StorageOperation {
                let queue = try store.queue(call.account, name)
                try check(call, queue).require(.init(nil, account: nil, "c"))
                return BlobService.xml(AccessPolicies.document(queue.acl))
            }
        case (.put, "acl"): return StorageOperation { try await setPolicies(call, name) }
        default: throw StorageFailure.unsupported
        }
    }

    func check(_ call: Call, _ queue: QueueStore.Queue?) -> SignatureCheck {
        SignatureCheck(
            call: call, front: front, resource: call.segments.first.map { .queue($0) },
            policies: queue.map { AccessPolicies.read($0.acl) } ?? [])
    }

    private func service(_ call: Call) throws -> StorageOperation {
        switch (call.method, call.resource, call.component) {
        case (.get, nil, "list"):
            return StorageOperation(["prefix", "marker", "maxresults", "include"]) { try list(call) }
        case (.get, "service", "properties"):
            return StorageOperation {
                try check(call, nil).require(.init(nil, account: "r", "s"))
                return try ServiceProperties(service: .queue).read(try store.properties(call.account))
            }
        case (.put, "service", "properties"):
            return StorageOperation {
                try check(call, nil).require(.init(nil, account: "w", "s"))
                let document = try ServiceProperties(service: .queue).merged(
                    try await call.body(limit: 64 * 1024), with: try store.properties(call.account))
                try await store.setProperties(call.account, document)
                return HTTPResponse(.accepted)
            }
        case (.get, "service", "stats"):
            return StorageOperation {
                try check(call, nil).require(.init(nil, account: "r", "s"))
                return ServiceProperties.stats(now: store.clock.seconds)
            }
        default: throw StorageFailure.unsupported
        }
    }

    private func list(_ call: Call) throws -> HTTPResponse {
        try check(call, nil).require(.init(nil, account: "l", "s"))
        let prefix = call.parameter("prefix") ?? ""
        let marker = call.parameter("marker") ?? ""
        let maximum = try BlobListing.maximum(call)
        let rows = try store.reader.query(
            """
            SELECT \(QueueStore.Queue.columns) FROM queues WHERE account = ? AND name >= ? AND substr(name, 1, ?) = ?
            ORDER BY name LIMIT ?
            """,
            [
                .text(call.account), .text(max(prefix, marker)), .integer(Int64(prefix.unicodeScalars.count)),
                .text(prefix), .integer(Int64(maximum + 1)),
            ]
        ).map { QueueStore.Queue($0) }
        let withMetadata = (call.parameter("include") ?? "").lowercased().contains("metadata")
        let items = rows.prefix(maximum).map {
            "<Queue><Name>\($0.name)</Name>\(withMetadata ? $0.metadata.xml : "")</Queue>"
        }
        var body = "<EnumerationResults ServiceEndpoint=\"\(XMLText.escape(call.endpoint))/\">"
        body += "<Prefix>\(XMLText.escape(prefix))</Prefix><Marker>\(XMLText.escape(marker))</Marker>"
        if call.parameter("maxresults") != nil { body += "<MaxResults>\(maximum)</MaxResults>" }
        let next = rows.count > maximum ? rows[maximum].name : ""
        return BlobService.xml(
            body + "<Queues>\(items.joined())</Queues><NextMarker>\(next)</NextMarker></EnumerationResults>")
    }

    private func create(_ call: Call, _ name: String) async throws -> HTTPResponse {
        try check(call, nil).require(.init(nil, account: "cw", "c"))
        guard (3...63).contains(name.utf8.count) else {
            throw StorageFailure(400, "OutOfRangeInput", "A queue's name has 3 to 63 characters.")
        }
        let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isPlain, !name.contains("--"), !name.hasPrefix("-"), !name.hasSuffix("-") else {
            throw StorageFailure(
                400, "InvalidResourceName", "A queue's name has a-z, 0-9 and single '-' between them.")
        }
        let metadata = try call.metadata()
        let account = call.account
        let isNew = try await store.database.write { access in
            let key: [SQLiteValue] = [.text(account), .text(name)]
            try access.query(
                "INSERT OR IGNORE INTO queues (account, name, metadata, acl) VALUES (?, ?, ?, '')",
                key + [.text(metadata.stored)])
            if access.changedRows == 1 { return true }
            let rows = try access.query("SELECT metadata FROM queues WHERE account = ? AND name = ?", key)
            guard Metadata(stored: rows.first?[0].string ?? "") == metadata else {
                throw StorageFailure(409, "QueueAlreadyExists", "The specified queue already exists.")
            }
            return false
        }
        return HTTPResponse(isNew ? .created : .noContent)
    }

    private func delete(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let queue = try store.queue(call.account, name)
        try check(call, queue).require(.init(nil, account: "d", "c"))
        try await store.database.write { access in
            try access.query("DELETE FROM messages WHERE queue = ?", [.integer(queue.id)])
            try access.query("DELETE FROM queues WHERE id = ?", [.integer(queue.id)])
            guard access.changedRows == 1 else { throw QueueStore.noQueue }
        }
        return HTTPResponse(.noContent)
    }

    private func properties(_ call: Call, _ name: String) throws -> HTTPResponse {
        let now = store.clock.milliseconds
        let (queue, count) = try store.reader.snapshot { access in
            let queue = try QueueStore.queue(access, call.account, name)
            let rows = try access.query(
                "SELECT count(*) FROM messages WHERE queue = ? AND expires > ?", [.integer(queue.id), .integer(now)])
            return (queue, rows.first?[0].int ?? 0)
        }
        try check(call, queue).require(.init("r", account: "r", "c"))
        var fields: HTTPFields = ["x-ms-approximate-messages-count": String(count)]
        queue.metadata.add(to: &fields)
        return HTTPResponse(.ok, fields: fields)
    }

    private func setMetadata(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let queue = try store.queue(call.account, name)
        try check(call, queue).require(.init(nil, account: "w", "c"))
        return try await set("metadata", try call.metadata().stored, queue)
    }

    private func setPolicies(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let queue = try store.queue(call.account, name)
        try check(call, queue).require(.init(nil, account: nil, "c"))
        return try await set("acl", try AccessPolicies.parse(try await call.body(limit: 64 * 1024)), queue)
    }

    private func set(_ column: String, _ value: String, _ queue: QueueStore.Queue) async throws -> HTTPResponse {
        try await store.database.write { access in
            try access.query("UPDATE queues SET \(column) = ? WHERE id = ?", [.text(value), .integer(queue.id)])
            guard access.changedRows == 1 else { throw QueueStore.noQueue }
        }
        return HTTPResponse(.noContent)
    }
}
