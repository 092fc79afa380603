import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Operations on containers.
struct ContainerOperations {
    let service: BlobService
    let call: StorageCall

    private var store: BlobStore { service.store }
    private var clock: EmulatorClock { store.clock }

    func list() throws -> HTTPResponse {
        try service.check(call, container: nil).require(.init(nil, account: "l", "s"))
        let prefix = call.parameter("prefix") ?? ""
        let maximum = try BlobListing.maximum(call)
        let includes = Set((call.parameter("include") ?? "").lowercased().split(separator: ",").map(String.init))
        let marker = call.parameter("marker") ?? ""
        let rows = try store.reader.query(
            """
            SELECT \(BlobStore.Container.columns) FROM containers WHERE account = ? AND name >= ? AND name >= ?
            AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?
            """,
            [
                .text(call.account), .text(prefix), .text(marker), .integer(Int64(prefix.unicodeScalars.count)),
                .text(prefix), .integer(Int64(maximum + 1)),
            ]
        ).map { BlobStore.Container($0) }
        let now = clock.milliseconds
        let items = rows.prefix(maximum).map { row in
            "<Container><Name>\(row.name)</Name><Properties><Last-Modified>\(Timestamp.httpDate(seconds: row.modified))"
                + "</Last-Modified><Etag>\(XMLText.escape(row.etag))</Etag>" + row.lease.xml(now)
                + (row.publicAccess.isEmpty ? "" : "<PublicAccess>\(row.publicAccess)</PublicAccess>")
                + "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
                + "<DefaultEncryptionScope>$account-encryption-key</DefaultEncryptionScope>"
                + "<DenyEncryptionScopeOverride>false</DenyEncryptionScopeOverride></Properties>"
                + (includes.contains("metadata") ? row.metadata.xml : "") + "</Container>"
        }
        var body = "<EnumerationResults ServiceEndpoint=\"\(XMLText.escape(call.endpoint))/\">"
        body += "<Prefix>\(XMLText.escape(prefix))</Prefix><Marker>\(XMLText.escape(marker))</Marker>"
        if call.parameter("maxresults") != nil { body += "<MaxResults>\(maximum)</MaxResults>" }
        let next = rows.count > maximum ? rows[maximum].name : ""
        return BlobService.xml(
            body + "<Containers>\(items.joined())</Containers><NextMarker>\(next)</NextMarker></EnumerationResults>")
    }

    func create(_ name: String) async throws -> HTTPResponse {
        try service.check(call, container: nil).require(.init(nil, account: "wc", "c"))
        let access = try publicAccess()
        let metadata = try call.metadata()
        let etag = BlobStore.newETag()
        let now = clock.seconds
        let account = call.account
        try await store.database.write { database in
            try database.query(
                """
                INSERT OR IGNORE INTO containers (account, name, etag, modified, metadata, public_access, acl, lease)
                VALUES (?, ?, ?, ?, ?, ?, '', '')
                """,
                [.text(account), .text(name), .text(etag), .integer(now), .text(metadata.stored), .text(access)])
            guard database.changedRows == 1 else {
                throw StorageFailure(409, "ContainerAlreadyExists", "The specified container already exists.")
            }
        }
        return HTTPResponse(.created, fields: ["ETag": etag, "Last-Modified": Timestamp.httpDate(seconds: now)])
    }

    private func publicAccess() throws(StorageFailure) -> String {
        guard let text = call.field("x-ms-blob-public-access") else { return "" }
        guard ["blob", "container"].contains(text) else { throw .header("x-ms-blob-public-access", text) }
        return text
    }

    func properties(_ name: String) throws -> HTTPResponse {
        let container = try store.container(call.account, name)
        try service.check(call, container: container).require(
            .init(nil, account: "r", "c", publicAccess: ["container"]))
        let now = clock.milliseconds
        try container.lease.checkRead(call.leaseID(), now: now, kind: "Container")
        var fields = Self.version(container)
        container.metadata.add(to: &fields)
        container.lease.add(to: &fields, now: now)
        fields.add("x-ms-blob-public-access", container.publicAccess)
        fields.append("x-ms-has-immutability-policy", "false")
        fields.append("x-ms-has-legal-hold", "false")
        fields.append("x-ms-default-encryption-scope", "$account-encryption-key")
        fields.append("x-ms-deny-encryption-scope-override", "false")
        return HTTPResponse(.ok, fields: fields)
    }

