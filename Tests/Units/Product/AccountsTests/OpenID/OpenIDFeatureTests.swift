import AccessControl
import Catalog
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// Signing in by an identity provider, over real sockets: who gets in.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct OpenIDFeatureTests {
    private static let done = "/#signed-in"
    private static let notAdmitted = "/#sign-in-problem=not_admitted"

    @Test func whoeverWasAddedIsLetInByTheAddressThatTheProviderHasVerified() async throws {
        try await ProviderHouse.with(["LABEL": "Example"]) { test in
            let ways = try await test.house.boss.send(.get, "sign-in").json
            #expect(ways["ways"] == ["local", "oidc"])
            #expect(ways["providers"] == [["id": "test", "label": "Example"]])
            let browser = test.house.browser()
            #expect(try await test.signIn(browser) == Self.notAdmitted)
            let link = try await test.add("Ann@Example.com")
            #expect(try await test.signIn(browser) == Self.done)
            let me = try await browser.send(.get, "me").json
            #expect(me["person"]?["login"] == "Ann@Example.com" && me["person"]?["hasPassword"] == false)
            #expect(me["workspace"]?["role"] == "reader" && me["administrator"] == false)
            #expect(browser.cookies["__Host-apus-attempt"] == nil)
            // Their invitation is no way in for somebody else any more.
            #expect(try await test.house.browser().send(.get, "accept?token=\(link)").status == 404)
            let people = try await test.house.boss.send(.get, "people").json["people"]?.array
            #expect(people?.last?["hasPassword"] == false && people?.last?["hasIdentity"] == true)
            // The session is one like others.
            #expect(try await browser.send(.post, "refresh").status == 204)
            #expect(try await browser.send(.get, "sessions").json["sessions"]?.array?.count == 1)
            // The provider was asked for what it says of itself once.
            #expect(test.provider.asked("/.well-known/openid-configuration") == 1 && test.provider.asked("/keys") == 1)
        }
    }

    @Test func theCookieComesBackFromAnotherSiteAndIsGoodForNothingElse() async throws {
        try await ProviderHouse.with { test in
            let browser = test.house.browser()
            let answer = try await browser.fetch(.get, "oidc/test/start", [:])
            #expect(answer.status == 303)
            let address = answer.fields["location"] ?? ""
            #expect(address.hasPrefix(test.provider.issuer + "/authorize?response_type=code&"))
            #expect(
                address.contains(
                    "redirect_uri=https%3A%2F%2Fdocs.example.com%2Fapi%2Faccount%2Foidc%2Ftest%2Fcallback&"))
            let line = answer.fields.values("set-cookie")
            #expect(line.count == 1 && line[0].hasPrefix("__Host-apus-attempt="))
            #expect(line[0].hasSuffix("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"))
            try await test.add("ann@example.com")
            let back = try test.provider.signIn(at: address)
            let end = try await browser.send(.get, "oidc/test/callback?code=\(back.code)&state=\(back.state)")
            let lines = end.fields.values("set-cookie")
            #expect(lines.count == 3 && lines.filter { $0.hasSuffix("SameSite=Strict") }.count == 2)
            #expect(end.fields["referrer-policy"] == "no-referrer")
        }
    }

    @Test func anAddressThatIsNotVerifiedIsNobodys() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            for word: JSONValue in [false, "false", .null, 0] {
                test.provider.behaviour.claims["email_verified"] = word
                #expect(try await test.signIn(test.house.browser()) == Self.notAdmitted)
            }
            test.provider.behaviour.claims["email_verified"] = "true"
            #expect(try await test.signIn(test.house.browser()) == Self.done)
        }
    }

    /// Addresses are given to others when somebody leaves.
    @Test func anAddressThatWasGivenToAnotherDoesNotLeadToWhoHadItBefore() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            #expect(try await test.signIn(test.house.browser()) == Self.done)
            test.provider.behaviour.claims["sub"] = "subject-2"
            #expect(try await test.signIn(test.house.browser()) == Self.notAdmitted)
            // And the first one stays who they are, whatever their address is now.
            test.provider.behaviour.claims["sub"] = "subject-1"
            test.provider.behaviour.claims["email"] = "ann@elsewhere.example"
            #expect(try await test.signIn(test.house.browser()) == Self.done)
        }
    }

    @Test func whoMayNotSignInAnyMoreStaysOut() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            let browser = test.house.browser()
            #expect(try await test.signIn(browser) == Self.done)
            let id = try await browser.send(.get, "me").json["person"]?["id"]?.string ?? ""
            #expect(try await test.house.boss.send(.patch, "people/\(id)", ["active": false]).status == 200)
            #expect(try await browser.send(.get, "me").status == 401)
            #expect(try await test.signIn(browser) == Self.notAdmitted)
            #expect(try await test.house.boss.send(.delete, "people/\(id)").status == 204)
            let left = try await test.house.product.sql.query("SELECT count(*) AS n FROM identities").first
            #expect(try left?.int("n") == 0)
            #expect(try await test.signIn(browser) == Self.notAdmitted)
        }
    }

    @Test func peopleAreMadeWhereThatIsWanted() async throws {
        try await ProviderHouse.with(["PEOPLE": "new", "REQUIRE": "hd=example.com", "LOGIN": "preferred_username"]) {
            test in
            let browser = test.house.browser()
            test.provider.behaviour.claims["preferred_username"] = "ann"
            #expect(try await test.signIn(browser) == "/#sign-in-problem=outside")
            test.provider.behaviour.claims["hd"] = "example.com"
            #expect(try await test.signIn(browser) == Self.done)
            let me = try await browser.send(.get, "me").json
            #expect(me["person"]?["login"] == "ann" && me["person"]?["name"] == "Ann")
            #expect(me["workspace"] == .null && me["workspaces"] == [] && me["administrator"] == false)
            // Somebody else's name is not theirs.
            test.provider.behaviour.claims["sub"] = "subject-2"
            #expect(try await test.signIn(test.house.browser()) == Self.notAdmitted)
        }
    }

    @Test func whoComesSeveralTimesSideBySideIsOnePerson() async throws {
        try await ProviderHouse.with(["PEOPLE": "new"]) { test in
            let places = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<6 { group.addTask { try await test.signIn(test.house.browser()) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(places == [Self.done])
            let people = try await test.house.product.sql.query("SELECT count(*) AS n FROM people").first
            #expect(try people?.int("n") == 2)
        }
    }

    @Test func aBackupHasHowProvidersKnowPeople() async throws {
        try await ProviderHouse.with(["PEOPLE": "new"]) { test in
            let place = try await test.signIn(test.house.browser())
            #expect(place == Self.done)
            let rows = try await test.house.product.catalog.index.snapshot().rows(of: "identities")
            #expect(rows.count == 1 && rows.first?["subject"] == "subject-1")
            #expect(rows.first?["issuer"] == .string(test.provider.issuer))
        }
    }

    @Test func anInvitationIsAcceptedByAnyAccountAtTheProvider() async throws {
        try await ProviderHouse.with { test in
            let link = try await test.add("somebody")
            test.provider.behaviour.claims["email_verified"] = false
            let browser = test.house.browser()
            #expect(try await test.signIn(browser, link: link) == Self.done)
            #expect(try await browser.send(.get, "me").json["person"]?["login"] == "somebody")
            // Once.
            let answer = try await browser.fetch(
                .get, "oidc/test/start", ["Accept": "application/json", "x-apus-link": link])
            #expect(answer.status == 404)
            // An account is one person's.
            let other = try await test.add("another")
            #expect(try await test.signIn(test.house.browser(), link: other) == "/#sign-in-problem=taken")
        }
    }

    @Test func aResetTakesThePlaceOfThePassword() async throws {
        try await ProviderHouse.with { test in
            let (id, browser) = try await test.house.person("ann")
            let reset = try await test.house.boss.send(.post, "people/\(id)/reset")
            let link = try House.token(of: reset.json["link"])
            let other = test.house.browser()
            #expect(try await test.signIn(other, link: link) == Self.done)
            #expect(try await browser.send(.get, "me").status == 401)
            #expect(try await test.house.browser().signIn("ann", House.password).status == 401)
            #expect(try await other.send(.get, "me").json["person"]?["id"] == .string(id))
        }
    }

    @Test func theFirstAdministratorIsTheNamedOneOrHasTheLink() async throws {
        let provider = try ScriptedProvider()
        let settings = House.settings.merging([
            "APUS_SIGN_IN": "oidc", "APUS_OIDC_TEST_ISSUER": provider.issuer,
            "APUS_OIDC_TEST_CLIENT_ID": ScriptedProvider.clientID,
            "APUS_OIDC_TEST_CLIENT_SECRET": ScriptedProvider.secret, "APUS_OIDC_TEST_PEOPLE": "new",
            "APUS_OIDC_TEST_ADMINISTRATOR": "Ann@example.com",
        ]) { $1 }
        for byLink in [false, true] {
            try await RunningProduct.with([.account], settings: settings) { product in
                let test = ProviderHouse(house: House(product: product, boss: Browser(product)), provider: provider)
                let browser = test.house.browser()
                // Nobody else comes before them, new people included.
                provider.behaviour.claims["email"] = "eve@example.com"
                #expect(try await test.signIn(browser) == Self.notAdmitted)
                if byLink {
                    let link = try await test.house.firstToken()
                    #expect(try await test.signIn(browser, link: link) == Self.done)
                } else {
                    provider.behaviour.claims["email"] = "ann@example.com"
                    #expect(try await test.signIn(browser) == Self.done)
                }
                let me = try await browser.send(.get, "me").json
                #expect(me["administrator"] == true && me["workspace"]?["role"] == "owner")
                #expect(me["person"]?["login"] == .string(byLink ? "eve@example.com" : "ann@example.com"))
                // The last one stays.
                let id = me["person"]?["id"]?.string ?? ""
                #expect(try await browser.send(.patch, "people/\(id)", ["active": false]).status == 409)
                // Nobody signs in by a password here.
                #expect(try await test.house.browser().signIn("x", "y").status == 409)
                #expect(try await product.catalog.index.offerFirstLink { _ in "another" } == nil)
            }
        }
        await provider.shutDown()
    }

    @Test func groupsDecideAboutTheWorkspacesThatTheTableNames() async throws {
        let table = "staff=default:reader,leads=default:owner,team=other:editor,x=missing:owner"
        try await ProviderHouse.with(["ROLES": table, "ROLES_CLAIM": "realm_access.roles"]) { test in
            for id in ["other", "third"] {
                let made = try await test.house.boss.send(
                    .post, "workspaces", ["id": .string(id), "name": .string(id)])
                #expect(made.status == 201)
            }
            try await test.add("ann@example.com", "editor")
            func roles(_ groups: JSONValue) async throws -> [String: String] {
                test.provider.behaviour.claims["realm_access"] = ["roles": groups]
                let browser = test.house.browser()
                #expect(try await test.signIn(browser) == Self.done)
                let list = try await browser.send(.get, "me").json["workspaces"]?.array ?? []
                let pairs = list.map { ($0["id"]?.string ?? "", $0["role"]?.string ?? "") }
                return Dictionary(pairs) { first, _ in first }
            }
            #expect(try await roles(["staff", "leads", "team", "x"]) == ["default": "owner", "other": "editor"])
            #expect(try await roles(["staff"]) == ["default": "reader"])
            #expect(try await roles("team") == ["other": "editor"])
            #expect(try await roles([]) == [:])
            // What the table does not name is not touched.
            let id = try await test.house.product.sql.query("SELECT person_id FROM identities").first?.string(
                "person_id")
            let put = try await test.house.boss.send(
                .put, "workspaces/third/members/\(id ?? "")", ["role": "reader"])
            #expect(put.status == 200)
            #expect(try await roles(["leads"]) == ["default": "owner", "third": "reader"])
            // Groups that were left out change nothing, and nobody gets in by that.
            test.provider.behaviour.claims["realm_access"] = .null
            test.provider.behaviour.claims["_claim_names"] = ["realm_access": "src1"]
            #expect(try await test.signIn(test.house.browser()) == "/#sign-in-problem=groups")
        }
    }

    /// Providers need not put everything into the token.
    @Test func whatTheTokenLacksTheProviderIsAskedFor() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            test.provider.behaviour.claims = [:]
            test.provider.behaviour.userInfo = [
                "sub": "somebody-else", "email": "ann@example.com", "email_verified": true,
            ]
            #expect(try await test.signIn(test.house.browser()) == "/#sign-in-problem=invalid")
            test.provider.behaviour.userInfo = [
                "sub": "subject-1", "email": "ann@example.com", "email_verified": true,
            ]
            #expect(try await test.signIn(test.house.browser()) == Self.done)
            // The word about one address is not one about another.
            test.provider.behaviour.claims = ["sub": "subject-2", "email": "boss"]
            test.provider.behaviour.userInfo = [
                "sub": "subject-2", "email": "other@example.com", "email_verified": true,
            ]
            #expect(try await test.signIn(test.house.browser()) == Self.notAdmitted)
        }
    }

    @Test func signingOutLeadsToTheProvider() async throws {
        try await ProviderHouse.with { test in
            try await test.add("ann@example.com")
            for cookie in ["__Host-apus-token", "__Secure-apus-refresh"] {
                let browser = test.house.browser()
                #expect(try await test.signIn(browser) == Self.done)
                let cookies = browser.cookies
                browser.cookies = cookies.filter { $0.key != cookie }
                let answer = try await browser.send(.post, "sign-out")
                #expect(answer.status == 200)
                let address = answer.json["signOutAt"]?.string ?? ""
                #expect(address.hasPrefix(test.provider.issuer + "/logout?ui=plain&client_id=apus-test&"))
                #expect(address.contains("post_logout_redirect_uri=https%3A%2F%2Fdocs.example.com%2F&id_token_hint=ey"))
                browser.cookies = cookies
                #expect(try await browser.send(.get, "me").status == 401)
            }
            // Whoever came by a password signs out here alone, and so does everybody where the provider is gone.
            #expect(try await test.house.boss.send(.post, "sign-out").status == 204)
        }
    }

    @Test func itIsWrittenDownWhoCameByWhatAndWhoDidNot() async throws {
        try await ProviderHouse.with { test in
            #expect(try await test.signIn(test.house.browser()) == Self.notAdmitted)
            try await test.add("ann@example.com")
            #expect(try await test.signIn(test.house.browser()) == Self.done)
            let written = try await eventually {
                let rows = try await test.house.product.sql.query(
                    "SELECT object, status, person_id IS NULL AS nobody FROM audit WHERE action LIKE '%callback%'")
                let found = try rows.map {
                    "\(try $0.string("object")) \(try $0.int("status")) \(try $0.bool("nobody"))"
                }
                return Set(found) == [
                    "provider=test reason=not_admitted 401 true", "provider=test way=name 303 false",
                ]
            }
            #expect(written)
        }
    }
}
