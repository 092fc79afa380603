import CosmosQuery
import JSONCoding
import SQLite
import Telemetry

/// Writes items of one partition inside a transaction; single calls and batches share it.
struct ItemWriter: Sendable {
    /// What a write left.
    struct Outcome: Sendable {
        let status: Int
        let etag: String?
        /// The item as text; `nil` for deletions.
        let body: String?
    }

    /// Conditions on the entity tag.
    struct Conditions: Sendable {
        var match: String?
        var noneMatch: String?

        func check(_ etag: String?) throws(CosmosFailure) {
            if let match, !match.isEmpty {
                guard let etag, match == "*" || match == etag else { throw .preconditionFailed }
            }
            if let noneMatch, let etag, noneMatch == "*" || noneMatch == etag { throw .preconditionFailed }
        }
    }

    private struct Current {
        let seq: Int64
        let etag: String
        let body: String
    }

    let container: CosmosStore.Container
    let key: PartitionKey
    let clock: EmulatorClock

    private func current(_ id: String, _ access: borrowing SQLiteDatabase.Access) throws -> Current? {
        try access.query(
            """
            SELECT seq, etag, body FROM items WHERE container = ? AND partition = ? AND id = ?
            AND (expires IS NULL OR expires > ?)
            """, [.integer(container.id), .text(key.text), .text(id), .integer(clock.seconds)]
        ).first.map { Current(seq: $0[0].int ?? 0, etag: $0[1].string ?? "", body: $0[2].string ?? "") }
    }

    // MARK: - Operations

    func create(_ item: JSONValue, _ access: borrowing SQLiteDatabase.Access) throws -> Outcome {
        let id = try itemID(item)
        guard try current(id, access) == nil else { throw CosmosFailure.exists }
        return try store(item, id, replacing: nil, access)
    }

