/// How people sign in here: `APUS_SIGN_IN`.
public struct SignInWays: Sendable, Equatable {
    /// One way.
    public enum Way: String, Sendable, CaseIterable {
        /// By a name and a password that are kept here.
        case local
        /// By an identity provider (OpenID Connect).
        case oidc
    }

    /// Those that are on; none where nobody signs in.
    public let ways: [Way]

    /// Nobody signs in.
    public static let none = SignInWays(ways: [])

    /// Those ways, for tests.
    package init(ways: [Way]) { self.ways = ways }

    /// The setting.
    public static let setting = "APUS_SIGN_IN"

    /// Reads the setting; without it nobody signs in.
    public init(_ settings: inout SettingsReader) {
        let name = Self.setting
        let words = (settings.optional(name) ?? "none").split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        if words == ["none"] {
            self = .none
            return
        }
        var ways: [Way] = []
        for word in words {
            if let way = Way(rawValue: word) {
                if !ways.contains(way) { ways.append(way) }
            } else if word == "none" {
                settings.add(name, "has none beside another way in; none goes alone")
            } else {
                settings.add(name, "has a way that is none of none, local, oidc")
            }
        }
        self.ways = ways
    }

    /// Whether a way is on.
    public func has(_ way: Way) -> Bool { ways.contains(way) }

    /// Whether nobody signs in.
    public var isNone: Bool { ways.isEmpty }
}
