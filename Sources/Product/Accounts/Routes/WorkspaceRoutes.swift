import AccessControl
import Catalog
import Digests
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems

/// `/api/account/workspaces` and their members.
struct WorkspaceRoutes: Sendable {
    private static let madeLength = 30
    static let page = PageSize(standard: 50, most: 200)
    private static let chatsField = "keepChatsDays"
    private static let documentsField = "keepDocumentsDays"
    private static let linksField = "publicLinks"
    static let days = 1...36_500

    let services: AccountServices

    /// Those that somebody may ask for.
    static func list(_ request: HTTPRequest, _ caller: Caller, _ gate: AccessGuard, _ catalog: CatalogDatabase)
        async throws -> HTTPResponse
    {
        var access: Access?
        // A session may belong to none.
        if caller.session == nil { access = try await gate.access(of: caller, request) }
        let workspaces = try await MeRoute.workspaces(of: caller, access, catalog)
        return HTTPResponse(json: ["workspaces": .array(workspaces.map(\.json))])
    }

    func add(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        var reader = try FieldReader(try await AccountServices.body(request), allowed: ["id", "name"])
        let given = reader.string("id", length: 1...100)
        let name = reader.requiredShownName()
        if let given, !WorkspaceName.isValid(given) {
            reader.add(
                "id",
                "Must have 3 to 40 characters of a-z, 0-9 and -, the first and the last of them a letter or digit.")
        }
        try reader.finish()
        let person = access.person ?? ""
        let workspace: WorkspaceRecord
        if let given {
            workspace = try await services.catalog.addWorkspace(given, name: name, owner: person)
        } else {
            workspace = try await added(name, person)
        }
        services.gate.forget(person: person)
        AuditObjects.note("workspace", workspace.id)
        return HTTPResponse(.created, json: workspace.json)
    }

    /// Under an id of the name, or one like it when it is taken.
    private func added(_ name: String, _ person: String) async throws -> WorkspaceRecord {
        let id = Self.id(for: name)
        if WorkspaceName.isValid(id) {
            do { return try await services.catalog.addWorkspace(id, name: name, owner: person) } catch PeopleRefusal
                .workspaceTaken
            {}
        }
        let ending = Digest.hex(Digest.randomBytes(4))
        return try await services.catalog.addWorkspace(
            id.isEmpty ? "w-" + ending : id + "-" + ending, name: name, owner: person)
    }

    private static func id(for name: String) -> String {
        let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let id = words.joined(separator: "-").prefix(madeLength)
        return id.hasSuffix("-") ? String(id.dropLast()) : String(id)
    }

    /// `{name?, keepChatsDays?, keepDocumentsDays?, publicLinks?}`: what is not named stays, and null keeps for ever.
    func change(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        let body = try await AccountServices.body(request)
        var reader = try FieldReader(body, allowed: ["name", Self.chatsField, Self.documentsField, Self.linksField])
        let name = reader.shownName()
        let chats = reader.integer(Self.chatsField, in: Self.days)
        let documents = reader.integer(Self.documentsField, in: Self.days)
        let links = body[Self.linksField].map { _ in reader.bool(Self.linksField, default: false) }
        try reader.finish()
        let (hasChats, hasDocuments) = (body[Self.chatsField] != nil, body[Self.documentsField] != nil)
        guard name != nil || hasChats || hasDocuments || links != nil else {
            throw InvalidFields(
                field: "body",
                detail: "Must have name, \(Self.chatsField), \(Self.documentsField) or \(Self.linksField).")
        }
        let changed = try await services.catalog.changeWorkspace(
            access.workspace, name: name, publicLinks: links
        ) { policy in
            if hasChats { policy.chatsDays = chats }
            if hasDocuments { policy.documentsDays = documents }
        }
        guard let workspace = changed else { throw Problem(.notFound, "There is no such workspace for you.") }
        // Who decided that things go, and when, is to be seen afterwards.
        if hasChats { AuditObjects.note(Self.chatsField, chats.map(String.init) ?? "ever") }
        if hasDocuments { AuditObjects.note(Self.documentsField, documents.map(String.init) ?? "ever") }
        if let links { AuditObjects.note(Self.linksField, String(links)) }
        return HTTPResponse(json: workspace.json)
    }

    func members(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.page)
        let page = try await services.catalog.members(
            of: access.workspace, limit: limit + 1, after: try request.idParameter("after"))
        let shown = page.prefix(limit)
        return HTTPResponse(
            json: [
                "members": .array(shown.map(\.json)),
                "next": .optional(page.count > limit ? shown.last?.person : nil),
            ])
    }

    func setMember(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        var reader = try FieldReader(try await AccountServices.body(request), allowed: ["role"])
        let role = reader.requiredRole()
        try reader.finish()
        guard let role else { return HTTPResponse(.badRequest) }
        let member = try await services.catalog.setMember(
            Self.person(request), .init(workspace: access.workspace, role: role.rawValue),
            leavesOwnerless: access.isAdministrator)
        guard let member else { throw Problem(.notFound, "There is nobody with this id.") }
        AuditObjects.note("role", member.role)
        services.gate.forget(person: member.person)
        return HTTPResponse(json: member.json)
    }

    func removeMember(_ request: HTTPRequest, _ access: Access) async throws -> HTTPResponse {
        let person = Self.person(request)
        let removed = try await services.catalog.removeMember(
            person, from: access.workspace, leavesOwnerless: access.isAdministrator)
        guard removed else { throw Problem(.notFound, "There is no member with this id.") }
        services.gate.forget(person: person)
        return HTTPResponse(.noContent)
    }

    private static func person(_ request: HTTPRequest) -> String { request.parameters["personId"] ?? "" }
}
