/// Somebody as an identity provider knows them (OpenID Connect Core 1.0, section 5.7: issuer and subject together, and nothing
/// else of a token, are one person's for good).
public struct Identity: Sendable, Equatable {
    public let issuer: String
    public let subject: String

    /// Names both.
    public init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

/// What is known of somebody whom an identity provider has signed in.
public struct IdentityClaim: Sendable {
    public let identity: Identity
    /// The name that the provider vouches for; `nil` where it vouches for none.
    public let login: LoginName?
    /// What somebody new is called, and signs in with where they have no such name.
    public let name: String
    public let spareLogin: LoginName?
    /// SHA-256 of the token of a link that they have opened before.
    public let link: String?
    /// Whether people are made of whom nobody has heard.
    public let makesPeople: Bool
    /// Whether they are the first administrator where nobody has an account.
    public let isFirstAdministrator: Bool
    /// What they are to be in the workspaces that the provider's groups decide about; `nil` for nothing.
    public let roles: [String: String?]

    /// Collects it.
    public init(
        identity: Identity, login: LoginName?, name: String, spareLogin: LoginName?, link: String?, makesPeople: Bool,
        isFirstAdministrator: Bool, roles: [String: String?]
    ) {
        self.identity = identity
        self.login = login
        self.name = name
        self.spareLogin = spareLogin
        self.link = link
        self.makesPeople = makesPeople
        self.isFirstAdministrator = isFirstAdministrator
        self.roles = roles
    }
}

/// What becomes of somebody whom an identity provider has signed in.
public enum Admission: Sendable, Equatable {
    /// How they are known.
    public enum Way: String, Sendable {
        /// From before.
        case known
        /// By the name that the provider vouches for, for the first time.
        case name
        /// By a link.
        case link
        /// They were nobody before.
        case new
        /// They are the first administrator.
        case first
    }

    /// Why not.
    public enum Refusal: String, Sendable {
        /// Nobody has added them, or they may not sign in any more, or the name is another's by now.
        case notAdmitted
        /// The link does not count.
        case link
        /// The identity is another person's already.
        case taken
    }

    case admitted(person: String, by: Way)
    case refused(Refusal)
}
