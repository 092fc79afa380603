import AzureStorage
import Digests
import JSONCoding

/// The host's own records in the storage account: timer states, blob receipts, locks, all in one container.
struct HostStorage: Sendable {
    static let container = "azure-webjobs-hosts"

    let blobs: BlobClient
    /// Tells apps apart that share an account.
    let hostID: String

    /// - Throws: `HostError` when the account is not configured.
    init(_ connections: Connections, root: String) throws {
        blobs = try connections.blob(Connections.standard)
        let environment = connections.environment
        hostID =
            environment["AzureFunctionsWebHost__hostid"] ?? environment["WEBSITE_SITE_NAME"]?.lowercased()
            ?? String(Digest.hex(Digest.sha256(Array(root.utf8))).prefix(32))
    }

    /// Reads a record; `nil` when there is none.
    func read(_ name: String) async throws -> JSONValue? {
        do {
            let bytes = try await blobs.get(Self.container, name, limit: 1 << 20)
            return try? JSONParser.parse(bytes)
        } catch let error as StorageError where error.isNotFound {
            return nil
        }
    }

    /// Writes a record; the container is made when it is missing.
    func write(_ value: JSONValue, to name: String) async throws {
        try await put(value.encoded, name)
    }

    /// Writes a blob; the container is made when it is missing.
    func put(_ bytes: [UInt8], _ name: String) async throws {
        do {
            _ = try await blobs.put(bytes, to: Self.container, name, contentType: "application/json")
        } catch let error as StorageError where error.isNotFound {
            try await blobs.createContainer(Self.container)
            _ = try await blobs.put(bytes, to: Self.container, name, contentType: "application/json")
        }
    }
}
