import AzureSignatures
import Digests
import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Blob Storage's REST operations for containers and block blobs.
struct BlobService: Sendable {
    typealias Call = StorageCall

    let store: BlobStore
    let front: StorageFrontEnd

    static let bodyLimit = 5000 << 20

    /// - Parameter isPart: Whether the request came inside another one, whose version is its own too.
    func answer(_ request: HTTPRequest, isPart: Bool = false) async -> HTTPResponse {
        await front.handle(request, isPart: isPart, properties: store.properties, route)
    }

    private func route(_ call: Call) throws -> StorageOperation {
        if call.resource == "account", call.component == "properties", [.get, .head].contains(call.method) {
            return StorageOperation { Self.accountInformation }
        }
        switch call.segments.count {
        case 0: return try service(call)
        case 1 where call.resource == "container" || call.resource == nil && call.component == "blobs":
            return try container(call, try Self.containerName(call.segments[0]))
        default:
            // Another type of resource is none of a blob's operations.
            guard call.resource == nil else { throw StorageFailure.unsupported }
            // A blob without a container is in the root container.
            let isRoot = call.segments.count == 1
            let container = isRoot ? "$root" : try Self.containerName(call.segments[0])
            return try blob(call, container, try Self.blobName(call, isRoot: isRoot))
        }
    }

    private static let accountInformation = HTTPResponse(
        .ok,
        fields: [
            "x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false",
        ])

