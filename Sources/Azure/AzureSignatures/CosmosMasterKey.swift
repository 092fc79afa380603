import Digests
public import HTTPMessages

/// Master-key authorization of Cosmos DB ("Access control in the Azure Cosmos DB SQL API";
/// docs/reference/cosmos-db.md, 2.1).
public struct CosmosMasterKey: Sendable {
    private let key: [UInt8]

    /// A key as the portal shows it, base64; `nil` when it is not base64.
    public init?(base64Key: String) {
        guard let key = Base64.decode(base64Key), !key.isEmpty else { return nil }
        self.key = key
    }

    /// The value of the `authorization` field.
    ///
    /// - Parameters:
    ///   - resourceType: `dbs`, `colls`, `docs`, …, empty for the account.
    ///   - resourceLink: Link of the resource, or of the parent for a feed; decoded, case kept.
    ///   - date: The `x-ms-date` field.
    public func authorization(method: HTTPMethod, resourceType: String, resourceLink: String, date: String) -> String {
        let text = Self.stringToSign(method: method, resourceType: resourceType, resourceLink: resourceLink, date: date)
        return percentEncoded("type=master&ver=1.0&sig=\(signature(text))", keeping: "!*'()")
    }

    /// base64(HMAC-SHA256) of a text.
    public func signature(_ text: String) -> String { Base64.encode(Digest.hmacSHA256(key: key, message: text.bytes)) }

    /// The text that is signed.
    ///
    /// - Parameter plainDate: The `Date` field, for requests without `x-ms-date`.
    public static func stringToSign(
        method: HTTPMethod, resourceType: String, resourceLink: String, date: String, plainDate: String = ""
    ) -> String {
        "\(method.rawValue.lowercased())\n\(resourceType.lowercased())\n\(resourceLink)\n\(date.lowercased())\n"
            + "\(plainDate.lowercased())\n"
    }
}
