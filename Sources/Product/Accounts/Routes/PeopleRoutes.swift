import AccessControl
import Catalog
import Digests
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems

/// `/api/account/people`: who has an account, for administrators.
struct PeopleRoutes: Sendable {
    static let mostWorkspaces = 100
    static let page = PageSize(standard: 50, most: 200)

    let services: AccountServices

    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.page)
        let page = try await services.catalog.people(limit: limit + 1, after: try request.idParameter("after"))
        let shown = page.prefix(limit)
        return HTTPResponse(
            json: ["people": .array(shown.map(\.json)), "next": .optional(page.count > limit ? shown.last?.id : nil)])
    }

    /// Adds somebody, who chooses a password by the link in the answer.
    func add(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await AccountServices.body(request)
        var reader = try FieldReader(body, allowed: ["login", "name", "administrator", "workspaces"])
        let login = reader.login()
        let name = reader.shownName()
        let isAdministrator = reader.bool("administrator", default: false)
        let memberships = try Self.memberships(body["workspaces"], &reader)
        try reader.finish()
        guard let login else { return HTTPResponse(.badRequest) }
        let link = SignInLinks.make()
        let person = try await services.catalog.addPerson(
            UUIDv7.make(), login: login, name: name ?? login.text, isAdministrator: isAdministrator,
            memberships: memberships, digest: link.digest)
        AuditObjects.note("person", person.id)
        if isAdministrator { AuditObjects.note("administrator", "true") }
        for membership in memberships { AuditObjects.note(membership.workspace, membership.role) }
        return HTTPResponse(.created, json: answer(person, link))
    }

    private static func memberships(_ value: JSONValue?, _ reader: inout FieldReader) throws
        -> [CatalogDatabase.Membership]
    {
        guard let value, !value.isNull else { return [] }
        guard let list = value.array, list.count <= mostWorkspaces else {
            reader.add("workspaces", "Must be a list of at most \(mostWorkspaces) workspaces with id and role.")
            return []
        }
        var memberships: [CatalogDatabase.Membership] = []
        for (index, entry) in list.enumerated() {
            try reader.inside("workspaces[\(index)]") {
                var inner = try FieldReader(entry, allowed: ["id", "role"])
                let id = inner.requiredString("id", length: 1...100)
                if let role = inner.requiredRole() {
                    memberships.append(CatalogDatabase.Membership(workspace: id, role: role.rawValue))
                }
                try inner.finish()
            }
        }
        return memberships
    }

    func change(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await AccountServices.body(request)
        var reader = try FieldReader(body, allowed: ["name", "administrator", "active"])
        let name = reader.shownName()
        let isAdministrator = reader.bool("administrator", in: body)
        let isActive = reader.bool("active", in: body)
        try reader.finish()
        let person = try await services.catalog.changePerson(
            Self.id(request), name: name, isAdministrator: isAdministrator, isActive: isActive)
        guard let person else { throw Self.unknown }
        if let isAdministrator { AuditObjects.note("administrator", String(isAdministrator)) }
        if let isActive { AuditObjects.note("active", String(isActive)) }
        if name != nil { AuditObjects.note("name", "changed") }
        services.gate.forget(person: person.id)
        return HTTPResponse(json: person.json)
    }

    /// Makes a link by which somebody chooses a new password. The old one counts until then.
    func reset(_ request: HTTPRequest) async throws -> HTTPResponse {
        let link = SignInLinks.make()
        guard let person = try await services.catalog.person(Self.id(request)) else { throw Self.unknown }
        guard try await services.catalog.offerReset(to: person.id, link.digest) != nil else {
            throw Problem(.conflict, "They may not sign in. Make them active first.")
        }
        return HTTPResponse(json: answer(person, link))
    }

    func remove(_ request: HTTPRequest) async throws -> HTTPResponse {
        let id = Self.id(request)
        guard try await services.catalog.deletePerson(id) else { throw Self.unknown }
        services.gate.forget(person: id)
        return HTTPResponse(.noContent)
    }

    private func answer(_ person: PersonRecord, _ link: SignInLinks.Link) -> JSONValue {
        var json = person.json.object ?? [:]
        json["link"] = .string(services.links.address(link))
        return .object(json)
    }

    private static func id(_ request: HTTPRequest) -> String { request.parameters["personId"] ?? "" }

    private static let unknown = Problem(.notFound, "There is nobody with this id.")
}
