import APIDescription
import Catalog
import Digests
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Postgres
import Problems
import ProductFixture
import Settings
import Synchronization
import TestSupport
import Testing

@testable import AccessControl

/// Who is let in, on a real server.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct GuardFeatureTests {
    /// People, and a guard whose clock the test moves.
    private final class House: Sendable {
        let product: RunningProduct
        let gate: AccessGuard
        let clock: Passed

        init(_ product: RunningProduct) {
            let passed = Passed()
            self.product = product
            clock = passed
            let start = ContinuousClock.now
            gate = AccessGuard(
                SignInWays(ways: [.local]), SigningKeys([("k1", [UInt8](repeating: 1, count: 32))]),
                product.catalog.index,
                seconds: { 1_000_000 + passed.seconds }, now: { start + .seconds(passed.seconds) })
        }

        final class Passed: Sendable {
            private let value = Mutex<Int64>(0)
            var seconds: Int64 { value.withLock { $0 } }
            func add(_ seconds: Int64) { value.withLock { $0 += seconds } }
        }

        /// Somebody with a session; returns their id and the session's.
        func person(
            _ login: String, isAdministrator: Bool = false, _ memberships: [(String, String)] = []
        ) async throws -> (id: String, session: String) {
            let (id, session) = (UUIDv7.make(), UUIDv7.make())
            let name = try #require(LoginName(login))
            let person = try await product.catalog.index.addPerson(
                id, login: name, name: login, isAdministrator: isAdministrator,
                memberships: memberships.map { .init(workspace: $0.0, role: $0.1) }, digest: login)
            #expect(try await product.catalog.index.accept(login, person: person.id, name: nil, password: "hash"))
            #expect(
                try await product.catalog.index.addSession(
                    session, of: id, by: .password("hash"), refresh: "r", userAgent: "", address: ""))
            return (id, session)
        }

        func request(_ fields: HTTPFields, workspace: String? = nil) -> HTTPRequest {
            var fields = fields
            if let workspace { fields.append("x-apus-workspace", workspace) }
            return HTTPRequest(method: .get, target: HTTPTarget("/"), fields: fields, body: .bytes([]), id: "1")
        }

        func signedIn(_ person: (id: String, session: String), workspace: String? = nil) -> HTTPRequest {
            request(
                ["Cookie": "\(Cookies.token)=\(gate.token(of: person.session, for: person.id) ?? "")"],
                workspace: workspace)
        }

        /// The status and code of what refuses a request; 200 when it is let in.
        func answer(_ request: HTTPRequest, to permission: Permission = .read) async throws -> String {
            do {
                _ = try await gate.admitted(request, to: permission)
                return "200"
            } catch let problem as Problem {
                return [String(problem.status.rawValue), problem.code ?? ""].filter { !$0.isEmpty }.joined(
                    separator: " ")
            }
        }
    }

    private func with(_ body: (House) async throws -> Void) async throws {
        try await RunningProduct.with([]) { product in try await body(House(product)) }
    }

    @Test func whoShowsNothingOrSomethingElseIsNobody() async throws {
        try await with { house in
            let person = try await house.person("ann", [("default", "editor")])
            let token = try #require(house.gate.token(of: person.session, for: person.id))
            for fields: HTTPFields in [
                [:], ["Cookie": "\(Cookies.token)=x"], ["Cookie": "\(Cookies.token)=\(token)x"],
                ["Authorization": "Bearer \(token)"], ["Authorization": "Bearer"], ["Authorization": "Bearer apus_"],
                ["Authorization": "Bearer \(APIKey().text)"], ["authorization": "bearer sk-123"],
                ["Authorization": "Bearer x", "Cookie": "\(Cookies.token)=\(token)"],
                ["Authorization": "Basic eDp5"], ["x-apus-token": token],
                ["Cookie": "\(Cookies.token)=\(house.gate.token(of: person.session, for: UUIDv7.make()) ?? "")"],
                ["Cookie": "\(Cookies.token)=\(house.gate.token(of: UUIDv7.make(), for: person.id) ?? "")"],
            ] { #expect(try await house.answer(house.request(fields)) == "401 sign_in_required", "\(fields)") }
            // What a proxy in front asks for is none of ours.
            let both: HTTPFields = ["Authorization": "Basic eDp5", "Cookie": "\(Cookies.token)=\(token)"]
            #expect(try await house.answer(house.request(both)) == "200")
            let request = house.signedIn(person)
            house.clock.add(600)
            #expect(try await house.answer(request) == "401 token_expired")
        }
    }

    @Test func everyRoleMayWhatItMayAndNoMore() async throws {
        try await with { house in
            try await house.product.sql.query(
                "INSERT INTO workspaces (id, name) VALUES ('other', 'Other'), ('third', '')")
            let expected: [(String, [Permission])] = [
                ("reader", [.read, .ask]), ("editor", [.read, .ask, .write]),
                ("owner", [.read, .ask, .write, .manage]),
            ]
            for (role, allowed) in expected {
                let person = try await house.person(role, [("other", role)])
                for permission in Permission.allCases {
                    let answer = try await house.answer(house.signedIn(person), to: permission)
                    #expect(answer == (allowed.contains(permission) ? "200" : "403"), "\(role) \(permission)")
                    for workspace in ["default", "third", "nowhere", "", "other "] {
                        #expect(
                            try await house.answer(house.signedIn(person, workspace: workspace), to: permission)
                                == "404")
                    }
                }
                #expect(try await house.gate.admitted(house.signedIn(person), to: .read).workspace == "other")
            }
            let administrator = try await house.person("boss", isAdministrator: true)
            for permission in Permission.allCases {
                for workspace in ["default", "other", "third", nil] {
                    let request = house.signedIn(administrator, workspace: workspace)
                    #expect(try await house.answer(request, to: permission) == "200")
                }
                let nowhere = house.signedIn(administrator, workspace: "nowhere")
                #expect(try await house.answer(nowhere, to: permission) == "404")
            }
            let access = try await house.gate.admitted(
                house.signedIn(administrator, workspace: "third"), to: .administer)
            #expect(
                access
                    == Access(workspace: "third", person: administrator.id, role: .owner, isAdministrator: true))
            let nobodys = try await house.person("new")
            #expect(try await house.answer(house.signedIn(nobodys)) == "404")
            var twice = house.signedIn(administrator, workspace: "other")
            twice.fields.append("x-apus-workspace", "default")
            #expect(try await house.answer(twice) == "404")
        }
    }

    @Test func aKeyMayTheLeastOfItsScopesAndItsPersonsRole() async throws {
        try await with { house in
            try await house.product.sql.query("INSERT INTO workspaces (id, name) VALUES ('other', 'Other')")
            let editor = try await house.person("ed", [("default", "editor"), ("other", "owner")])
            let boss = try await house.person("boss", isAdministrator: true)
            func key(_ person: String, _ scopes: [String], _ workspace: String = "default") async throws -> HTTPRequest
            {
                let key = APIKey()
                _ = try await house.product.catalog.index.addKey(
                    key.id, secret: key.secretDigest, of: person, workspace: workspace, name: "k", scopes: scopes,
                    days: 1)
                return house.request(["Authorization": "Bearer \(key.text)"])
            }
            func allowed(_ request: HTTPRequest) async throws -> [Permission] {
                var allowed: [Permission] = []
                for permission in Permission.allCases where try await house.answer(request, to: permission) == "200" {
                    allowed.append(permission)
                }
                return allowed
            }
            let all = ["read", "ask", "write", "manage"]
            #expect(try await allowed(key(editor.id, all)) == [.read, .ask, .write])
            #expect(try await allowed(key(editor.id, ["ask"])) == [.ask])
            #expect(try await allowed(key(editor.id, all, "other")) == [.read, .ask, .write, .manage])
            #expect(try await allowed(key(boss.id, all + ["administer"])) == [.read, .ask, .write, .manage])
            #expect(try await allowed(key(boss.id, ["read"], "other")) == [.read])
            // Its own workspace, always.
            var elsewhere = try await key(boss.id, all)
            elsewhere.fields["x-apus-workspace"] = "other"
            #expect(try await house.answer(elsewhere) == "404")
            elsewhere.fields["x-apus-workspace"] = "default"
            #expect(try await house.answer(elsewhere) == "200")
            // Another secret under the same id.
            let real = APIKey()
            _ = try await house.product.catalog.index.addKey(
                real.id, secret: APIKey().secretDigest, of: boss.id, workspace: "default", name: "k", scopes: all,
                days: nil)
            let forged = house.request(["Authorization": "Bearer \(real.text)"])
            #expect(try await house.answer(forged) == "401 sign_in_required")
            // What its person no longer is, it is not.
            let request = try await key(editor.id, all)
            #expect(try await house.answer(request, to: .write) == "200")
            _ = try await house.product.catalog.index.removeMember(editor.id, from: "default", leavesOwnerless: true)
            house.clock.add(15)
            #expect(try await house.answer(request, to: .write) == "404")
            try await house.product.sql.query("UPDATE api_keys SET expires_at = now() - interval '1 second'")
            house.clock.add(15)
            #expect(try await house.answer(request) == "401 sign_in_required")
        }
    }

    @Test func whoIsOutIsOutAfterFifteenSecondsAndNotAsked() async throws {
        try await with { house in
            let ann = try await house.person("ann", [("default", "editor")])
            let bob = try await house.person("bob", [("default", "editor")])
            let requests = [house.signedIn(ann), house.signedIn(bob)]
            for request in requests { #expect(try await house.answer(request, to: .write) == "200") }
            _ = try await house.product.catalog.index.changePerson(ann.id, isActive: false)
            #expect(try await house.product.catalog.index.endSession(bob.session, of: bob.id))
            house.clock.add(14)
            // Nobody was asked: what was read a moment ago still counts.
            for request in requests { #expect(try await house.answer(request, to: .write) == "200") }
            house.clock.add(1)
            for request in requests { #expect(try await house.answer(request, to: .write) == "401 sign_in_required") }
        }
    }

    @Test func aProcessThatChangesSomethingKnowsAtOnce() async throws {
        try await with { house in
            let ann = try await house.person("ann", [("default", "editor")])
            #expect(try await house.answer(house.signedIn(ann), to: .manage) == "403")
            _ = try await house.product.catalog.index.setMember(
                ann.id, .init(workspace: "default", role: "owner"), leavesOwnerless: false)
            #expect(try await house.answer(house.signedIn(ann), to: .manage) == "403")
            house.gate.forget(person: ann.id)
            #expect(try await house.answer(house.signedIn(ann), to: .manage) == "200")
        }
    }

    @Test func withoutTheDatabaseNobodyIsLetIn() async throws {
        try await with { house in
            let ann = try await house.person("ann", [("default", "editor")])
            #expect(try await house.answer(house.signedIn(ann)) == "200")
            let away = CatalogDatabase(database: .init("host=127.0.0.1 port=1 dbname=none"))
            let gate = AccessGuard(
                SignInWays(ways: [.local]), SigningKeys([("k1", [UInt8](repeating: 1, count: 32))]), away)
            let request = house.request([
                "Cookie": "\(Cookies.token)=\(gate.token(of: ann.session, for: ann.id) ?? "")"
            ])
            await #expect { try await gate.admitted(request, to: .read) } throws: {
                Problem($0).status == .serviceUnavailable
            }
        }
    }

    @Test func useIsNotedOnceAMinuteBesideTheRequest() async throws {
        try await with { house in
            let ann = try await house.person("ann", [("default", "editor")])
            let sql = house.product.sql
            try await sql.query("UPDATE sessions SET last_used_at = now() - interval '50 seconds'")
            #expect(try await house.answer(house.signedIn(ann)) == "200")
            try await sql.query("UPDATE sessions SET last_used_at = now() - interval '61 seconds'")
            house.clock.add(15)
            #expect(try await house.answer(house.signedIn(ann)) == "200")
            let isNoted = try await eventually {
                try await !sql.query("SELECT 1 FROM sessions WHERE last_used_at > now() - interval '40 seconds'")
                    .isEmpty
            }
            #expect(isNoted)
            // One that was not used for long has ended.
            try await sql.query("UPDATE sessions SET last_used_at = now() - interval '31 days'")
            house.clock.add(15)
            #expect(try await house.answer(house.signedIn(ann)) == "401 sign_in_required")
            try await sql.query("UPDATE sessions SET last_used_at = now(), created_at = now() - interval '181 days'")
            house.clock.add(15)
            #expect(try await house.answer(house.signedIn(ann)) == "401 sign_in_required")
        }
    }

    @Test func everyRouteIsInTheTableWithWhatItAsksFor() async throws {
        var routes = GuardedRoutes(AccessGuard())
        routes.http(.get, "a", for: .read) { _, _ in HTTPResponse(.ok) }
        routes.http(.post, at: "/v1/b", for: .ask) { _, _ in HTTPResponse(.ok) }
        routes.http(.put, "c/{id}", for: .manage, in: "id") { _, _ in HTTPResponse(.ok) }
        routes.personal(.get, "d") { _, _ in HTTPResponse(.ok) }
        routes.open(.get, "e") { _ in HTTPResponse(.ok) }
        #expect(
            routes.table == [
                .init(method: .get, path: "/api/a", permission: .read),
                .init(method: .post, path: "/v1/b", permission: .ask),
                .init(method: .put, path: "/api/c/{id}", permission: .manage, namesWorkspace: true),
                .init(method: .get, path: "/api/d", permission: .read, isPersonal: true),
                .init(method: .get, path: "/api/e", permission: nil),
            ])
        // Descriptions of the API say of each whom it lets in.
        routes.http(.get, "f", for: .administer) { _, _ in HTTPResponse(.ok) }
        #expect(
            routes.declared.map(\.door) == [
                .workspace(scope: "read", role: "reader"), .workspace(scope: "ask", role: "reader"),
                .workspace(scope: "manage", role: "owner", isInPath: true), .personal(scope: nil), .open,
                .installation,
            ])
    }
}

extension AccessGuard {
    /// What `GuardedRoutes` does with a request.
    func admitted(_ request: HTTPRequest, to permission: Permission) async throws -> Access {
        let access = try await access(of: try await identify(request), request)
        guard access.permits(permission) else { throw AccessProblem.forbidden(permission, access) }
        return access
    }
}
