import HTTPMessages
import TextSearch

/// An http or https address, read strictly, so that whoever checks it and whoever connects mean the same host.
public struct WebAddress: Sendable, Equatable, CustomStringConvertible {
    static let maximumLength = 2048

    let scheme: String
    /// In lower case; an IPv6 address without its brackets.
    let host: String
    let port: Int
    /// Path and query, beginning with a slash.
    let target: String

    /// Reads an absolute address; what follows `#` is left out.
    ///
    /// - Throws: `ToolFailure`.
    public init(_ text: String) throws(ToolFailure) {
        guard text.utf8.count <= Self.maximumLength else {
            throw ToolFailure("The address has more than \(Self.maximumLength) characters.")
        }
        // White space, control characters, backslashes and non-ASCII text are read differently by different programs.
        guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }) else {
            throw ToolFailure("The address has characters that have to be percent-encoded.")
        }
        let lower = text.lowercased()
        guard let scheme = ["http", "https"].first(where: { lower.hasPrefix($0 + "://") }) else {
            throw ToolFailure("Only http:// and https:// addresses can be read.")
        }
        let rest = text.dropFirst(scheme.count + 3).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw ToolFailure("Addresses with a user name are not read.") }
        let target = rest.dropFirst(authority.count)
        self.scheme = scheme
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
        (host, port) = try Self.split(authority.lowercased(), standard: scheme == "https" ? 443 : 80)
    }

    private static func split(_ authority: String, standard: Int) throws(ToolFailure) -> (String, Int) {
        var host = authority
        var port = standard
        let closing = authority.lastIndex(of: "]")
        if let colon = authority.lastIndex(of: ":"), closing.map({ $0 < colon }) ?? true {
            let digits = authority[authority.index(after: colon)...]
            guard let number = Int(digits), (1...65535).contains(number), digits.allSatisfy(\.isNumber) else {
                throw ToolFailure("The address has no valid port.")
            }
            port = number
            host = String(authority[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard IPAddress(host)?.bytes.count == 16 else { throw ToolFailure("The address has no valid host.") }
            return (host, port)
        }
        let isPlain = host.utf8.allSatisfy {
            (48...57).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 || $0 == 95
        }
        guard isPlain, !host.isEmpty, host.utf8.count <= 253 else {
            throw ToolFailure("The address has no valid host.")
        }
        return (host, port)
    }

    /// Where a redirect leads.
    ///
    /// - Throws: `ToolFailure`.
    func following(_ location: String) throws(ToolFailure) -> WebAddress {
        if location.contains("://") { return try WebAddress(location) }
        if location.hasPrefix("//") { return try WebAddress(scheme + ":" + location) }
        if location.hasPrefix("/") { return try WebAddress(origin + location) }
        if location.hasPrefix("?") { return try WebAddress(origin + path + location) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return try WebAddress(origin + folder + location)
    }

    private var path: String { String(target.prefix { $0 != "?" }) }

    /// `host:port`, as operators name hosts.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    private var origin: String {
        let isStandard = port == (scheme == "https" ? 443 : 80)
        return scheme + "://" + (isStandard ? (host.contains(":") ? "[\(host)]" : host) : authority)
    }

    public var description: String { origin + target }
}
