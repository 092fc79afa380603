import AccessControl
import Catalog
import HTTPMessages
import JSONCoding
import Problems
import Settings

/// `GET`, `PATCH /api/account/me`: who asks.
struct MeRoute: Sendable {
    let services: AccountServices

    /// Who somebody is, and what they may in the workspace that their request is about.
    static func me(_ request: HTTPRequest, _ gate: AccessGuard, _ catalog: CatalogDatabase) async throws
        -> HTTPResponse
    {
        let caller = try await gate.identify(request)
        var access: Access?
        do { access = try await gate.access(of: caller, request) } catch let problem as Problem {
            // Somebody new may belong to no workspace yet.
            guard problem.status == .notFound, request.fields["x-apus-workspace"] == nil else { throw problem }
        }
        var person: PersonRecord?
        if let id = caller.person { person = try await catalog.person(id) }
        let workspaces = try await workspaces(of: caller, access, catalog)
        let current = workspaces.first { $0.id == access?.workspace }
        return HTTPResponse(
            json: [
                "person": person.map {
                    [
                        "id": .string($0.id), "login": .string($0.login), "name": .string($0.name),
                        "hasPassword": .bool($0.hasPassword),
                    ]
                } ?? .null,
                "administrator": .bool(caller.isAdministrator), "workspace": current?.json ?? .null,
                "workspaces": .array(workspaces.map(\.json)), "ways": .strings(gate.ways.ways.map(\.rawValue)),
                "permissions": .strings(access?.permissions.map(\.rawValue) ?? []),
            ])
    }

    /// The workspaces that somebody may ask for: a key its own; the first, where nobody signs in.
    static func workspaces(of caller: Caller, _ access: Access?, _ catalog: CatalogDatabase) async throws
        -> [WorkspaceRecord]
    {
        if caller.session != nil {
            return try await catalog.workspaces(of: caller.person, isAdministrator: caller.isAdministrator)
        }
        // Whoever owns the one workspace there is for them is shown as that, an administrator's key too.
        return try await catalog.workspaces(of: caller.person, isAdministrator: access?.role == .owner)
            .filter { $0.id == access?.workspace }
    }

    private struct Change {
        let name: String?
        let workspace: String?
        var passwords: (old: String, new: String)?

        init(_ body: JSONValue) throws {
            var reader = try FieldReader(body, allowed: ["name", "workspace", "password"])
            name = reader.shownName()
            workspace = reader.string("workspace", length: 1...100)
            if let value = body["password"], !value.isNull {
                try reader.inside("password") {
                    var inner = try FieldReader(value, allowed: ["old", "new"])
                    let given = (inner.givenPassword("old"), inner.newPassword("new"))
                    try inner.finish()
                    passwords = given
                }
            }
            try reader.finish()
        }
    }

    /// Changes what is given, the password first: where it is wrong nothing changes.
    func change(_ request: HTTPRequest, _ caller: Caller) async throws -> HTTPResponse {
        let change = try Change(try await AccountServices.body(request))
        guard let person = caller.person, let session = caller.session else {
            throw Problem(.forbidden, "Only somebody who is signed in can do this.")
        }
        if let workspace = change.workspace {
            var named = request
            named.fields["x-apus-workspace"] = workspace
            _ = try await services.gate.access(of: caller, named)
        }
        if let (old, new) = change.passwords {
            try await changePassword(request, of: person, in: session, from: old, to: new)
            AuditObjects.note("password", "changed")
        }
        if let name = change.name { _ = try await services.catalog.changePerson(person, name: name) }
        if let workspace = change.workspace { try await services.catalog.choose(workspace, in: session) }
        if change.name != nil { AuditObjects.note("name", "changed") }
        if let workspace = change.workspace { AuditObjects.note("chosen", workspace) }
        services.gate.forget(person: person)
        var after = request
        if change.workspace != nil { after.fields["x-apus-workspace"] = nil }
        return try await Self.me(after, services.gate, services.catalog)
    }

    private func changePassword(
        _ request: HTTPRequest, of person: String, in session: String, from old: String, to new: String
    ) async throws {
        guard let record = try await services.catalog.person(person), let login = LoginName(record.login) else {
            return
        }
        // Whoever finds a browser open may guess no more often than anybody else.
        try await SignInRoute(services: services).attempt(login, request)
        guard let stored = try await services.catalog.password(of: person),
            let hash = PasswordHash(stored: stored), try await services.passwords.verify(old, hash)
        else { throw InvalidFields(field: "password.old", detail: "Is not your password.") }
        let changed = try await services.catalog.changePassword(
            of: person, from: stored, to: try await services.passwords.hash(new).stored, in: session)
        guard changed else { throw Problem(.conflict, "The password was changed meanwhile. Nothing else was done.") }
        try await services.catalog.endSignIn(login)
    }
}
