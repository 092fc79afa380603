import HTTPMessages
import Markup

/// What has to hold for a call to be carried out.
public struct BlobConditions: Sendable {
    /// The entity tag that the blob has to have, or `*` for any.
    public var ifMatch: String?
    /// The entity tag that it must not have; `*`: it must not exist.
    public var ifNoneMatch: String?
    /// The id of the lease under which the caller works.
    public var leaseID: String?

    /// No conditions unless given.
    public init(ifMatch: String? = nil, ifNoneMatch: String? = nil, leaseID: String? = nil) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.leaseID = leaseID
    }

    /// The blob must not exist.
    public static let mustBeNew = BlobConditions(ifNoneMatch: "*")

    func add(to fields: inout HTTPFields) {
        if let ifMatch { fields["If-Match"] = ifMatch }
        if let ifNoneMatch { fields["If-None-Match"] = ifNoneMatch }
        if let leaseID { fields["x-ms-lease-id"] = leaseID }
    }
}

/// What the service says about a blob besides its content.
public struct BlobProperties: Sendable {
    public let etag: String
    /// Bytes.
    public let length: Int
    public let contentType: String
    /// base64; `nil` when the service does not know it.
    public let contentMD5: String?
    /// `available`, `leased`, `expired`, `breaking` or `broken`.
    public let leaseState: String
    public let lastModified: String
    public let metadata: [String: String]

    init(_ fields: HTTPFields) {
        etag = fields["etag"] ?? ""
        length = fields["content-length"].flatMap { Int($0) } ?? 0
        contentType = fields["content-type"] ?? ""
        contentMD5 = fields["content-md5"]
        leaseState = fields["x-ms-lease-state"] ?? "available"
        lastModified = fields["last-modified"] ?? ""
        let prefix = "x-ms-meta-"
        metadata = Dictionary(
            fields.all.filter { $0.name.lowercased().hasPrefix(prefix) }.map {
                (String($0.name.dropFirst(prefix.utf8.count)), $0.value)
            }
        ) { first, _ in first }
    }
}

/// A blob in a listing.
public struct BlobItem: Sendable {
    public let name: String
    /// Bytes.
    public let length: Int
    public let etag: String
    public let contentType: String
    public let lastModified: String

    init?(_ node: XMLNode) {
        guard let name = node["Name"] else { return nil }
        self.name = Self.text(name)
        let properties = node["Properties"]
        length = Int(properties?["Content-Length"]?.text ?? "") ?? 0
        etag = properties?["Etag"]?.text ?? ""
        contentType = properties?["Content-Type"]?.text ?? ""
        lastModified = properties?["Last-Modified"]?.text ?? ""
    }

    /// A name that XML cannot carry comes percent-encoded and says so.
    static func text(_ node: XMLNode) -> String {
        node.attributes["Encoded"] == "true" ? percentDecoded(node.text) ?? node.text : node.text
    }
}

/// One page of a listing.
public struct BlobPage: Sendable {
    public let blobs: [BlobItem]
    /// Names rolled up at the delimiter.
    public let prefixes: [String]
    /// Where the next page begins; `nil` at the end.
    public let next: String?
}
