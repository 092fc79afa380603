import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// Operations on secrets that are not deleted.
struct SecretOperations {
    let store: VaultStore
    let request: HTTPRequest

    private var bundle: SecretBundle { SecretBundle(request) }
    private static let maximumValue = 25 * 1024

    static func missing(_ name: String) -> VaultFailure {
        VaultFailure(
            404, "SecretNotFound",
            "A secret with (name/id) \(name) was not found in this key vault. If you recently deleted this secret you may "
                + "be able to recover it using the correct recovery command.")
    }

    static func checkName(_ name: String) throws(VaultFailure) {
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
        }
        guard isPlain, (1...127).contains(name.utf8.count) else {
            throw VaultFailure(
                400, "BadParameter",
                "The request URI contains an invalid name: \(name.prefix(130)). A name has 1 to 127 of 0-9, a-z, A-Z and -."
            )
        }
    }

    // MARK: - One secret

    func get(_ name: String, _ version: String?) throws -> HTTPResponse {
        try Self.checkName(name)
        let found = try store.database.read { access in
            try VaultStore.deletion(name, access) == nil ? try VaultStore.version(name, version, access) : nil
        }
        guard let found else { throw Self.missing(name) }
        guard found.enabled else {
            throw VaultFailure(
                403, "Forbidden", "Operation get is not allowed on a disabled secret.", inner: "SecretDisabled")
        }
        return HTTPResponse(json: .object(bundle.json(found, withValue: true)))
    }

    func set(_ name: String) async throws -> HTTPResponse {
        try Self.checkName(name)
        let body = try JSONParser.parse(try await request.body.collect(limit: VaultService.bodyLimit))
        guard let value = body["value"]?.string else {
            throw VaultFailure(400, "BadParameter", "Property value is required and has to be a text.")
        }
        guard value.utf8.count <= Self.maximumValue else {
            throw VaultFailure(
                400, "BadParameter", "The value of a secret has at most 25600 bytes; it has \(value.utf8.count).")
        }
        let now = store.clock.seconds
        let made = try await store.database.write { access in
            if try VaultStore.deletion(name, access) != nil {
                throw VaultFailure(
                    409, "Conflict",
                    "Secret \(name) is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.",
                    inner: "ObjectIsDeletedButRecoverable")
            }
            let spelling = try VaultStore.version(name, nil, access)?.name ?? name
            var version = VaultStore.Version([
                .integer(0), .text(spelling), .text(Digest.hex(Digest.randomBytes(16))), .text(value), .null, .null,
                .integer(1), .null, .null, .integer(now), .integer(now),
            ])
            try Self.apply(body, to: &version)
            try VaultStore.insert(version, access)
            return version
        }
        return HTTPResponse(json: .object(bundle.json(made, withValue: true)))
    }

    func update(_ name: String, _ version: String?) async throws -> HTTPResponse {
        try Self.checkName(name)
        let body = try JSONParser.parse(try await request.body.collect(limit: VaultService.bodyLimit))
        let now = store.clock.seconds
        let changed = try await store.database.write { access in
            guard try VaultStore.deletion(name, access) == nil,
                var found = try VaultStore.version(name, version, access)
            else { throw Self.missing(name) }
            try Self.apply(body, to: &found)
            found.updated = now
            try VaultStore.update(found, access)
            return found
        }
        return HTTPResponse(json: .object(bundle.json(changed, withValue: false)))
    }

    /// Takes the attributes that a body gives; what it leaves out stays.
    private static func apply(_ body: JSONValue, to version: inout VaultStore.Version) throws(VaultFailure) {
        if let type = body["contentType"], !type.isNull {
            guard let text = type.string, text.unicodeScalars.count <= 255 else {
                throw VaultFailure(400, "BadParameter", "contentType has at most 255 characters.")
            }
            version.contentType = text
        }
        if let tags = body["tags"], !tags.isNull {
            let members = tags.object?.members ?? []
            guard tags.object != nil, members.count <= 15,
                members.allSatisfy({ ($0.value.string?.utf16.count ?? 513) <= 512 && $0.name.utf16.count <= 512 })
            else {
                throw VaultFailure(400, "BadParameter", "There are at most 15 tags with at most 512 characters each.")
            }
            version.tags = tags
        }
        if let attributes = body["attributes"], !attributes.isNull {
            version.enabled = attributes["enabled"]?.bool ?? version.enabled
            version.notBefore = attributes["nbf"]?.int ?? version.notBefore
            version.expires = attributes["exp"]?.int ?? version.expires
        }
    }

    // MARK: - Lists

    /// Pages by the order of making, so that what is added meanwhile is neither skipped nor repeated.
    func list(versionsOf name: String?) throws -> HTTPResponse {
        if let name { try Self.checkName(name) }
        let (count, after) = try SecretBundle.paging(request)
        // A secret's place in the list is that of its first version; it shows the newest one.
        let sql =
            name == nil
            ? """
            SELECT \(VaultStore.Version.columns), first FROM secrets JOIN (
                SELECT name, min(seq) AS first, max(seq) AS last FROM secrets GROUP BY name) AS ends
            ON secrets.seq = ends.last WHERE first > ?1 AND secrets.name NOT IN (SELECT name FROM deleted)
            ORDER BY first LIMIT ?2
            """
            : """
            SELECT \(VaultStore.Version.columns), seq FROM secrets WHERE seq > ?1 AND name = ?3
            AND name NOT IN (SELECT name FROM deleted) ORDER BY seq LIMIT ?2
            """
        let rows = try store.database.query(
            sql, [.integer(after), .integer(Int64(count + 1))] + (name.map { [.text($0)] } ?? []))
        if name != nil, rows.isEmpty, after == 0 { throw Self.missing(name ?? "") }
        let items = rows.prefix(count).map {
            JSONValue.object(bundle.json(VaultStore.Version($0), withValue: false, withVersion: name != nil))
        }
        let next = rows.count > count ? rows[count - 1][11].int : nil
        let path = name.map { "secrets/\($0)/versions" } ?? "secrets"
        return HTTPResponse(json: bundle.page(Array(items), path: path, request: request, next: next))
    }

    // MARK: - Backup

    func backup(_ name: String) throws -> HTTPResponse {
        try Self.checkName(name)
        let rows = try store.database.query(
            """
            SELECT \(VaultStore.Version.columns) FROM secrets WHERE name = ?
            AND name NOT IN (SELECT name FROM deleted) ORDER BY seq
            """, [.text(name)])
        guard !rows.isEmpty else { throw Self.missing(name) }
        let versions = rows.map { row -> JSONValue in
            .array(
                row.dropFirst().map { value in
                    switch value {
                    case .text(let text): .string(text)
                    case .integer(let number): .int(number)
                    default: .null
                    }
                })
        }
        return HTTPResponse(json: ["value": .string(Base64URL.encode(JSONValue.array(versions).encoded))])
    }

    func restore() async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: 8 << 20))
        guard let text = body["value"]?.string, let bytes = Base64URL.decode(text),
            let list = (try? JSONParser.parse(bytes))?.array, !list.isEmpty
        else { throw VaultFailure(400, "BadParameter", "The backup blob is invalid.") }
        let versions = list.map { item in
            VaultStore.Version(
                [.integer(0)]
                    + (0..<10).map { place in
                        switch item[place] {
                        case .string(let text): .text(text)
                        case .int(let number): .integer(number)
                        default: .null
                        }
                    })
        }
        let newest = try await store.database.write { access in
            let name = versions[0].name
            guard try VaultStore.version(name, nil, access) == nil else {
                throw VaultFailure(409, "Conflict", "A secret with the name \(name) exists already.")
            }
            for version in versions { try VaultStore.insert(version, access) }
            return versions[versions.count - 1]
        }
        return HTTPResponse(json: .object(bundle.json(newest, withValue: false)))
    }
}

