import AccessControl
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

private enum RefreshText {
    /// Of a session that there is none of.
    static func unknown() -> String {
        UUIDv7.make() + "." + Base64URL.encode([UInt8](repeating: 0, count: 32))
    }
}

/// Signing in and out, over real sockets.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct SignInFeatureTests {
    @Test func theFirstAdministratorSignsUpByTheLink() async throws {
        try await RunningProduct.with([.account], settings: House.settings) { product in
            let house = House(product: product, boss: Browser(product))
            let before = try await house.boss.send(.get, "sign-in")
            #expect(before.json == ["ways": ["local"], "needsFirst": true, "providers": []])
            #expect(try await house.boss.send(.get, "me").status == 401)
            let token = try await house.firstToken()
            let shown = try await house.boss.send(.get, "accept?token=\(token)")
            #expect(shown.json == ["kind": "first", "login": "", "name": ""])
            #expect(try await house.boss.send(.get, "accept?token=\(token)x").status == 404)
            let body: JSONValue = ["token": .string(token), "login": "Boss", "password": .string(House.password)]
            let nobody = try await house.boss.send(
                .post, "accept", ["token": .string(token), "password": .string(House.password)])
            #expect(nobody.status == 400)
            let answer = try await house.boss.send(.post, "accept", body)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["administrator"] == true)
            #expect(answer.json["person"]?["name"] == "Boss")
            #expect(answer.json["workspace"] == ["id": "default", "name": "First workspace", "role": "owner"])
            #expect(answer.json["permissions"] == ["read", "ask", "write", "manage", "administer"])
            #expect(try await house.boss.send(.get, "me").json == answer.json)
            #expect(try await house.boss.send(.post, "accept", body).status == 404)
            #expect(try await house.boss.send(.get, "sign-in").json["needsFirst"] == false)
            let lines = answer.fields.values("set-cookie")
            #expect(lines.count == 2)
            #expect(
                lines.allSatisfy { $0.hasSuffix("; Secure; HttpOnly; SameSite=Strict") && !$0.contains("Domain") })
            #expect(lines[0].hasPrefix("__Host-apus-token=") && lines[0].contains("; Path=/; Max-Age=2592000;"))
            #expect(
                lines[1].hasPrefix("__Secure-apus-refresh=")
                    && lines[1].contains("; Path=/api/account; Max-Age=2592000;"))
        }
    }

    /// Two who use the link at once: one is let in.
    @Test func ofTwoWhoUseALinkOneIsLetIn() async throws {
        try await House.with { house in
            let added = try await house.boss.send(.post, "people", ["login": "ann"])
            let token = try House.token(of: added.json["link"])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await house.browser().send(
                            .post, "accept", ["token": .string(token), "password": .string(House.password)]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 404, 404])
        }
    }

    /// No oracle: what is answered is the same, but for the request's id.
    @Test func unknownNamesWrongPasswordsAndPeopleWhoMayNotAreAnsweredAlike() async throws {
        try await House.with { house in
            let off = try await house.person("off")
            #expect(
                try await house.boss.send(.patch, "people/\(off.id)", ["active": false]).json["active"] == false)
            let waiting = try await house.boss.send(.post, "people", ["login": "waiting"])
            #expect(waiting.status == 201)
            var answers: [JSONValue] = []
            for (login, password) in [
                ("nobody", House.password), ("boss", House.password + "x"), ("off", House.password),
                ("waiting", House.password), ("boss", "x"),
            ] {
                let answer = try await house.browser().signIn(login, password)
                #expect(answer.status == 401)
                #expect(answer.fields.values("set-cookie").isEmpty)
                var json = try #require(answer.json.object)
                json["requestId"] = nil
                answers.append(.object(json))
            }
            #expect(answers.allSatisfy { $0 == answers[0] })
            #expect(answers[0]["detail"] == "The name or the password is wrong.")
            #expect(try await house.browser().signIn(" BOSS ", House.password).status == 200)
        }
    }

    @Test(arguments: ["nobody", "boss"]) func afterFiveFailuresANameIsLocked(login: String) async throws {
        try await House.with { house in
            for _ in 0..<5 { #expect(try await house.browser().signIn(login, "wrong one").status == 401) }
            let locked = try await house.browser().signIn(login, House.password)
            #expect(locked.status == 429)
            #expect(["1", "2"].contains(locked.fields["retry-after"]))
            // Who is signed in already is not put out.
            #expect(try await house.boss.send(.get, "me").status == 200)
            try await house.product.sql.query("UPDATE sign_in_failures SET locked_until = now()")
            let answer = try await house.browser().signIn(login, House.password)
            #expect(answer.status == (login == "boss" ? 200 : 401))
        }
    }

    @Test func aSessionIsRenewedAndAStolenTokenEndsIt() async throws {
        try await House.with { (house: House) async throws -> Void in
            let thief = house.browser()
            thief.cookies = house.boss.cookies
            let first = house.boss.cookies
            #expect(try await house.boss.send(.post, "refresh").status == 204)
            #expect(house.boss.cookies[Cookies.refresh] != first[Cookies.refresh])
            #expect(try await house.boss.send(.get, "me").status == 200)
            // The other tab, with the same cookies at the same time.
            let tab = house.browser()
            tab.cookies = first
            #expect(try await tab.send(.post, "refresh").status == 204)
            #expect(tab.cookies[Cookies.refresh] == house.boss.cookies[Cookies.refresh])
            #expect(try await house.boss.send(.post, "refresh").status == 204)
            #expect(try await thief.send(.post, "refresh").status == 401)
            #expect(try await house.boss.send(.post, "refresh").status == 401)
            let unknown = RefreshText.unknown()
            for cookie in ["", "x", "a.b", unknown] {
                tab.cookies = [Cookies.refresh: cookie]
                #expect(try await tab.send(.post, "refresh").status == 401)
            }
        }
    }

    @Test func whoKnowsASessionsIdAloneEndsNothing() async throws {
        try await House.with { house in
            let cookie = try #require(house.boss.cookies[Cookies.refresh])
            let session = cookie.prefix { $0 != "." }
            let stranger = house.browser()
            stranger.cookies = [
                Cookies.refresh: "\(session).\(Base64URL.encode([UInt8](repeating: 7, count: 32)))"
            ]
            #expect(try await stranger.send(.post, "refresh").status == 401)
            #expect(try await house.boss.send(.post, "refresh").status == 204)
            #expect(try await house.boss.send(.get, "me").status == 200)
            // One of long ago does: only its owner had it.
            for _ in 0..<3 { #expect(try await house.boss.send(.post, "refresh").status == 204) }
            try await house.product.sql.query("UPDATE sessions SET previous_until = now()")
            stranger.cookies = [Cookies.refresh: cookie]
            #expect(try await stranger.send(.post, "refresh").status == 401)
            #expect(try await house.boss.send(.post, "refresh").status == 401)
        }
    }

    @Test func refreshesSideBySideAllSucceedWithTheSameCookie() async throws {
        try await House.with { house in
            let held = house.boss.cookies
            let cookies = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let tab = house.browser()
                        tab.cookies = held
                        let status = try await tab.send(.post, "refresh").status
                        return status == 204 ? tab.cookies[Cookies.refresh] : nil
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(cookies).count == 1)
            house.boss.cookies = [Cookies.refresh: try #require(cookies.first ?? nil)]
            #expect(try await house.boss.send(.post, "refresh").status == 204)
            #expect(try await house.boss.send(.get, "me").status == 200)
        }
    }

    @Test func signingOutEndsTheSessionAndClearsTheCookies() async throws {
        try await House.with { house in
            let held = house.boss.cookies
            #expect(try await house.boss.send(.post, "sign-out").status == 204)
            #expect(house.boss.cookies.isEmpty)
            house.boss.cookies = held
            #expect(try await house.boss.send(.get, "me").status == 401)
            #expect(try await house.boss.send(.post, "refresh").status == 401)
            // With nothing in hand, too; and by the refresh cookie alone.
            #expect(try await house.browser().send(.post, "sign-out").status == 204)
            #expect(try await house.boss.signIn("boss", House.password).status == 200)
            let again = house.boss.cookies
            house.boss.cookies = [Cookies.refresh: try #require(again[Cookies.refresh])]
            #expect(try await house.boss.send(.post, "sign-out").status == 204)
            house.boss.cookies = again
            #expect(try await house.boss.send(.get, "me").status == 401)
        }
    }

    @Test func nothingOfAPasswordIsEverAnswered() async throws {
        try await House.with { house in
            let ann = try await house.person("ann")
            for (method, path) in [
                (HTTPMethod.get, "me"), (.get, "people"), (.get, "sessions"), (.get, "keys"),
                (.get, "workspaces/default/members"), (.post, "people/\(ann.id)/reset"),
            ] {
                let answer = try await house.boss.send(method, path, method == .post ? [:] : nil)
                #expect(answer.status == 200, "\(path)")
                #expect(!answer.text.contains("scrypt$"), "\(path)")
                #expect(!answer.text.contains(House.password), "\(path)")
            }
            let stored = try await house.product.catalog.index.password(of: ann.id)
            #expect(stored?.hasPrefix("scrypt$16384$8$5$") ?? false)
        }
    }

    @Test func aCheaperHashIsMadeAnewWhenItsPasswordIsSeen() async throws {
        try await House.with { house in
            let ann = try await house.person("ann")
            let salt = [UInt8](repeating: 3, count: 16)
            let key = try #require(
                Scrypt.derive(
                    password: Array("an old password".utf8), salt: salt, cost: .init(n: 1024, r: 8, p: 1), length: 32))
            try await house.product.sql.query(
                "UPDATE people SET password = $2 WHERE id = $1::uuid",
                [ann.id, "scrypt$1024$8$1$\(Base64.encode(salt))$\(Base64.encode(key))"])
            #expect(try await house.browser().signIn("ann", "an old password").status == 200)
            let isNew = try await eventually {
                try await house.product.catalog.index.password(of: ann.id)?.hasPrefix("scrypt$16384$8$5$") ?? false
            }
            #expect(isNew)
            #expect(try await house.browser().signIn("ann", "an old password").status == 200)
        }
    }

    @Test func whereNobodySignsInTheAppSaysSo() async throws {
        try await RunningProduct.with([.account]) { product in
            let browser = Browser(product)
            #expect(try await browser.send(.get, "sign-in").json == ["ways": [], "needsFirst": false, "providers": []])
            let me = try await browser.send(.get, "me").json
            #expect(me["person"] == .null && me["administrator"] == true)
            #expect(me["workspaces"] == [["id": "default", "name": "First workspace", "role": "owner"]])
            #expect(try await browser.send(.get, "workspaces").json["workspaces"] == me["workspaces"])
            for (method, path) in [
                (HTTPMethod.post, "sign-in"), (.post, "refresh"), (.post, "sign-out"), (.get, "accept?token=x"),
                (.patch, "me"),
                (.get, "sessions"), (.post, "keys"), (.get, "people"), (.post, "workspaces"),
                (.patch, "workspaces/other"),
                (.get, "workspaces/default/members"), (.delete, "people/x"),
            ] {
                let answer = try await browser.send(method, path, method == .get ? nil : [:])
                #expect(answer.status == 409, "\(path)")
                #expect(answer.json["detail"] == "Nobody signs in here; APUS_SIGN_IN says so.")
            }
        }
    }
}
