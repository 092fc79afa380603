import Catalog
import Settings
import TextSearch

/// An identity provider by which people sign in: `APUS_OIDC_<NAME>_ISSUER` and what belongs to it.
struct ProviderSettings: Sendable {
    /// In addresses, and as the page knows it: the name in lower case.
    let id: String
    /// What people read on its button.
    let label: String
    let issuer: String
    let clientID: String
    let clientSecret: Secret
    let scopes: String
    /// Whether people are made of whom nobody has heard.
    let makesPeople: Bool
    /// The claim that is the name with which somebody was added.
    let loginClaim: String
    /// What a token has to say of everybody.
    let required: [(claim: String, value: String)]
    /// Who is the first administrator.
    let administrator: LoginName?
    /// The claim with the groups, and what they mean.
    let rolesClaim: String
    let rules: RoleRules

    private static let prefix = "APUS_OIDC_"
    private static let secretEnding = "_CLIENT_SECRET"
    private static let most = 10
    private static let longestName = 20
    private static let google = "https://accounts.google.com"

    /// What may stand behind a name.
    private enum Part: String, CaseIterable {
        case issuer = "ISSUER"
        case clientID = "CLIENT_ID"
        case clientSecret = "CLIENT_SECRET"
        case label = "LABEL"
        case scopes = "SCOPES"
        case people = "PEOPLE"
        case login = "LOGIN"
        case require = "REQUIRE"
        case administrator = "ADMINISTRATOR"
        case rolesClaim = "ROLES_CLAIM"
        case roles = "ROLES"
    }

