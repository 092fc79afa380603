import HTTPMessages
public import Settings

/// The names under which a server may be asked.
///
/// A page of another web site can have its own name lead to this machine (DNS rebinding): its browser then takes our
/// answers for that site's. What the browser sends as `Host` is the name, so names that nobody has given to this server
/// are refused. Nobody else can have `localhost` and addresses of this machine lead anywhere.
public struct AllowedHosts: Sendable {
    /// Names beside those of this machine, separated by commas: `docs.example.org`, `*.example.org`, or `*` for all.
    public static let setting = "APUS_ALLOWED_HOSTS"

    private var names: Set<String> = []
    /// With their dot in front.
    private var domains: [String] = []
    private var admitsAll = false

    /// The names of this machine alone.
    public init() {}

    /// Reads the setting; what is no name is noted as a problem of it.
    public init(_ settings: inout SettingsReader) {
        for entry in (settings.optional(Self.setting) ?? "").split(separator: ",") {
            let name = entry.filter { $0 != " " && $0 != "\t" }
            if !name.isEmpty, !add(name) {
                settings.add(
                    Self.setting,
                    "has the entry \(name.prefix(100)), which is neither a host name without a port nor *.DOMAIN nor *")
            }
        }
    }

    /// Adds a name, a domain as `*.example.org`, or `*`. Returns whether it is one.
    @discardableResult
    public mutating func add(_ entry: some StringProtocol) -> Bool {
        guard entry != "*" else {
            admitsAll = true
            return true
        }
        let isDomain = entry.hasPrefix("*.")
        guard let authority = Authority(isDomain ? entry.dropFirst(2) : entry[...]), authority.port == nil else {
            return false
        }
        if isDomain { domains.append("." + authority.host) } else { names.insert(authority.host) }
        return true
    }

    /// Whether a server may be asked as what the field `Host` says; the port does not matter.
    public func admits(_ field: String) -> Bool {
        guard let host = Authority(field)?.host else { return admitsAll }
        return admitsAll || host == "localhost" || host.hasSuffix(".localhost") || names.contains(host)
            || LocalAddress.isOurs(host) || domains.contains { host.hasSuffix($0) }
    }
}
