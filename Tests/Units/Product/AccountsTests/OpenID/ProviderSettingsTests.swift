import Settings
import Testing

@testable import Accounts

/// How identity providers are named.
@Suite struct ProviderSettingsTests {
    private let right = [
        "APUS_SIGN_IN": "oidc", "APUS_OIDC_ENTRA_ISSUER": "https://login.example.com/t/v2.0",
        "APUS_OIDC_ENTRA_CLIENT_ID": "id", "APUS_OIDC_ENTRA_CLIENT_SECRET": "the-secret",
    ]

    private func read(
        _ more: [String: String], page: String = "https://docs.example.com"
    ) -> (providers: [ProviderSettings], problems: [String]) {
        var settings = SettingsReader(right.merging(more) { $1 }.filter { $0.value != "-" })
        let providers = ProviderSettings.all(&settings, page: page)
        do { try settings.finish() } catch { return (providers, error.problems) }
        return (providers, [])
    }

    @Test func whatIsNotSaidIsSafe() throws {
        let (providers, problems) = read([:])
        #expect(problems.isEmpty)
        let provider = try #require(providers.first)
        #expect(provider.id == "entra" && provider.label == "Entra" && provider.scopes == "openid email profile")
        #expect(!provider.makesPeople && provider.loginClaim == "email" && provider.administrator == nil)
        #expect(provider.rules == .none && provider.required.isEmpty)
        #expect("\(provider)".contains("the-secret") == false)
    }

    @Test func nothingIsReadWhereNobodySignsInSo() {
        let (providers, problems) = read(["APUS_SIGN_IN": "local", "APUS_OIDC_ENTRA_ISSUER": "nonsense"], page: "")
        #expect(providers.isEmpty && problems.isEmpty)
    }

    @Test func everythingThatIsWrongIsSaidAtOnce() {
        let (_, problems) = read(
            [
                "APUS_OIDC_ENTRA_ISSUER": "http://login.example.com", "APUS_OIDC_ENTRA_CLIENT_SECRET": "-",
                "APUS_OIDC_ENTRA_PEOPLE": "all", "APUS_OIDC_ENTRA_SCOPES": "email", "APUS_OIDC_ENTRA_ROLES": "a=b",
                "APUS_OIDC_ENTRA_COLOUR": "red", "APUS_OIDC_ENTRA_REQUIRE": "x",
                "APUS_OIDC_ENTRA_ADMINISTRATOR": "\u{7}",
                "APUS_OIDC_ENTRA_LABEL": " ", "APUS_OIDC_ENTRA_LOGIN": "a b",
            ], page: "")
        for name in [
            "ISSUER", "CLIENT_SECRET", "PEOPLE", "SCOPES", "ROLES", "COLOUR", "REQUIRE", "ADMINISTRATOR", "LABEL",
            "LOGIN",
        ] {
            #expect(problems.contains { $0.hasPrefix("APUS_OIDC_ENTRA_\(name) ") }, "\(name): \(problems)")
        }
        #expect(problems.contains { $0.hasPrefix("APUS_PAGE_URL ") })
        #expect(!problems.contains { $0.contains("the-secret") })
    }

    @Test func aWayWithoutProvidersIsNone() {
        var settings = SettingsReader(["APUS_SIGN_IN": "oidc"])
        #expect(ProviderSettings.all(&settings, page: "https://x.example").isEmpty)
        #expect(throws: SettingsError.self) { try settings.finish() }
    }

    @Test(arguments: [
        "https://", "login.example.com", "http://login.example.com", "https://user@login.example.com", "https://a b",
        "https://login.example.com?x=1", "https://login.example.com#x", "ftp://login.example.com",
        "https://login.microsoftonline.com/common/v2.0", "https://login.example.com\\@evil.example",
        "http://127.0.0.1.example.com", "http://localhost.example.com",
    ])
    func addressesThatAreNotSafeAreRefused(issuer: String) {
        #expect(read(["APUS_OIDC_ENTRA_ISSUER": issuer]).problems.count == 1, "\(issuer)")
    }

    @Test(arguments: [
        "http://127.0.0.1:9400", "http://localhost:1", "http://[::1]:80/x", "https://a.example/", "https://a.b:8443/c",
    ])
    func addressesThatAreSafeAreTaken(issuer: String) {
        #expect(read(["APUS_OIDC_ENTRA_ISSUER": issuer]).problems.isEmpty, "\(issuer)")
    }

    @Test func thereMayBeSeveral() {
        let more = [
            "APUS_OIDC_GOOGLE_ISSUER": "https://accounts.google.com", "APUS_OIDC_GOOGLE_CLIENT_ID": "g",
            "APUS_OIDC_GOOGLE_CLIENT_SECRET": "s", "APUS_OIDC_GOOGLE_LABEL": "Google (Example Ltd)",
        ]
        let (providers, problems) = read(more)
        #expect(problems.isEmpty)
        #expect(providers.map(\.id) == ["entra", "google"])
        #expect(providers.last?.label == "Google (Example Ltd)")
        #expect(
            ProviderSettings.secretNames(right.merging(more) { $1 })
                == ["APUS_OIDC_ENTRA_CLIENT_SECRET", "APUS_OIDC_GOOGLE_CLIENT_SECRET"])
        var same = more
        same["APUS_OIDC_GOOGLE_ISSUER"] = right["APUS_OIDC_ENTRA_ISSUER"]
        #expect(read(same).problems.count == 1)
        // Everybody in the world would be let in.
        let open = read(more.merging(["APUS_OIDC_GOOGLE_PEOPLE": "new"]) { $1 })
        #expect(open.problems.first?.contains("hd=example.com") == true)
        let closed = ["APUS_OIDC_GOOGLE_PEOPLE": "new", "APUS_OIDC_GOOGLE_REQUIRE": "hd=example.com"]
        #expect(read(more.merging(closed) { $1 }).problems.isEmpty)
    }

    @Test func rulesGiveTheHighestRole() throws {
        var fault = ""
        let rules = try #require(
            RoleRules("a=default:reader, b = default:owner,/Teams/x=y=team-1:editor", fault: &fault))
        #expect(rules.roles(of: ["a", "b"]) == ["default": "owner", "team-1": nil])
        #expect(rules.roles(of: ["/Teams/x=y"]) == ["default": nil, "team-1": "editor"])
        #expect(rules.roles(of: []) == ["default": nil, "team-1": nil])
        for wrong in [
            "", "a", "a=default", "=default:reader", "a=default:boss", "a=D:reader", "a=default:reader,",
            "a=default:reader:x",
        ] {
            #expect(RoleRules(wrong, fault: &fault) == nil, "\(wrong)")
            #expect(fault.contains("value=workspace:role"))
        }
        let many = [String](repeating: "a=default:reader", count: 101).joined(separator: ",")
        #expect(RoleRules(many, fault: &fault) == nil)
    }
}
