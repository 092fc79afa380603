import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// The account app with people who sign in by an identity provider.
struct ProviderHouse {
    let house: House
    let provider: ScriptedProvider

    /// Runs a test with a provider named `test`, and a first administrator who has a password.
    ///
    /// - Parameter settings: By what stands behind `APUS_OIDC_TEST_`, and whole names.
    static func with(
        _ settings: [String: String] = [:], others: [String: String] = [:],
        _ body: (ProviderHouse) async throws -> Void
    ) async throws {
        let provider = try ScriptedProvider()
        do {
            var all = [
                "APUS_SIGN_IN": "local,oidc", "APUS_OIDC_TEST_ISSUER": provider.issuer,
                "APUS_OIDC_TEST_CLIENT_ID": ScriptedProvider.clientID,
                "APUS_OIDC_TEST_CLIENT_SECRET": ScriptedProvider.secret,
            ]
            for (name, value) in settings { all["APUS_OIDC_TEST_" + name] = value }
            all.merge(others) { $1 }
            try await House.with(settings: all) {
                try await body(ProviderHouse(house: $0, provider: provider))
            }
        } catch {
            await provider.shutDown()
            throw error
        }
        await provider.shutDown()
    }

    /// Goes to the provider from a browser; returns what it is sent back with.
    func begin(_ browser: Browser, link: String? = nil) async throws -> (code: String, state: String) {
        try provider.signIn(at: try await address(browser, link: link))
    }

    /// Where a browser is sent to.
    func address(_ browser: Browser, link: String? = nil) async throws -> String {
        var fields: HTTPFields = ["Accept": "application/json"]
        if let link { fields["x-apus-link"] = link }
        let answer = try await browser.fetch(.get, "oidc/test/start", fields)
        guard let address = answer.json["address"]?.string else { throw TestFailure("no address: \(answer.text)") }
        return address
    }

    /// Comes back from the provider; returns where the browser is led then.
    func come(_ browser: Browser, _ back: (code: String, state: String), _ more: String = "") async throws -> String {
        let answer = try await browser.send(.get, "oidc/test/callback?code=\(back.code)&state=\(back.state)\(more)")
        #expect(answer.status == 303, "\(answer.text)")
        #expect(answer.fields["cache-control"] == "no-store")
        return answer.fields["location"] ?? ""
    }

    /// Signs in by the provider, from beginning to end; returns where the browser is led.
    func signIn(_ browser: Browser, link: String? = nil) async throws -> String {
        try await come(browser, try await begin(browser, link: link))
    }

    /// Adds somebody; returns the token of their link.
    @discardableResult
    func add(_ login: String, _ role: String? = "reader") async throws -> String {
        let places: [JSONValue] = role.map { [["id": "default", "role": .string($0)]] } ?? []
        let added = try await house.boss.send(
            .post, "people", ["login": .string(login), "workspaces": .array(places)])
        #expect(added.status == 201, "\(added.text)")
        return try House.token(of: added.json["link"])
    }
}
