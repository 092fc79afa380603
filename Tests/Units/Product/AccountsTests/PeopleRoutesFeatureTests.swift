import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// People, workspaces, sessions and keys, over real sockets.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct PeopleRoutesFeatureTests {
    @Test func onlyAdministratorsAdminister() async throws {
        try await House.with { house in
            let ann = try await house.person("ann", ["default": "owner"])
            for (method, path) in [
                (HTTPMethod.get, "people"), (.post, "people"), (.patch, "people/\(ann.id)"),
                (.delete, "people/\(ann.id)"),
                (.post, "people/\(ann.id)/reset"), (.post, "workspaces"),
            ] {
                let body: JSONValue? = method == .get ? nil : ["login": "x", "name": "x"]
                #expect(try await ann.browser.send(method, path, body).status == 403, "\(path)")
                #expect(try await house.browser().send(method, path, body).status == 401, "\(path)")
            }
            let page = try await house.boss.send(.get, "people?limit=1").json
            #expect(page["people"]?[0]?["login"] == "Boss")
            let next = try #require(page["next"]?.string)
            let rest = try await house.boss.send(.get, "people?after=\(next)").json
            #expect(rest["people"]?[0]?["login"] == "ann" && rest["next"] == .null)
            #expect(try await house.boss.send(.get, "people?limit=0").status == 400)
            #expect(try await house.boss.send(.get, "people?after=x").status == 400)
        }
    }

    @Test func somebodyWhoIsDeactivatedIsOutAndComesBackByTheirPassword() async throws {
        try await House.with { house in
            let ann = try await house.person("ann")
            #expect(try await ann.browser.send(.get, "me").status == 200)
            #expect(try await house.boss.send(.patch, "people/\(ann.id)", ["active": false]).status == 200)
            #expect(try await ann.browser.send(.get, "me").status == 401)
            #expect(try await ann.browser.send(.post, "refresh").status == 401)
            #expect(try await house.boss.send(.post, "people/\(ann.id)/reset", [:]).status == 409)
            #expect(
                try await house.boss.send(.patch, "people/\(ann.id)", ["active": true, "name": "A"]).json["name"] == "A"
            )
            #expect(try await ann.browser.send(.get, "me").status == 401)
            #expect(try await ann.browser.signIn("ann", House.password).status == 200)
            let me = try await house.boss.send(.get, "me").json["person"]?["id"]?.string ?? ""
            for body: JSONValue in [["active": false], ["administrator": false]] {
                #expect(try await house.boss.send(.patch, "people/\(me)", body).status == 409)
            }
            #expect(try await house.boss.send(.delete, "people/\(me)").status == 409)
            #expect(try await house.boss.send(.delete, "people/\(ann.id)").status == 204)
            #expect(try await house.boss.send(.delete, "people/\(ann.id)").status == 404)
            #expect(try await ann.browser.send(.get, "me").status == 401)
        }
    }

    @Test func aResetLinkTakesThePlaceOfAPassword() async throws {
        try await House.with { house in
            let ann = try await house.person("ann")
            let answer = try await house.boss.send(.post, "people/\(ann.id)/reset", [:])
            let token = try House.token(of: answer.json["link"])
            let shown = try await house.browser().send(.get, "accept?token=\(token)").json
            #expect(shown == ["kind": "reset", "login": "ann", "name": "ann"])
            let other = try await house.browser().send(
                .post, "accept", ["token": .string(token), "login": "somebody", "password": "a new password"])
            #expect(other.status == 400)
            #expect(try await ann.browser.send(.get, "me").status == 200)
            let accepted = try await house.browser().send(
                .post, "accept", ["token": .string(token), "password": "a new password"])
            #expect(accepted.status == 200)
            #expect(try await ann.browser.send(.get, "me").status == 401)
            #expect(try await ann.browser.signIn("ann", House.password).status == 401)
            #expect(try await ann.browser.signIn("ann", "a new password").status == 200)
        }
    }

    @Test func peopleChangeTheirNamePasswordAndWorkspace() async throws {
        try await House.with { house in
            #expect(try await house.boss.send(.post, "workspaces", ["id": "team", "name": "Team"]).status == 201)
            let ann = try await house.person("ann", ["default": "reader", "team": "editor"])
            let elsewhere = house.browser()
            #expect(try await elsewhere.signIn("ann", House.password).status == 200)
            let changed = try await ann.browser.send(.patch, "me", ["name": "Ann", "workspace": "team"]).json
            #expect(changed["workspace"] == ["id": "team", "name": "Team", "role": "editor"])
            #expect(changed["person"]?["name"] == "Ann")
            #expect(changed["permissions"] == ["read", "ask", "write"])
            #expect(try await elsewhere.send(.get, "me").json["workspace"]?["id"] == "default")
            #expect(try await elsewhere.send(.get, "me", workspace: "team").json["workspace"]?["id"] == "team")
            #expect(try await elsewhere.send(.get, "me", workspace: "nowhere").status == 404)
            #expect(try await ann.browser.send(.patch, "me", ["workspace": "nowhere"]).status == 404)
            let wrong: JSONValue = ["password": ["old": "not this one", "new": "a new password"]]
            #expect(try await ann.browser.send(.patch, "me", wrong).status == 400)
            let right: JSONValue = ["password": ["old": .string(House.password), "new": "a new password"]]
            #expect(try await ann.browser.send(.patch, "me", right).status == 200)
            #expect(try await ann.browser.send(.get, "me").status == 200)
            #expect(try await elsewhere.send(.get, "me").status == 401)
            #expect(try await elsewhere.signIn("ann", "a new password").status == 200)
            // Who found a browser open may not guess without end.
            for _ in 0..<5 { #expect(try await ann.browser.send(.patch, "me", wrong).status == 400) }
            #expect(try await ann.browser.send(.patch, "me", wrong).status == 429)
        }
    }

    @Test func sessionsAreListedAndEnded() async throws {
        try await House.with { house in
            let other = house.browser()
            #expect(try await other.signIn("boss", House.password).status == 200)
            let third = house.browser()
            #expect(try await third.signIn("boss", House.password).status == 200)
            let ann = try await house.person("ann")
            let sessions = try await house.boss.send(.get, "sessions").json["sessions"]?.array ?? []
            #expect(sessions.count == 3)
            #expect(sessions.filter { $0["current"] == true }.count == 1)
            #expect(sessions.allSatisfy { $0["userAgent"] == "Test browser" && $0["address"] == "127.0.0.1" })
            let current = try await other.send(.get, "sessions").json["sessions"]?.array?.first {
                $0["current"] == true
            }
            let id = try #require(current?["id"]?.string)
            // Nobody else's.
            #expect(try await ann.browser.send(.delete, "sessions/\(id)").status == 404)
            #expect(try await house.boss.send(.delete, "sessions/\(id)").status == 204)
            #expect(try await other.send(.get, "me").status == 401)
            #expect(try await house.boss.send(.delete, "sessions").status == 204)
            #expect(try await third.send(.get, "me").status == 401)
            #expect(try await house.boss.send(.get, "me").status == 200)
            #expect(try await ann.browser.send(.get, "me").status == 200)
        }
    }

    @Test func aKeyIsShownOnceAndMakesNoOthers() async throws {
        try await House.with { house in
            let made = try await house.boss.send(
                .post, "keys", ["name": "ci", "scopes": ["ask", "read"], "expiresInDays": 30])
            #expect(made.status == 201, "\(made.text)")
            let key = try #require(made.json["key"]?.string)
            #expect(made.json["scopes"] == ["read", "ask"])
            let list = try await house.boss.send(.get, "keys")
            #expect(list.json["keys"]?[0]?["name"] == "ci")
            #expect(!list.text.contains(key.dropFirst(22)))
            func send(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> AppAnswer {
                try await house.product.send(
                    .account, method, "/api/account/" + path,
                    fields: ["Authorization": "Bearer \(key)", "Content-Type": "application/json"],
                    body: body?.encoded ?? [])
            }
            let me = try await send(.get, "me").json
            #expect(me["permissions"] == ["read", "ask"] && me["administrator"] == false)
            #expect(me["workspaces"]?.array?.count == 1)
            for (method, path) in [
                (HTTPMethod.post, "keys"), (.get, "keys"), (.get, "sessions"), (.patch, "me"), (.get, "people"),
                (.post, "workspaces"), (.patch, "workspaces/default"),
            ] {
                let answer = try await send(method, path, method == .get ? nil : ["name": "x", "scopes": ["read"]])
                #expect(answer.status == 403, "\(method) \(path)")
            }
            let id = made.json["id"]?.string ?? ""
            let ann = try await house.person("ann")
            #expect(try await ann.browser.send(.delete, "keys/\(id)").status == 404)
            #expect(try await house.boss.send(.delete, "keys/\(id)").status == 204)
            #expect(try await send(.get, "me").status == 401)
        }
    }

    @Test func ownersDecideAboutMembersOfTheirWorkspaceAlone() async throws {
        try await House.with { house in
            let made = try await house.boss.send(.post, "workspaces", ["name": "Ärzte & Team 7"])
            #expect(made.json["id"] == "rzte-team-7")
            let again = try await house.boss.send(.post, "workspaces", ["name": "Ärzte & Team 7"])
            #expect(again.status == 201 && again.json["id"] != made.json["id"])
            #expect(try await house.boss.send(.post, "workspaces", ["id": "rzte-team-7", "name": "x"]).status == 409)
            let ann = try await house.person("ann", ["rzte-team-7": "owner"])
            let bob = try await house.person("bob", ["default": "owner"])
            let members = "workspaces/rzte-team-7/members"
            #expect(try await bob.browser.send(.get, members).status == 404)
            #expect(try await bob.browser.send(.put, members + "/" + bob.id, ["role": "owner"]).status == 404)
            #expect(try await bob.browser.send(.patch, "workspaces/rzte-team-7", ["name": "x"]).status == 404)
            #expect(
                try await ann.browser.send(.put, members + "/" + bob.id, ["role": "reader"]).json["role"] == "reader")
            let listed = try await bob.browser.send(.get, members).json["members"]?.array ?? []
            #expect(Set(listed.compactMap { $0["login"]?.string }) == ["Boss", "ann", "bob"])
            #expect(try await bob.browser.send(.put, members + "/" + bob.id, ["role": "owner"]).status == 403)
            #expect(
                try await ann.browser.send(.patch, "workspaces/rzte-team-7", ["name": "Team 7"]).json["name"]
                    == "Team 7")
            // The boss made it, and owns it too.
            let boss = try await house.boss.send(.get, "me").json["person"]?["id"]?.string ?? ""
            #expect(try await ann.browser.send(.delete, members + "/" + boss).status == 204)
            #expect(try await ann.browser.send(.delete, members + "/" + ann.id).status == 409)
            #expect(try await ann.browser.send(.put, members + "/" + ann.id, ["role": "reader"]).status == 409)
            #expect(try await house.boss.send(.delete, members + "/" + ann.id).status == 204)
            #expect(try await ann.browser.send(.get, members).status == 404)
            // Somebody without any workspace is somebody all the same.
            let me = try await ann.browser.send(.get, "me")
            #expect(me.status == 200 && me.json["workspace"] == .null && me.json["permissions"] == [])
            #expect(try await ann.browser.send(.get, "workspaces").json["workspaces"] == [])
        }
    }

    @Test func badInputIsNamedByItsField() async throws {
        try await House.with { house in
            let cases: [(HTTPMethod, String, JSONValue, String)] = [
                (.post, "sign-in", ["login": "a"], "password"),
                (.post, "sign-in", ["login": "", "password": "x"], "login"),
                (.post, "sign-in", ["login": "a\u{200B}", "password": "x"], "login"),
                (.post, "sign-in", ["login": "a", "password": "x", "remember": true], "remember"),
                (
                    .post, "sign-in", ["login": "a", "password": .string(String(repeating: "é", count: 600))],
                    "password"
                ),
                (.post, "accept", ["token": "x", "password": "short"], "password"),
                (.post, "people", ["name": "x"], "login"),
                (
                    .post, "people", ["login": "x", "workspaces": [["id": "default", "role": "king"]]],
                    "workspaces[0].role"
                ),
                (.post, "people", ["login": "x", "workspaces": [["role": "owner"]]], "workspaces[0].id"),
                (.post, "people", ["login": "x", "workspaces": [["id": "nowhere", "role": "owner"]]], "workspaces"),
                (.post, "people", ["login": "x", "administrator": "yes"], "administrator"),
                (.post, "keys", ["name": "x"], "scopes"),
                (.post, "keys", ["name": "x", "scopes": ["administer"]], "scopes"),
                (.post, "keys", ["name": "x", "scopes": ["read", "fly"]], "scopes"),
                (.post, "keys", ["name": " ", "scopes": ["read"]], "name"),
                (.post, "keys", ["name": "x", "scopes": ["read"], "expiresInDays": 0.5], "expiresInDays"),
                (.post, "workspaces", ["name": "x", "id": "-ab"], "id"),
                (.post, "workspaces", ["name": "x", "id": "Ab1"], "id"),
                (.post, "workspaces", ["id": "abc"], "name"), (.patch, "me", ["name": "a\u{1}"], "name"),
                (.patch, "me", ["password": ["old": "x"]], "password.new"), (.patch, "me", ["role": "owner"], "role"),
                (.put, "workspaces/default/members/\(UUIDv7.make())", [:], "role"),
            ]
            for (method, path, body, field) in cases {
                let answer = try await house.boss.send(method, path, body)
                #expect(answer.status == 400, "\(path) \(body.text) \(answer.text)")
                let fields = answer.json["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
                #expect(fields == [field], "\(path) \(body.text)")
            }
            #expect(
                try await house.boss.send(.post, "keys", ["name": "x", "scopes": ["read"], "workspace": "no"]).status
                    == 404)
            #expect(try await house.boss.send(.patch, "people/x", ["active": true]).status == 404)
            #expect(try await house.boss.send(.post, "people", ["login": "BOSS"]).status == 409)
        }
    }

    @Test func keysSideBySideAreNotMoreThanThereMayBe() async throws {
        try await House.with { house in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<130 {
                    group.addTask {
                        try await house.boss.send(.post, "keys", ["name": .string("k\(number)"), "scopes": ["read"]])
                            .status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == 100 && statuses.count { $0 == 409 } == 30)
            #expect(try await house.boss.send(.get, "keys").json["keys"]?.array?.count == 100)
        }
    }

    @Test(arguments: ["\u{202E}sdrawkcab", "a\u{2066}b", "\u{200B}", "\u{200D}\u{200C} ", "a\u{7}"])
    func aNameThatShowsAsAnotherOrNotAtAllIsRefused(name: String) async throws {
        try await House.with { house in
            let answer = try await house.boss.send(.post, "workspaces", ["id": "other", "name": .string(name)])
            #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "name")
        }
    }
}
