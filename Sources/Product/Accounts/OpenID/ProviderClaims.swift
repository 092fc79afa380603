import Catalog
import JSONCoding

/// What a verified token and the provider's further word say of somebody, read by the provider's settings.
struct ProviderClaims: Sendable {
    private static let mostGroups = 2000
    private static let longestGroup = 400
    private static let nameLength = 200

    let settings: ProviderSettings
    /// The token's own win.
    let token: JSONValue
    let more: JSONValue?

    var subject: String { token["sub"]?.string ?? "" }

    /// Whether the provider is asked for more: the token need not have all (OpenID Connect Core 1.0, section 5.4).
    var lacksSomething: Bool {
        if login == nil { return true }
        if !settings.rules.rules.isEmpty, value(Self.path(settings.rolesClaim)) == nil { return true }
        return settings.required.contains { value(Self.path($0.claim)) == nil }
    }

    /// A claim; a name with dots that is none itself leads into objects, as `realm_access.roles`.
    private func value(_ path: [String]) -> JSONValue? {
        for claims in [token, more].compactMap({ $0 }) {
            if let value = claims[path.joined(separator: ".")], !value.isNull { return value }
            var place: JSONValue? = claims
            for name in path { place = place?[name] }
            if let place, !place.isNull { return place }
        }
        return nil
    }

    private static func path(_ claim: String) -> [String] { claim.split(separator: ".").map(String.init) }

    /// The name that the provider vouches for. An address of e-mail is one only where it says that it has verified it: others
    /// write into theirs what they like. The word has to come with the address.
    var login: LoginName? {
        guard settings.loginClaim == "email" else {
            return value(Self.path(settings.loginClaim))?.string.flatMap(LoginName.init)
        }
        for claims in [token, more].compactMap({ $0 }) {
            guard let text = claims["email"]?.string else { continue }
            return Self.isTrue(claims["email_verified"]) || Self.isTrue(claims["xms_edov"]) ? LoginName(text) : nil
        }
        return nil
    }

    /// Some providers write texts or numbers for truth.
    private static func isTrue(_ value: JSONValue?) -> Bool {
        value?.bool == true || value?.string == "true" || value?.string == "1" || value?.int == 1
    }

    /// What the first administrator signs in with where the provider vouches for no name.
    var spareLogin: LoginName? {
        for claim in ["preferred_username", "email"] {
            if let login = value([claim])?.string.flatMap(LoginName.init) { return login }
        }
        return LoginName(subject)
    }

    /// What somebody new is called.
    var name: String {
        let given = value(["name"])?.string.flatMap(LoginName.init)?.text ?? login?.text ?? spareLogin?.text ?? subject
        return String(String.UnicodeScalarView(given.unicodeScalars.prefix(Self.nameLength)))
    }

    /// Refuses whoever the settings do not mean.
    func requireAll() throws(OpenIDFailure) {
        for (claim, wanted) in settings.required {
            let value = value(Self.path(claim))
            let texts = (value?.array ?? value.map { [$0] } ?? []).map { $0.string ?? $0.text }
            guard texts.contains(wanted) else {
                throw OpenIDFailure(.outside, "the claim \(claim) is not what the settings ask for")
            }
        }
    }

    /// What they are to be in the workspaces that the provider's groups decide about.
    func roles() throws(OpenIDFailure) -> [String: String?] {
        guard !settings.rules.rules.isEmpty else { return [:] }
        let path = Self.path(settings.rolesClaim)
        let found = value(path)
        // Entra ID names them elsewhere where there are more than it puts into a token. Nobody loses or keeps a role by that.
        if found == nil, let first = path.first, [token, more].contains(where: { $0?["_claim_names"]?[first] != nil }) {
            throw OpenIDFailure(
                .groups, "the provider left out the claim \(settings.rolesClaim): there are too many groups")
        }
        let values = found?.array ?? found.map { [$0] } ?? []
        guard values.count <= Self.mostGroups else {
            throw OpenIDFailure(.groups, "the claim \(settings.rolesClaim) has more than \(Self.mostGroups) values")
        }
        let texts = values.compactMap(\.string).filter { $0.utf8.count <= Self.longestGroup }
        return settings.rules.roles(of: Set(texts))
    }

    /// All of it, for whoever finds out who they are.
    func claim(link: String?) throws(OpenIDFailure) -> IdentityClaim {
        try requireAll()
        let isFirst = settings.administrator.map { $0.key == login?.key } ?? false
        return IdentityClaim(
            identity: Identity(issuer: settings.issuer, subject: subject), login: login, name: name,
            spareLogin: spareLogin, link: link, makesPeople: settings.makesPeople, isFirstAdministrator: isFirst,
            roles: try roles())
    }
}
