public import HTTPMessages
public import Problems
import TextSearch

/// Keeps other web sites' pages out of a server: every server of ours asks it before anything else.
///
/// Browsers send requests of any page to any server, `127.0.0.1` included, with what the server knows its user by. They
/// say of themselves where a request comes from: by `Host` (RFC 9110, section 7.2), `Origin` (RFC 6454, section 7) and
/// `Sec-Fetch-Site` (W3C, Fetch Metadata). Programs send neither of the last two, and are not meant here.
public struct RequestGuard: Sendable {
    private static let longestShown = 100

    private let hosts: AllowedHosts
    private let origins: [String]
    private let remedy: String

    /// - Parameters:
    ///   - hosts: The names under which the server may be asked.
    ///   - origins: Origins of other sites whose pages may use it all the same; `*` for all.
    ///   - remedy: What lets a page in, for the message about one that was refused; empty when nothing does.
    public init(hosts: AllowedHosts = AllowedHosts(), origins: [String] = [], remedy: String = "") {
        self.hosts = hosts
        self.origins = origins
        self.remedy = remedy.isEmpty ? "" : " " + remedy
    }

    /// Why a request is refused; `nil` when it may pass.
    public func refusal(of request: HTTPRequest) -> Problem? { hostRefusal(of: request) ?? siteRefusal(of: request) }

    /// Why a request is refused by the name that it asks for. Without `Host` it comes from no browser; whether it has to
    /// have one is the parser's to say.
    public func hostRefusal(of request: HTTPRequest) -> Problem? {
        guard let host = request.fields["host"], !hosts.admits(host) else { return nil }
        return Problem(
            .forbidden,
            "The header Host is \(Self.shown(host)), which is no name of this server. \(AllowedHosts.setting) lists the "
                + "names under which it may be asked, beside localhost and this machine's addresses.")
    }

    /// Why a request that changes something is refused by where it comes from: browsers let any site send forms and
    /// texts here without asking.
    public func siteRefusal(of request: HTTPRequest) -> Problem? {
        guard Self.changesSomething(request) else { return nil }
        let site = request.fields["sec-fetch-site"].map { $0.lowercased() }
        let origin = request.fields["origin"]
        guard site != nil || origin != nil else { return nil }
        if !(origin.map(allows) ?? origins.contains("*")) {
            if let site, site != "same-origin", site != "none" { return foreign("Sec-Fetch-Site", site) }
            if let origin, !Self.isOwn(origin, host: request.fields["host"] ?? "") { return foreign("Origin", origin) }
        }
        // A page of our own says what it sends, always; one that does not is none.
        guard request.fields["content-type"] != nil || !Self.hasBody(request) else {
            return Problem(
                .unsupportedMediaType, "The header Content-Type is missing; a page has to say what it sends.")
        }
        return nil
    }

    /// Whether a browser sends the request for a page, rather than for whoever typed the address.
    public static func isSentByPage(_ request: HTTPRequest) -> Bool {
        request.fields["origin"] != nil
            || request.fields["sec-fetch-site"].map { $0.lowercased() != "none" } ?? false
    }

    private func foreign(_ field: String, _ value: String) -> Problem {
        Problem(
            .forbidden,
            "The header \(field) is \(Self.shown(value)): requests that change something are refused when they come from "
                + "other web sites.\(remedy)")
    }

    /// Whether pages of an origin that is not this server's may use it.
    private func allows(_ origin: String) -> Bool {
        !origins.isEmpty && origins.contains { $0 == "*" || equalIgnoringCase($0, origin) }
    }

    /// A switch of protocols begins with GET, and no rule of browsers keeps other sites' pages from reading what follows.
    private static func changesSomething(_ request: HTTPRequest) -> Bool {
        request.method != .get && request.method != .head && request.method != .options
            || request.fields["upgrade"] != nil
    }

    private static func hasBody(_ request: HTTPRequest) -> Bool {
        request.fields["transfer-encoding"] != nil || (request.fields["content-length"] ?? "0") != "0"
    }

    /// Whether an origin is the server that is asked. Its scheme does not count: a proxy may have taken TLS off.
    private static func isOwn(_ origin: String, host: String) -> Bool {
        guard let mark = origin.firstRange(of: "://"), let theirs = Authority(origin[mark.upperBound...]),
            let ours = Authority(host)
        else { return false }
        let standard: UInt16 = equalIgnoringCase(String(origin[..<mark.lowerBound]), "https") ? 443 : 80
        return theirs.host == ours.host && (theirs.port ?? standard) == (ours.port ?? standard)
    }

    private static func shown(_ value: String) -> String {
        value.count > longestShown ? String(value.prefix(longestShown)) + "…" : value
    }
}