    /// Names of the secrets, which may lie in a vault.
    static func secretNames(_ environment: [String: String]) -> [String] {
        let ending = "_" + Part.issuer.rawValue
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix(prefix), name.hasSuffix(ending) else { return nil }
            return name.dropLast(ending.count) + secretEnding
        }
    }

    /// Reads all providers where `APUS_SIGN_IN` has `oidc`; what is wrong with them is added to the problems.
    ///
    /// - Parameter page: Where people reach the page, to which providers send them back.
    static func all(_ settings: inout SettingsReader, page: String) -> [ProviderSettings] {
        // What is wrong with the ways is said by whoever signs people in.
        var own = settings
        guard SignInWays(&own).has(.oidc) else { return [] }
        if page.isEmpty {
            settings.add("APUS_PAGE_URL", "is not set; identity providers send people back to it")
        } else if let fault = ProviderAddress.fault(of: page) {
            settings.add("APUS_PAGE_URL", fault)
        }
        let providers = named(&settings)
        if providers.isEmpty, settings.names(beginningWith: prefix).isEmpty {
            settings.add(
                SignInWays.setting,
                "has oidc, and no identity provider is named: set APUS_OIDC_<NAME>_ISSUER, "
                    + "APUS_OIDC_<NAME>_CLIENT_ID and APUS_OIDC_<NAME>_CLIENT_SECRET")
        }
        return providers
    }

    private static func named(_ settings: inout SettingsReader) -> [ProviderSettings] {
        var names: [String] = []
        for name in settings.names(beginningWith: prefix) {
            let rest = name.dropFirst(prefix.count)
            let provider = String(rest.prefix { $0 != "_" })
            guard isName(provider), Part(rawValue: String(rest.dropFirst(provider.count + 1))) != nil else {
                settings.add(
                    name,
                    "is none of the settings of an identity provider: APUS_OIDC_<NAME>_ and one of "
                        + "\(Part.allCases.map(\.rawValue).joined(separator: ", ")), the name of 1 to \(longestName) capital "
                        + "letters and digits")
                continue
            }
            if !names.contains(provider) { names.append(provider) }
        }
        guard names.count <= most else {
            settings.add(SignInWays.setting, "has more than \(most) identity providers beside it; leave some out")
            return []
        }
        let providers = names.compactMap { ProviderSettings($0, &settings) }
        for (index, provider) in providers.enumerated()
        where providers[..<index].contains(where: { $0.issuer == provider.issuer }) {
            settings.add(
                prefix + provider.id.uppercased() + "_ISSUER", "is the issuer of another provider, too; use one of both"
            )
        }
        return providers
    }

    private static func isName(_ text: String) -> Bool {
        (1...longestName).contains(text.utf8.count)
            && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) }
    }

    private init?(_ name: String, _ settings: inout SettingsReader) {
        func full(_ part: Part) -> String { Self.prefix + name + "_" + part.rawValue }
        id = name.lowercased()
        issuer = settings.required(full(.issuer), "the provider's issuer, such as https://login.example.com")
        clientID = settings.required(full(.clientID), "what the provider calls this installation")
        let secret = settings.required(
            full(.clientSecret), "the secret that the provider has given out for the client id")
        clientSecret = Secret(secret)
        label = settings.optional(full(.label)) ?? String(name.prefix(1)) + name.dropFirst().lowercased()
        scopes = settings.optional(full(.scopes)) ?? "openid email profile"
        let people = settings.optional(full(.people)) ?? "added"
        makesPeople = people == "new"
        loginClaim = settings.optional(full(.login)) ?? "email"
        let required = Self.required(settings.optional(full(.require)) ?? "")
        self.required = required ?? []
        let first = settings.optional(full(.administrator))
        administrator = first.flatMap(LoginName.init)
        rolesClaim = settings.optional(full(.rolesClaim)) ?? "groups"
        var fault = ""
        let table = settings.optional(full(.roles))
        let rules = table.map { RoleRules($0, fault: &fault) } ?? RoleRules.none
        self.rules = rules ?? .none

        if !issuer.isEmpty, let fault = ProviderAddress.fault(of: issuer) ?? Self.fault(ofIssuer: issuer) {
            settings.add(full(.issuer), fault)
        }
        if !Self.isShown(label, 60) { settings.add(full(.label), "is not 1 to 60 characters that can be seen") }
        if !clientID.isEmpty, !Self.isPlain(clientID, 300) {
            settings.add(full(.clientID), "is not at most 300 characters of ASCII without spaces")
        }
        if secret.utf8.count > 1000 { settings.add(full(.clientSecret), "is longer than 1000 bytes") }
        if !scopes.split(separator: " ").contains("openid") || scopes.utf8.count > 500
            || !scopes.utf8.allSatisfy({ (32...126).contains($0) })
        {
            settings.add(full(.scopes), "is not a list of scopes, separated by spaces, that has openid among them")
        }
        if people != "new", people != "added" { settings.add(full(.people), "is neither added nor new") }
        for (part, claim) in [(Part.login, loginClaim), (.rolesClaim, rolesClaim)] where !Self.isPlain(claim, 200) {
            settings.add(full(part), "is not the name of a claim: at most 200 characters of ASCII without spaces")
        }
        if required == nil {
            settings.add(full(.require), "is not a list claim=value, separated by commas, of at most 20")
        }
        if first != nil, administrator == nil {
            settings.add(full(.administrator), "is not what somebody can sign in with")
        }
        if rules == nil { settings.add(full(.roles), fault) }
        if issuer == Self.google, makesPeople, required?.isEmpty ?? true {
            settings.add(
                full(.require),
                "is not set, and whoever has an account at Google would get one here: name your domain, such as "
                    + "hd=example.com, or leave out \(full(.people))")
        }
    }

    /// An issuer has no query (OpenID Connect Discovery 1.0, section 3). One that stands for every tenant is none.
    private static func fault(ofIssuer text: String) -> String? {
        if text.contains("?") { return "has a query; an issuer is scheme, host and path alone" }
        let tenants = ["common", "organizations", "consumers"]
        if text.hasPrefix("https://login.microsoftonline.com/"), tenants.contains(where: { text.contains("/\($0)/") }) {
            return
                "is the one for accounts of all organisations, who would all be let in; put your tenant's id in its place"
        }
        return nil
    }

    private static func required(_ text: String) -> [(claim: String, value: String)]? {
        let parts = text.split(separator: ",")
        guard parts.count <= 20 else { return nil }
        var list: [(String, String)] = []
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.filter { $0 != " " } }
            guard pair.count == 2, isPlain(pair[0], 200), (1...200).contains(pair[1].utf8.count) else { return nil }
            list.append((pair[0], pair[1]))
        }
        return list
    }

    private static func isPlain(_ text: String, _ longest: Int) -> Bool {
        (1...longest).contains(text.utf8.count) && text.utf8.allSatisfy { (33...126).contains($0) }
    }

    private static func isShown(_ text: String, _ longest: Int) -> Bool {
        (1...longest).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy {
                ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            } && text.contains { !$0.isWhitespace }
    }
}