    func delete(_ name: String) async throws -> HTTPResponse {
        let container = try store.container(call.account, name)
        try service.check(call, container: container).require(.init(nil, account: "d", "c"))
        let conditions = try Conditions(call)
        let lease = try call.leaseID()
        let gone = try await write(name) { [clock] container, access in
            try conditions.checkWrite((container.etag, container.modified))
            try container.lease.checkWrite(lease, now: clock.milliseconds, kind: "Container")
            let blobs = try access.query("DELETE FROM blobs WHERE container = ? RETURNING id", [.integer(container.id)])
            let contents = try access.query(
                "DELETE FROM blocks WHERE container = ? RETURNING content", [.integer(container.id)])
            try access.query("DELETE FROM containers WHERE id = ?", [.integer(container.id)])
            return try BlobStore.removeParts(of: blobs.compactMap { $0[0].int }, access)
                + BlobStore.sweep(contents.compactMap { $0[0].int }, access)
        }
        await store.discard(gone)
        return HTTPResponse(.accepted)
    }

    func setMetadata(_ name: String) async throws -> HTTPResponse {
        let container = try store.container(call.account, name)
        try service.check(call, container: container).require(.init(nil, account: "w", "c"))
        let conditions = try Conditions(call)
        let lease = try call.leaseID()
        let metadata = try call.metadata()
        return try await change(name) { [clock] container in
            try conditions.checkWrite((container.etag, container.modified))
            try container.lease.checkRead(lease, now: clock.milliseconds, kind: "Container")
            container.metadata = metadata
        }
    }

    func policies(_ name: String) throws -> HTTPResponse {
        let container = try store.container(call.account, name)
        try service.check(call, container: container).require(.init(nil, account: nil, "c"))
        var response = BlobService.xml(AccessPolicies.document(container.acl))
        for field in Self.version(container).all { response.fields.append(field.name, field.value) }
        response.fields.add("x-ms-blob-public-access", container.publicAccess)
        return response
    }

    func setPolicies(_ name: String) async throws -> HTTPResponse {
        let container = try store.container(call.account, name)
        try service.check(call, container: container).require(.init(nil, account: nil, "c"))
        let access = try publicAccess()
        let acl = try AccessPolicies.parse(try await call.body(limit: 64 * 1024))
        let conditions = try Conditions(call)
        let lease = try call.leaseID()
        return try await change(name) { [clock] container in
            try conditions.checkWrite((container.etag, container.modified))
            try container.lease.checkRead(lease, now: clock.milliseconds, kind: "Container")
            container.publicAccess = access
            container.acl = acl
        }
    }

    func lease(_ name: String) async throws -> HTTPResponse {
        try service.check(call, container: try store.container(call.account, name)).require(
            .init(nil, account: "w", "c"))
        let action = try LeaseAction(call)
        let conditions = try Conditions(call)
        let (container, status, fields) = try await write(name) { [clock] container, access in
            try conditions.checkWrite((container.etag, container.modified))
            var container = container
            let (status, fields) = try action.apply(to: &container.lease, now: clock.milliseconds)
            try access.query(
                "UPDATE containers SET lease = ? WHERE id = ?", [.text(container.lease.stored), .integer(container.id)])
            return (container, status, fields)
        }
        var all = Self.version(container)
        for field in fields.all { all.append(field.name, field.value) }
        return HTTPResponse(status, fields: all)
    }

    // MARK: - Rows

    private static func version(_ container: BlobStore.Container) -> HTTPFields {
        ["ETag": container.etag, "Last-Modified": Timestamp.httpDate(seconds: container.modified)]
    }

    /// Works on the container's row as it is at that moment.
    private func write<Value: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (BlobStore.Container, borrowing SQLiteDatabase.Access) throws -> Value
    ) async throws -> Value {
        let account = call.account
        return try await store.database.write { access in
            let rows = try access.query(
                "SELECT \(BlobStore.Container.columns) FROM containers WHERE account = ? AND name = ?",
                [.text(account), .text(name)])
            guard let row = rows.first else { throw BlobStore.noContainer }
            return try body(BlobStore.Container(row), access)
        }
    }

    private func change(
        _ name: String, _ body: @escaping @Sendable (inout BlobStore.Container) throws -> Void
    ) async throws -> HTTPResponse {
        let now = clock.seconds
        let changed = try await write(name) { container, access in
            var container = container
            try body(&container)
            container.etag = BlobStore.newETag()
            container.modified = now
            try access.query(
                "UPDATE containers SET etag = ?, modified = ?, metadata = ?, public_access = ?, acl = ? WHERE id = ?",
                [
                    .text(container.etag), .integer(now), .text(container.metadata.stored),
                    .text(container.publicAccess), .text(container.acl), .integer(container.id),
                ])
            return container
        }
        return HTTPResponse(.ok, fields: Self.version(changed))
    }
}
