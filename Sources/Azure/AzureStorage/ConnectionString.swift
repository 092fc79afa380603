import AzureSignatures

/// A storage connection string ("Configure Azure Storage connection strings"): `Name=Value` parts joined by `;`, names
/// without case, values up to the next `;`, since keys end in `=`.
struct ConnectionString {
    private let parts: [String: String]

    init(_ text: String) throws(StorageConfigurationError) {
        var parts: [String: String] = [:]
        let pieces = text.split(separator: ";", omittingEmptySubsequences: false)
        for (place, piece) in pieces.enumerated() {
            if piece.isEmpty, place == pieces.count - 1, place > 0 { break }
            let pair = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw StorageConfigurationError(detail: "part \(place + 1) of the connection string is not Name=Value")
            }
            guard parts.updateValue(String(pair[1]), forKey: pair[0].lowercased()) == nil else {
                throw StorageConfigurationError(detail: "the connection string has \(pair[0]) twice")
            }
        }
        if parts["usedevelopmentstorage"]?.lowercased() == "true" {
            let base = parts["developmentstorageproxyuri"] ?? "http://127.0.0.1"
            let name = DevelopmentAccount.storageName
            parts["accountname"] = name
            parts["accountkey"] = DevelopmentAccount.storageKey
            for (service, port) in [("blob", 10000), ("queue", 10001), ("table", 10002)] {
                parts["\(service)endpoint"] = "\(base):\(port)/\(name)"
            }
        }
        self.parts = parts
    }

    /// A part's value; empty counts as missing.
    subscript(_ name: String) -> String? { parts[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The base URL of a service, without its query, and the signature that the URL may carry.
    func endpoint(_ service: String) throws(StorageConfigurationError) -> (url: String, signature: String?) {
        if let given = self["\(service)endpoint"] {
            let pair = given.split(separator: "?", maxSplits: 1).map(String.init)
            guard pair[0].hasPrefix("http://") || pair[0].hasPrefix("https://") else {
                throw StorageConfigurationError(
                    detail: "the \(service) endpoint begins with neither http:// nor https://")
            }
            return (StorageAccount.base(pair[0]), pair.count > 1 ? pair[1] : nil)
        }
        guard let name = self["accountname"] else {
            throw StorageConfigurationError(
                detail: "the connection string has neither AccountName nor an endpoint for \(service)")
        }
        let scheme = self["defaultendpointsprotocol"] ?? "https"
        guard ["http", "https"].contains(scheme) else {
            throw StorageConfigurationError(detail: "DefaultEndpointsProtocol is neither http nor https")
        }
        return ("\(scheme)://\(name).\(service).\(self["endpointsuffix"] ?? "core.windows.net")", nil)
    }
}

/// The connection string cannot be used.
public struct StorageConfigurationError: Error, Sendable {
    /// What is wrong; contains nothing secret of the string.
    public let detail: String
}