/// Operations on secrets that were deleted and can still be recovered.
struct DeletedSecrets {
    let store: VaultStore
    let request: HTTPRequest

    private var bundle: SecretBundle { SecretBundle(request) }

    private static func missing(_ name: String) -> VaultFailure {
        VaultFailure(404, "SecretNotFound", "A deleted secret with (name/id) \(name) was not found in this key vault.")
    }

    func delete(_ name: String) async throws -> HTTPResponse {
        try SecretOperations.checkName(name)
        let now = store.clock.seconds
        let (version, deletion) = try await store.database.write { access in
            guard try VaultStore.deletion(name, access) == nil, let version = try VaultStore.version(name, nil, access)
            else { throw SecretOperations.missing(name) }
            try access.query("INSERT INTO deleted VALUES (?, ?)", [.text(version.name), .integer(now)])
            return (version, VaultStore.Deletion(name: version.name, deleted: now))
        }
        return HTTPResponse(json: bundle.deleted(version, deletion, withValue: true))
    }

    func get(_ name: String) throws -> HTTPResponse {
        try SecretOperations.checkName(name)
        let found = try store.database.read { access -> (VaultStore.Version, VaultStore.Deletion)? in
            guard let deletion = try VaultStore.deletion(name, access),
                let version = try VaultStore.version(name, nil, access)
            else { return nil }
            return (version, deletion)
        }
        guard let found else { throw Self.missing(name) }
        return HTTPResponse(json: bundle.deleted(found.0, found.1, withValue: true))
    }

    func list() throws -> HTTPResponse {
        let (count, after) = try SecretBundle.paging(request)
        let rows = try store.database.query(
            """
            SELECT \(VaultStore.Version.columns), deleted.name, deleted.deleted FROM deleted
            JOIN secrets ON secrets.name = deleted.name
            WHERE seq = (SELECT max(seq) FROM secrets AS all_versions WHERE all_versions.name = deleted.name) AND seq > ?
            ORDER BY seq LIMIT ?
            """, [.integer(after), .integer(Int64(count + 1))])
        let items = rows.prefix(count).map { row in
            bundle.deleted(
                VaultStore.Version(row), .init(name: row[11].string ?? "", deleted: row[12].int ?? 0), withValue: false)
        }
        let next = rows.count > count ? rows[count - 1][0].int : nil
        return HTTPResponse(json: bundle.page(Array(items), path: "deletedsecrets", request: request, next: next))
    }

    func recover(_ name: String) async throws -> HTTPResponse {
        try SecretOperations.checkName(name)
        let version = try await store.database.write { access in
            try access.query("DELETE FROM deleted WHERE name = ?", [.text(name)])
            guard access.changedRows == 1, let version = try VaultStore.version(name, nil, access) else {
                throw Self.missing(name)
            }
            return version
        }
        return HTTPResponse(json: .object(bundle.json(version, withValue: false)))
    }

    func purge(_ name: String) async throws -> HTTPResponse {
        try SecretOperations.checkName(name)
        try await store.database.write { access in
            try access.query("DELETE FROM deleted WHERE name = ?", [.text(name)])
            guard access.changedRows == 1 else { throw Self.missing(name) }
            try access.query("DELETE FROM secrets WHERE name = ?", [.text(name)])
        }
        return HTTPResponse(.noContent)
    }
}
