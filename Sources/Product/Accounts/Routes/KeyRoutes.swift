import AccessControl
import Catalog
import HTTPMessages
import JSONCoding
import Problems

/// `/api/account/keys`: keys by which programs ask in somebody's name.
struct KeyRoutes: Sendable {
    static let mostDays = 3650
    /// What a key may have: not the installation, which people administer.
    static let scopes = Permission.allCases.filter { $0.role != nil }

    let services: AccountServices

    func list(_ caller: Caller) async throws -> HTTPResponse {
        let keys = try await services.catalog.keys(of: caller.person ?? "")
        return HTTPResponse(json: ["keys": .array(keys.map { .object($0.json) })])
    }

    /// Makes a key; nobody sees it again.
    func add(_ request: HTTPRequest, _ caller: Caller) async throws -> HTTPResponse {
        var reader = try FieldReader(
            try await AccountServices.body(request), allowed: ["name", "scopes", "workspace", "expiresInDays"])
        let name = reader.requiredShownName()
        let given = reader.strings("scopes", maximumCount: 20)
        let scopes = Self.scopes.filter { given?.contains($0.rawValue) ?? false }
        if scopes.isEmpty || given?.contains(where: { !Self.scopes.map(\.rawValue).contains($0) }) ?? false {
            reader.add("scopes", "Must be one or more of \(Self.scopes.map(\.rawValue).joined(separator: ", ")).")
        }
        let workspace = reader.string("workspace", length: 1...100)
        let days = reader.integer("expiresInDays", in: 1...Self.mostDays)
        try reader.finish()
        var named = request
        if let workspace { named.fields["x-apus-workspace"] = workspace }
        // A key for a workspace that its person does not see would never count.
        let access = try await services.gate.access(of: caller, named)
        let key = APIKey()
        let record = try await services.catalog.addKey(
            key.id, secret: key.secretDigest, of: caller.person ?? "", workspace: access.workspace, name: name,
            scopes: scopes.map(\.rawValue), days: days)
        var json = record.json
        json["key"] = .string(key.text)
        AuditObjects.note("key", key.id)
        AuditObjects.note("scopes", scopes.map(\.rawValue).sorted().joined(separator: ","))
        return HTTPResponse(.created, json: .object(json))
    }

    func remove(_ request: HTTPRequest, _ caller: Caller) async throws -> HTTPResponse {
        let id = request.parameters["keyId"] ?? ""
        guard let person = caller.person, try await services.catalog.deleteKey(id, of: person) else {
            throw Problem(.notFound, "You have no key with this id.")
        }
        services.gate.forget(person: person)
        return HTTPResponse(.noContent)
    }
}
