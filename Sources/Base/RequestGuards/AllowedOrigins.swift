import HTTPMessages
public import Settings

/// The web sites whose pages may use a server, besides its own; none unless they are named.
///
/// Such a page sends keys, and no cookies: what a browser keeps for the server's own page is not for others.
public struct AllowedOrigins: Sendable {
    /// Origins, separated by commas: `https://intranet.example.org, http://localhost:5173`.
    public static let setting = "APUS_CORS_ORIGINS"
    private static let most = 100

    /// As browsers send them.
    public private(set) var all: [String] = []

    /// None.
    public init() {}

    /// Reads the setting; what is no origin is noted as a problem of it.
    public init(_ settings: inout SettingsReader) {
        for entry in (settings.optional(Self.setting) ?? "").split(separator: ",") {
            let text = entry.filter { $0 != " " && $0 != "\t" }
            guard !text.isEmpty else { continue }
            guard let origin = Self.origin(text) else {
                settings.add(Self.setting, Self.fault(text))
                continue
            }
            if !all.contains(origin) { all.append(origin) }
        }
        if all.count > Self.most {
            settings.add(Self.setting, "names \(all.count) origins; \(Self.most) are the limit")
        }
    }

    private static func fault(_ text: String) -> String {
        if text == "*" {
            return
                "is *, which would let the pages of every web site act here for whoever visits them; name each origin"
        }
        return
            "has the entry \(text.prefix(100)), which is no origin: it must be http:// or https://, a host and at most a "
            + "port, without a slash at the end"
    }

    /// An origin as browsers write it: in lower case, without the port that its scheme has anyway.
    private static func origin(_ text: String) -> String? {
        let lower = text.lowercased()
        for (scheme, port) in [("https://", UInt16(443)), ("http://", 80)] where lower.hasPrefix(scheme) {
            let rest = lower.dropFirst(scheme.count)
            guard !rest.contains("/"), !rest.contains("*"), let authority = Authority(rest) else { return nil }
            guard let given = authority.port, given != port else {
                // As it was written, but for the port.
                guard authority.port != nil, let colon = rest.lastIndex(of: ":") else { return String(lower) }
                return scheme + rest[..<colon]
            }
            return String(lower)
        }
        return nil
    }
}
