import HTTPMessages

/// Addresses that may be used of an identity provider: https, or http on the machine itself, where nobody listens in.
enum ProviderAddress {
    static let longest = 2000

    /// Why a text cannot be used; `nil` when it can.
    static func fault(of text: String) -> String? {
        guard text.utf8.count <= longest, text.utf8.allSatisfy({ (33...126).contains($0) }) else {
            return "is not an address of at most \(longest) characters without spaces"
        }
        let isPlain = text.hasPrefix("http://")
        guard isPlain || text.hasPrefix("https://") else { return "does not begin with https://" }
        let host = text.dropFirst(isPlain ? 7 : 8).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // A browser takes a backslash for a slash; what stands before an at sign is no host.
        guard !host.isEmpty, let authority = Authority(host), !authority.host.isEmpty, !host.contains("@"),
            !text.contains("\\"), !text.contains("#")
        else { return "names no host, or has more than scheme, host, path and query" }
        guard !isPlain || ["localhost", "127.0.0.1", "[::1]", "::1"].contains(authority.host.lowercased()) else {
            return "has to begin with https://; http:// is for this machine alone (localhost, 127.0.0.1, [::1])"
        }
        return nil
    }

    /// An address with parameters behind those that it has.
    static func adding(_ parameters: [(name: String, value: String)], to address: String) -> String {
        address + (address.contains("?") ? "&" : "?") + form(parameters)
    }

    /// Parameters as a form has them (`application/x-www-form-urlencoded`).
    static func form(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
    }
}