    func upsert(
        _ item: JSONValue, _ conditions: Conditions, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Outcome {
        let id = try itemID(item)
        let current = try current(id, access)
        if current != nil || conditions.match != nil { try conditions.check(current?.etag) }
        return try store(item, id, replacing: current, access)
    }

    func replace(
        _ id: String, _ item: JSONValue, _ conditions: Conditions, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Outcome {
        guard try itemID(item) == id else {
            throw CosmosFailure.bad("The id in the body is not the one of the item that is to be replaced.")
        }
        guard let current = try current(id, access) else { throw CosmosFailure.missing }
        try conditions.check(current.etag)
        return try store(item, id, replacing: current, access)
    }

    func patch(
        _ id: String, _ patch: ItemPatch, _ conditions: Conditions, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Outcome {
        guard let current = try current(id, access) else { throw CosmosFailure.missing }
        try conditions.check(current.etag)
        let item = try patch.applied(
            to: try ItemText.parse(current.body), keyPaths: container.keyPaths, now: clock.milliseconds)
        guard !ItemText.isTooDeep(item) else { throw CosmosFailure.bad("The patch makes the item too deep.") }
        return try store(item, id, replacing: current, access)
    }

    func read(_ id: String, _ access: borrowing SQLiteDatabase.Access) throws -> Outcome {
        guard let current = try current(id, access) else { throw CosmosFailure.missing }
        return Outcome(status: 200, etag: current.etag, body: current.body)
    }

    func delete(
        _ id: String, _ conditions: Conditions, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Outcome {
        guard let current = try current(id, access) else { throw CosmosFailure.missing }
        try conditions.check(current.etag)
        try access.query("DELETE FROM items WHERE seq = ?", [.integer(current.seq)])
        try access.query("DELETE FROM unique_values WHERE item = ?", [.integer(current.seq)])
        return Outcome(status: 204, etag: nil, body: nil)
    }

    // MARK: - Storing

    private func itemID(_ item: JSONValue) throws -> String {
        guard item.object != nil else { throw CosmosFailure.bad("The item has to be a JSON object.") }
        guard !ItemText.isTooDeep(item) else {
            throw CosmosFailure.bad(
                "The item has objects or lists in one another more than \(ItemText.maximumNesting) levels deep.")
        }
        let id = try SchemaOperations.validID(item["id"], limit: 1023)
        guard PartitionKey(of: item, paths: container.keyPaths) == key else {
            throw CosmosFailure.bad(
                "PartitionKey extracted from document doesn't match the one specified in the header.", subStatus: 1001)
        }
        guard key.largest <= 2048 else { throw CosmosFailure.bad("A partition key's value has at most 2048 bytes.") }
        return id
    }

    private func store(
        _ item: JSONValue, _ id: String, replacing current: Current?, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Outcome {
        let now = clock.seconds
        let expires = try expiry(item, now)
        let etag = CosmosStore.newETag()
        let lsn = try access.query(
            "UPDATE containers SET lsn = lsn + 1 WHERE key = ? RETURNING lsn", [.integer(container.id)]
        ).first?[0].int
        guard let lsn else { throw CosmosFailure.parentMissing }
        let place: [SQLiteValue] = [.integer(container.id), .text(key.text)]
        if current == nil {
            // An item whose time is over may still be on disk.
            let old = try access.query(
                "DELETE FROM items WHERE container = ? AND partition = ? AND id = ? RETURNING seq", place + [.text(id)])
            for row in old { try access.query("DELETE FROM unique_values WHERE item = ?", [row[0]]) }
        }
        var seq = current?.seq ?? 0
        if current == nil {
            seq =
                try access.query(
                    """
                    INSERT INTO items (container, partition, epk, id, rid, etag, ts, expires, lsn, body)
                    VALUES (?, ?, ?, ?, '', '', 0, NULL, 0, '') RETURNING seq
                    """, place + [.text(key.effective), .text(id)]
                ).first?[0].int ?? 0
        }
        let rid = CosmosStore.itemRid(container, seq)
        let body = Self.complete(item, rid: rid, link: "\(container.link)docs/\(rid)/", etag: etag, now: now)
        guard body.utf8.count <= CosmosService.maximumBytes + 1024 else { throw CosmosFailure.tooLarge }
        try access.query(
            "UPDATE items SET rid = ?, etag = ?, ts = ?, expires = ?, lsn = ?, body = ? WHERE seq = ?",
            [
                .text(rid), .text(etag), .integer(now), expires.map { .integer($0) } ?? .null, .integer(lsn),
                .text(body), .integer(seq),
            ])
        try claimUnique(item, seq, isNew: current == nil, access)
        return Outcome(status: current == nil ? 201 : 200, etag: etag, body: body)
    }

    /// The item's text with the service's own members at its end; those that the client sent back are dropped.
    private static func complete(_ item: JSONValue, rid: String, link: String, etag: String, now: Int64) -> String {
        let own: Set<String> = ["_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"]
        var members = (item.object?.members ?? []).filter { !own.contains($0.name) }.map { ($0.name, $0.value) }
        members += [
            ("_rid", .string(rid)), ("_self", .string(link)), ("_etag", .string(etag)),
            ("_attachments", "attachments/"), ("_ts", .int(now)),
        ]
        return JSONValue.object(JSONObject(members)).text
    }

    /// When an item's time is over; only containers with a time to live let items have one.
    private func expiry(_ item: JSONValue, _ now: Int64) throws(CosmosFailure) -> Int64? {
        guard let standard = container.defaultTTL else { return nil }
        var seconds = standard
        if let given = item["ttl"], !given.isNull {
            guard let own = given.int, own == -1 || (1...Int64(Int32.max)).contains(own) else {
                throw .bad("The ttl of an item has to be -1 or 1 to 2147483647 seconds.")
            }
            seconds = own
        }
        return seconds < 0 ? nil : now + seconds
    }

    private func claimUnique(
        _ item: JSONValue, _ seq: Int64, isNew: Bool, _ access: borrowing SQLiteDatabase.Access
    ) throws {
        guard !container.uniqueKeys.isEmpty else { return }
        if !isNew { try access.query("DELETE FROM unique_values WHERE item = ?", [.integer(seq)]) }
        for (number, paths) in container.uniqueKeys.enumerated() {
            let value = paths.map { path -> String in
                var value: JSONValue? = item
                for name in path { value = value?[name] }
                return ValueOrder.identity(value)
            }
            try access.query(
                "INSERT OR IGNORE INTO unique_values VALUES (?, ?, ?, ?, ?)",
                [
                    .integer(container.id), .text(key.text), .integer(Int64(number)),
                    .text(value.joined(separator: "\u{1F}")), .integer(seq),
                ])
            guard access.changedRows == 1 else {
                throw CosmosFailure(409, "Conflict", "Unique index constraint violation.")
            }
        }
    }
}