    /// The blob's name is everything after the container, so that repeated and trailing slashes are kept.
    private static func blobName(_ call: Call, isRoot: Bool) throws(StorageFailure) -> String {
        let rest: Substring
        if isRoot {
            rest = call.rawPath[...]
        } else {
            guard let slash = call.rawPath.firstIndex(of: "/") else { throw StorageFailure.badInput }
            rest = call.rawPath[call.rawPath.index(after: slash)...]
        }
        guard let name = percentDecoded(rest)?.replacing("\\", with: "/"), (1...1024).contains(name.utf16.count),
            name.split(separator: "/", omittingEmptySubsequences: false).count <= 254
        else {
            throw StorageFailure(
                400, "InvalidUri", "The blob's name has to have 1 to 1024 characters and at most 254 path segments.")
        }
        guard !name.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw StorageFailure(
                400, "InvalidUri",
                "A blob's name cannot have the path segments '.' and '..': they do not survive HTTP clients.")
        }
        return name
    }

    private static func containerName(_ name: String) throws(StorageFailure) -> String {
        if ["$root", "$logs", "$web"].contains(name) { return name }
        guard (3...63).contains(name.utf8.count) else {
            throw StorageFailure(
                400, "OutOfRangeInput",
                "The specified resource name length is not within the permissible limits of 3 to 63.")
        }
        let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isPlain, !name.contains("--"), !name.hasPrefix("-"), !name.hasSuffix("-") else {
            throw StorageFailure(
                400, "InvalidResourceName",
                "The specified resource name contains invalid characters: only a-z, 0-9 and single '-' between them are allowed."
            )
        }
        return name
    }

    /// Decides about the sender of a request.
    func check(
        _ call: Call, container: BlobStore.Container?, blob: String? = nil
    ) -> SignatureCheck {
        let name = container?.name ?? call.segments.first
        let resource: SharedAccessSignature.Resource? = name.map { name in
            blob.map { .blob(name, $0) } ?? .container(name)
        }
        var check = SignatureCheck(
            call: call, front: front, resource: resource,
            policies: container.map { AccessPolicies.read($0.acl) } ?? [])
        check.publicAccess = container?.publicAccess
        check.delegationKey = { [store] parameters in
            try? store.delegationKey(
                start: parameters["skt"] ?? "", expiry: parameters["ske"] ?? "", object: parameters["skoid"] ?? "")
        }
        return check
    }

    static func xml(_ body: String, status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(
            status, text: "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>" + body, contentType: "application/xml")
    }

    // MARK: - Dispatch

    private func service(_ call: Call) throws -> StorageOperation {
        switch (call.method, call.resource, call.component) {
        case (.get, nil, "list"):
            return StorageOperation(["prefix", "marker", "maxresults", "include"]) {
                try ContainerOperations(service: self, call: call).list()
            }
        case (.get, "service", "properties"), (.head, "service", "properties"):
            return StorageOperation {
                try check(call, container: nil).require(.init(nil, account: "r", "s"))
                return try ServiceProperties(service: .blob).read(try store.properties(call.account))
            }
        case (.put, "service", "properties"):
            return StorageOperation {
                try check(call, container: nil).require(.init(nil, account: "w", "s"))
                let document = try ServiceProperties(service: .blob).merged(
                    try await call.body(limit: 64 * 1024), with: try store.properties(call.account))
                try await store.setProperties(call.account, document)
                return HTTPResponse(.accepted)
            }
        case (.get, "service", "stats"):
            return StorageOperation {
                try check(call, container: nil).require(.init(nil, account: "r", "s"))
                return ServiceProperties.stats(now: store.clock.seconds)
            }
        case (.post, "service", "userdelegationkey"): return StorageOperation { try await delegationKey(call) }
        case (.post, nil, "batch"):
            return StorageOperation { try await BatchOperations(service: self, call: call).run() }
        case (.get, nil, "blobs"):
            return StorageOperation(TagSearch.parameters) {
                try TagSearch(service: self, call: call).run(container: nil)
            }
        default: throw StorageFailure.unsupported
        }
    }

    private func container(_ call: Call, _ name: String) throws -> StorageOperation {
        let operations = ContainerOperations(service: self, call: call)
        switch (call.method, call.component) {
        case (.put, nil): return StorageOperation { try await operations.create(name) }
        case (.get, nil), (.head, nil), (.get, "metadata"), (.head, "metadata"):
            return StorageOperation { try operations.properties(name) }
        case (.delete, nil): return StorageOperation { try await operations.delete(name) }
        case (.put, "metadata"): return StorageOperation { try await operations.setMetadata(name) }
        case (.get, "acl"), (.head, "acl"): return StorageOperation { try operations.policies(name) }
        case (.put, "acl"): return StorageOperation { try await operations.setPolicies(name) }
        case (.put, "lease"): return StorageOperation { try await operations.lease(name) }
        case (.get, "list"):
            return StorageOperation(BlobListing.parameters) {
                try BlobListing(service: self, call: call).run(name)
            }
        case (.get, "blobs"):
            return StorageOperation(TagSearch.parameters) {
                try TagSearch(service: self, call: call).run(container: name)
            }
        case (.post, "batch"):
            return StorageOperation { try await BatchOperations(service: self, call: call).run() }
        case (.put, "undelete"): throw BlobStore.noContainer
        default: throw StorageFailure.unsupported
        }
    }

    private func blob(_ call: Call, _ container: String, _ name: String) throws -> StorageOperation {
        let row = try store.container(call.account, container)
        let operations = BlobOperations(service: self, call: call, container: row, name: name)
        let blocks = BlockOperations(blob: operations)
        let hasSource = call.field("x-ms-copy-source") != nil
        switch (call.method, call.component) {
        case (.put, nil) where hasSource && call.field("x-ms-blob-type") == nil:
            return StorageOperation { try await CopyOperations(blob: operations).copy() }
        case (.put, nil): return StorageOperation { try await operations.put(fromSource: hasSource) }
        case (.put, "block"): return StorageOperation(["blockid"]) { try await blocks.put(fromSource: hasSource) }
        case (.put, "blocklist"): return StorageOperation { try await blocks.commit() }
        case (.get, "blocklist"): return StorageOperation(["snapshot", "blocklisttype"]) { try blocks.list() }
        case (.get, nil), (.head, nil): return StorageOperation(["snapshot"]) { try await operations.read() }
        case (.get, "metadata"), (.head, "metadata"):
            return StorageOperation(["snapshot"]) { try operations.metadata() }
        case (.put, "metadata"): return StorageOperation { try await operations.setMetadata() }
        case (.put, "properties"): return StorageOperation { try await operations.setHeaders() }
        case (.delete, nil): return StorageOperation(["snapshot"]) { try await operations.delete() }
        case (.put, "snapshot"): return StorageOperation { try await operations.snapshot() }
        case (.put, "lease"): return StorageOperation { try await operations.lease() }
        case (.put, "tier"): return StorageOperation { try await operations.setTier() }
        case (.get, "tags"): return StorageOperation(["snapshot"]) { try operations.tags() }
        case (.put, "tags"): return StorageOperation { try await operations.setTags() }
        case (.put, "copy"): return StorageOperation(["copyid"]) { try CopyOperations(blob: operations).abort() }
        case (.put, "undelete"): return StorageOperation { try operations.undelete() }
        default: throw StorageFailure.unsupported
        }
    }

    /// Keys for user delegation signatures, for holders of tokens only.
    private func delegationKey(_ call: Call) async throws -> HTTPResponse {
        guard case .bearer(let claims) = call.caller else {
            throw StorageFailure(
                403, "AuthenticationFailed", "Only a bearer token can ask for a user delegation key.")
        }
        let tree = try? MarkupReader.tree(try await call.body(limit: 16 * 1024))
        guard let tree, tree.name == "KeyInfo", let start = tree["Start"]?.text, let expiry = tree["Expiry"]?.text,
            let from = Timestamp.milliseconds(iso8601: start), let to = Timestamp.milliseconds(iso8601: expiry),
            to > from, to - from <= 7 * 86_400_000
        else {
            throw StorageFailure(
                400, "InvalidXmlNodeValue", "KeyInfo needs Start and Expiry, at most seven days apart.")
        }
        let value = try await store.makeDelegationKey(start: start, expiry: expiry, object: claims.object)
        return Self.xml(
            "<UserDelegationKey><SignedOid>\(claims.object)</SignedOid><SignedTid>\(claims.tenant)</SignedTid>"
                + "<SignedStart>\(start)</SignedStart><SignedExpiry>\(expiry)</SignedExpiry><SignedService>b</SignedService>"
                + "<SignedVersion>\(call.field("x-ms-version") ?? "2021-12-02")</SignedVersion><Value>\(value)</Value></UserDelegationKey>"
        )
    }
}

