import AccessControl
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing
import VectorServer

/// Every route of every app, asked by everybody: who gets in, and how the others are turned away.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct RouteMatrixFeatureTests {
    /// What a route asks of its caller.
    private enum Door {
        case permission(Permission)
        /// Whoever is signed in, for themselves.
        case personal(takesKeys: Bool)
        /// Whoever is signed in, and the workspace that they name.
        case oneself(takesKeys: Bool)
        case open
    }

    private static let expected: [RunningProduct.App: [String: Door]] = [
        .chat: [
            "POST /api/chat": .permission(.ask), "POST /api/ask": .permission(.ask),
            "GET /api/usage": .permission(.manage), "GET /api/experiments": .permission(.manage),
            "POST /api/experiments": .permission(.manage), "GET /api/experiments/{id}": .permission(.manage),
            "POST /api/experiments/{id}/split": .permission(.manage),
            "DELETE /api/experiments/{id}": .permission(.manage), "GET /api/feedback": .permission(.manage),
            "POST /api/feedback": .permission(.ask), "GET /api/models": .permission(.read),
            "GET /api/presets": .permission(.read), "POST /v1/chat/completions": .permission(.ask),
            "GET /v1/models": .permission(.read), "POST /mcp": .permission(.read), "GET /mcp": .permission(.read),
            "DELETE /mcp": .permission(.read), "GET /api/chat/{answerId}/events": .permission(.read),
            "POST /api/chat/{answerId}/stop": .permission(.ask),
            "POST /api/chat/{answerId}/regenerate": .permission(.ask), "POST /v1/responses": .permission(.ask),
            "GET /v1/responses/{id}": .permission(.read), "DELETE /v1/responses/{id}": .permission(.ask),
            "POST /v1/responses/{id}/cancel": .permission(.ask),
            "GET /v1/responses/{id}/input_items": .permission(.read),
        ],
        .upload: [
            "POST /api/upload": .permission(.write), "GET /api/documents": .permission(.read),
            "GET /api/documents/{id}": .permission(.read), "DELETE /api/documents/{id}": .permission(.write),
            "GET /api/documents/{id}/content": .permission(.read), "GET /api/documents/{id}/text": .permission(.read),
            "GET /api/documents/{id}/report": .permission(.read),
            "GET /api/documents/{id}/pages/{page}": .permission(.read),
            "GET /api/documents/{id}/pages/{page}/words": .permission(.read),
            "POST /api/documents/{id}/retry": .permission(.write), "POST /api/documents/batch": .permission(.write),
            "POST /api/jobs": .permission(.write), "GET /api/jobs": .permission(.write),
            "GET /api/jobs/{id}": .permission(.write), "GET /api/jobs/{id}/items": .permission(.write),
            "GET /api/jobs/{id}/events": .permission(.write), "POST /api/jobs/{id}/cancel": .permission(.write),
            "POST /api/jobs/{id}/retry": .permission(.write), "GET /api/check": .permission(.manage),
            "POST /api/check": .permission(.manage), "POST /api/check/{id}/repair": .permission(.manage),
            "OPTIONS /api/uploads": .open, "POST /api/uploads": .permission(.write),
            "GET /api/uploads/{id}": .permission(.write), "PATCH /api/uploads/{id}": .permission(.write),
            "POST /api/uploads/{id}": .permission(.write), "DELETE /api/uploads/{id}": .permission(.write),
            "PATCH /api/documents/{id}": .permission(.write), "POST /api/documents/{id}/restore": .permission(.write),
            "GET /api/documents/{id}/access": .permission(.manage),
            "PUT /api/documents/{id}/access": .permission(.manage),
            "POST /v1/files": .permission(.write), "GET /v1/files": .permission(.read),
            "GET /v1/files/{id}": .permission(.read), "DELETE /v1/files/{id}": .permission(.write),
            "GET /v1/files/{id}/content": .permission(.read), "POST /v1/vector_stores": .permission(.write),
            "GET /v1/vector_stores": .permission(.read), "GET /v1/vector_stores/{id}": .permission(.read),
            "POST /v1/vector_stores/{id}": .permission(.write), "DELETE /v1/vector_stores/{id}": .permission(.write),
            "POST /v1/vector_stores/{id}/search": .permission(.read),
            "POST /v1/vector_stores/{id}/files": .permission(.write),
            "GET /v1/vector_stores/{id}/files": .permission(.read),
            "GET /v1/vector_stores/{id}/files/{file}": .permission(.read),
            "POST /v1/vector_stores/{id}/files/{file}": .permission(.write),
            "DELETE /v1/vector_stores/{id}/files/{file}": .permission(.write),
            "POST /v1/vector_stores/{id}/file_batches": .permission(.write),
            "GET /v1/vector_stores/{id}/file_batches/{batch}": .permission(.read),
            "POST /v1/vector_stores/{id}/file_batches/{batch}/cancel": .permission(.write),
            "GET /v1/vector_stores/{id}/file_batches/{batch}/files": .permission(.read),
        ],
        .history: [
            "GET /api/history": .permission(.read), "GET /api/history/search": .permission(.read),
            "GET /api/history/export": .permission(.read), "POST /api/history/import": .permission(.ask),
            "GET /api/history/{chatId}/export": .permission(.read), "GET /api/history/{chatId}": .permission(.read),
            "PUT /api/history/{chatId}/messages/{messageId}": .permission(.ask),
            "POST /api/history/{chatId}/branch": .permission(.ask),
            "GET /api/history/folders": .permission(.read), "POST /api/history/delete": .permission(.ask),
            "POST /api/history/{chatId}/restore": .permission(.ask),
            "POST /api/history/{chatId}/share": .permission(.ask),
            "GET /api/history/{chatId}/share": .permission(.read),
            "DELETE /api/history/{chatId}/share/{shareId}": .permission(.ask), "GET /api/share": .open,
            "GET /api/share/{token}": .open,
            "PATCH /api/history/{chatId}": .permission(.ask), "DELETE /api/history/{chatId}": .permission(.ask),
            "POST /v1/conversations": .permission(.ask), "GET /v1/conversations/{id}": .permission(.read),
            "POST /v1/conversations/{id}": .permission(.ask), "DELETE /v1/conversations/{id}": .permission(.ask),
            "GET /v1/conversations/{id}/items": .permission(.read),
            "POST /v1/conversations/{id}/items": .permission(.ask),
            "GET /v1/conversations/{id}/items/{item}": .permission(.read),
            "DELETE /v1/conversations/{id}/items/{item}": .permission(.ask),
        ],
        .account: [
            "GET /api/account/sign-in": .open, "POST /api/account/sign-in": .open, "GET /api/account/accept": .open,
            "POST /api/account/accept": .open, "POST /api/account/refresh": .open,
            "GET /api/account/oidc/{provider}/start": .open, "GET /api/account/oidc/{provider}/callback": .open,
            "POST /api/account/sign-out": .open, "GET /api/account/me": .oneself(takesKeys: true),
            "PATCH /api/account/me": .oneself(takesKeys: false),
            "GET /api/account/workspaces": .personal(takesKeys: true),
            "GET /api/account/quotas": .permission(.read), "PUT /api/account/quotas": .permission(.manage),
            "GET /api/account/usage": .permission(.read),
            "GET /api/account/sessions": .personal(takesKeys: false),
            "DELETE /api/account/sessions": .personal(takesKeys: false),
            "DELETE /api/account/sessions/{sessionId}": .personal(takesKeys: false),
            "GET /api/account/keys": .personal(takesKeys: false),
            "POST /api/account/keys": .personal(takesKeys: false),
            "DELETE /api/account/keys/{keyId}": .personal(takesKeys: false),
            "GET /api/account/people": .permission(.administer), "POST /api/account/people": .permission(.administer),
            "PATCH /api/account/people/{personId}": .permission(.administer),
            "DELETE /api/account/people/{personId}": .permission(.administer),
            "POST /api/account/people/{personId}/reset": .permission(.administer),
            "GET /api/account/audit": .permission(.administer),
            "GET /api/account/audit/export": .permission(.administer),
            "GET /api/account/audit/state": .permission(.administer),
            "GET /api/account/workspaces/{id}/audit": .permission(.manage),
            "POST /api/account/workspaces": .permission(.administer),
            "PATCH /api/account/workspaces/{id}": .permission(.manage),
            "GET /api/account/workspaces/{id}/members": .permission(.read),
            "PUT /api/account/workspaces/{id}/members/{personId}": .permission(.manage),
            "DELETE /api/account/workspaces/{id}/members/{personId}": .permission(.manage),
        ],
    ]

    private static let apps: [RunningProduct.App] = [.chat, .upload, .history]

    @Test func everyRouteHasARow() async throws {
        try await RunningProduct.with(Self.apps + [.account], settings: House.settings) { product in
            for (app, rows) in Self.expected {
                #expect(Set(product.routes[app] ?? []) == Set(rows.keys), "\(app)")
            }
        }
    }

    @Test func thePagesOriginPassesEveryRouteOnToItsApp() {
        for (app, rows) in Self.expected {
            for route in rows.keys {
                let path = route.split(separator: " ").last.map(String.init) ?? ""
                #expect(APIProxy.app(of: path) == app.rawValue, "\(route)")
            }
        }
    }

    /// How a request is answered, as far as it matters who sent it.
    private enum Turn: Equatable {
        case letIn, nobody, forbidden, hidden
        case broken(Int)

        init(_ answer: AppAnswer) {
            switch answer.status {
            case 401: self = .nobody
            case 403: self = .forbidden
            case 404 where answer.json["detail"]?.string == "There is no such workspace for you.": self = .hidden
            case 500...: self = .broken(answer.status)
            default: self = .letIn
            }
        }
    }

    private struct Actor: Sendable {
        let name: String
        /// Sends a request about the first workspace.
        let send: @Sendable (RunningProduct.App, HTTPMethod, String, JSONValue?) async throws -> AppAnswer
        let expects: @Sendable (Door) -> Turn?
    }

    private static func asMember(_ permissions: [Permission]) -> @Sendable (Door) -> Turn? {
        { door in
            switch door {
            case .permission(let permission): permissions.contains(permission) ? .letIn : .forbidden
            case .personal, .oneself: .letIn
            case .open: nil
            }
        }
    }

    private static func asNobody(_ door: Door) -> Turn? {
        if case .open = door { nil } else { .nobody }
    }

    private static func asKey(_ scopes: [Permission]) -> @Sendable (Door) -> Turn? {
        { door in
            switch door {
            case .permission(let permission): scopes.contains(permission) ? .letIn : .forbidden
            case .personal(let takesKeys), .oneself(let takesKeys):
                takesKeys && scopes.contains(.read) ? .letIn : .forbidden
            case .open: nil
            }
        }
    }

    private static func actor(_ name: String, _ browser: Browser, _ expects: @escaping @Sendable (Door) -> Turn?)
        -> Actor
    {
        Actor(
            name: name, send: { try await browser.send($0, $1, $2, $3, workspace: "default") }, expects: expects)
    }

    private static func actor(_ name: String, _ house: House, key: String, _ scopes: [Permission]) -> Actor {
        Actor(
            name: name,
            send: { app, method, path, body in
                try await house.product.send(
                    app, method, path,
                    fields: ["Authorization": "Bearer \(key)", "Content-Type": "application/json"],
                    body: body?.encoded ?? [])
            }, expects: asKey(scopes))
    }

    private func actors(_ house: House) async throws -> [Actor] {
        let made = try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"])
        #expect(made.status == 201, "\(made.text)")
        let owner = try await house.person("owner", ["default": "owner"]).browser
        let ended = try await house.person("ended").browser
        let stolen = house.browser()
        stolen.cookies = ended.cookies
        #expect(try await ended.send(.post, "sign-out").status == 204)
        let inactive = try await house.person("inactive", ["default": "owner"])
        let changed = try await house.boss.send(.patch, "people/\(inactive.id)", ["active": false])
        #expect(changed.status == 200, "\(changed.text)")
        func key(_ scopes: [Permission]) async throws -> String {
            let made = try await owner.send(
                .post, "keys",
                ["name": "k", "scopes": .strings(scopes.map(\.rawValue)), "workspace": "default"])
            #expect(made.status == 201, "\(made.text)")
            return made.json["key"]?.string ?? ""
        }
        let all: [Permission] = [.read, .ask, .write, .manage]
        return [
            Self.actor("nobody", house.browser(), Self.asNobody),
            Self.actor("ended session", stolen, Self.asNobody),
            Self.actor("deactivated", inactive.browser, Self.asNobody),
            Self.actor(
                "reader", try await house.person("reader", ["default": "reader"]).browser,
                Self.asMember([.read, .ask])),
            Self.actor(
                "editor", try await house.person("editor").browser, Self.asMember([.read, .ask, .write])),
            Self.actor("owner", owner, Self.asMember(all)),
            Self.actor(
                "administrator", try await house.person("admin", [:], isAdministrator: true).browser,
                Self.asMember(Permission.allCases)),
            Self.actor("of another workspace", try await house.person("other", ["other": "owner"]).browser) { door in
                switch door {
                case .permission, .oneself: .hidden
                case .personal: .letIn
                case .open: nil
                }
            },
            Self.actor("key for everything", house, key: try await key(all), all),
            Self.actor("key for reading", house, key: try await key([.read]), [.read]),
            Self.actor("key for questions", house, key: try await key([.ask]), [.ask]),
        ]
    }

    /// A request that finds nothing and changes nothing, whoever may send it.
    private func harmless(_ route: String) throws -> (method: HTTPMethod, path: String, body: JSONValue?) {
        let parts = route.split(separator: " ").map(String.init)
        let (method, template) = try (#require(parts.first), #require(parts.last))
        let path = template.split(separator: "/").map { part -> String in
            switch part {
            case "{page}": "1"
            case "{id}" where template.hasPrefix("/api/account/workspaces/"): "default"
            case _ where part.hasPrefix("{"): UUIDv7.make()
            default: String(part)
            }
        }
        let hasBody = ["POST", "PATCH", "PUT"].contains(method)
        return (HTTPMethod(rawValue: method), "/" + path.joined(separator: "/"), hasBody ? [:] : nil)
    }

    @Test func everybodyGetsWhatTheyMayAndNothingElse() async throws {
        try await House.with(Self.apps) { house in
            for actor in try await actors(house) {
                for (app, rows) in Self.expected {
                    for (route, door) in rows.sorted(by: { $0.key < $1.key }) {
                        guard let turn = actor.expects(door) else { continue }
                        let request = try harmless(route)
                        let answer = try await actor.send(app, request.method, request.path, request.body)
                        #expect(Turn(answer) == turn, "\(actor.name): \(route): \(answer.status) \(answer.text)")
                    }
                }
            }
        }
    }
}
