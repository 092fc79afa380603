import FoundationEssentials
import HTTPClient
import Testing

@testable import ProductStack

/// A page that others reach needs a way to sign in, or a word that it is meant to be open.
struct OpenPageTests {
    private func refusal(_ address: String, _ environment: [String: String]) -> String? {
        do {
            try OpenPage.check(address: address, environment: environment)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.7", "10.0.0.1", "127", "localhost", "128.0.0.1"])
    func aPageForOthersIsRefusedWithTheRemedies(address: String) {
        for environment in [[:], ["APUS_SIGN_IN": ""], ["APUS_SIGN_IN": "none"], ["APUS_SIGN_IN": " none "]] {
            let reason = refusal(address, environment)
            #expect(reason?.contains(address) == true)
            #expect(reason?.contains("APUS_SIGN_IN=local") == true && reason?.contains("APUS_OPEN=yes") == true)
        }
        #expect(refusal(address, ["APUS_OPEN": "1"]) != nil, "only the whole word opens")
    }

    @Test func whereSomebodySignsInOrItIsMeantThePageMayListenAnywhere() {
        for environment in [
            ["APUS_SIGN_IN": "local"], ["APUS_SIGN_IN": " local "], ["APUS_SIGN_IN": "oidc"], ["APUS_OPEN": "yes"],
        ] {
            #expect(refusal("0.0.0.0", environment) == nil)
        }
    }

    @Test(arguments: ["ldap", "NONE", "local,ldap", "none,local", "none,oidc", "none,", "local,"])
    func aWayThatIsNoneIsSaidBeforeAnythingStarts(ways: String) {
        #expect(refusal("127.0.0.1", ["APUS_SIGN_IN": ways])?.hasPrefix("APUS_SIGN_IN ") == true)
    }

    @Test(arguments: ["127.0.0.1", "127.9.8.7"]) func thisMachinesOwnUserNeedsNoPassword(address: String) {
        #expect(refusal(address, [:]) == nil)
    }

    @Test func nothingIsMadeForAStackThatIsRefused() async throws {
        try await FakeLayout.with { fake in
            var configuration = StackSupervisor.Configuration(
                dataDirectory: fake.root + "/data", ports: StackPorts(page: 8080, base: nil),
                environment: ["APUS_DATABASE_URL": "host=/nonexistent"])
            configuration.pageAddress = "0.0.0.0"
            let given = configuration
            func supervisor(_ configuration: StackSupervisor.Configuration) throws {
                _ = try StackSupervisor(
                    configuration, layout: try fake.layout, printer: LogPrinter(showsRequests: false) { _ in },
                    client: HTTPSession())
            }
            #expect(throws: StackError.self) { try supervisor(given) }
            #expect(!fake.exists("data"))
            // Without a page nobody reaches anything.
            configuration.onlyData = true
            try supervisor(configuration)
            #expect(fake.exists("data"))
        }
    }
}