extension BlobStore {
    /// The account's service properties; `nil` when they were never set.
    func properties(_ account: String) throws -> String? {
        try reader.query("SELECT document FROM properties WHERE account = ?", [.text(account)]).first?[0].string
    }

    func setProperties(_ account: String, _ document: String) async throws {
        try await database.write { access in
            try access.query("INSERT OR REPLACE INTO properties VALUES (?, ?)", [.text(account), .text(document)])
        }
    }

    func delegationKey(start: String, expiry: String, object: String) throws -> String? {
        try reader.query(
            "SELECT value FROM delegation_keys WHERE start = ? AND expiry = ? AND object = ?",
            [.text(start), .text(expiry), .text(object)]
        ).first?[0].string
    }

    /// The key for a period; asked again, it is the same.
    func makeDelegationKey(start: String, expiry: String, object: String) async throws -> String {
        let fresh = Base64.encode(Digest.randomBytes(32))
        return try await database.write { access in
            let key: [SQLiteValue] = [.text(start), .text(expiry), .text(object)]
            try access.query("INSERT OR IGNORE INTO delegation_keys VALUES (?, ?, ?, ?)", key + [.text(fresh)])
            return try access.query(
                "SELECT value FROM delegation_keys WHERE start = ? AND expiry = ? AND object = ?", key
            ).first?[0].string ?? fresh
        }
    }
}
