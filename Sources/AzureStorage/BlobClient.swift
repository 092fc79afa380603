public import AzureIdentity
import Digests
public import HTTPClient
public import HTTPMessages
import Markup

/// Blob Storage: what the product needs of it.
public struct BlobClient: Sendable {
    /// Bytes that are sent in one request; longer uploads go in blocks of this size.
    static let blockBytes = 4 << 20

    private let transport: StorageTransport

    /// A client of an account.
    ///
    /// - Parameter identity: Used when the account has no key.
    public init(account: StorageAccount, identity: TokenSource?, client: HTTPClient) {
        transport = StorageTransport(
            endpoint: account.blobEndpoint, key: account.key, identity: identity, client: client)
    }

    /// Makes a container; does nothing when it is there.
    public func createContainer(_ name: String) async throws {
        _ = try await transport.call(
            "Create Container", .put, "/" + name, query: [("restype", "container")], expected: [201, 409])
    }

    /// Writes a whole blob.
    public func put(_ bytes: [UInt8], to container: String, _ name: String, contentType: String) async throws {
        let fields: HTTPFields = ["x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": contentType]
        _ = try await transport.call(
            "Put Blob", .put, Self.path(container, name), fields: fields, body: bytes, expected: [201])
    }

    /// Writes a blob from a source of unknown length, holding one block at a time. The blob appears when it is
    /// complete, or not at all.
    ///
    /// - Returns: The number of bytes.
    @discardableResult
    public func upload(
        _ source: any HTTPBodySource, to container: String, _ name: String, contentType: String
    ) async throws -> Int {
        var pending: [UInt8] = []
        var blocks: [String] = []
        var total = 0
        while let piece = try await source.next() {
            pending += piece
            total += piece.count
            while pending.count >= Self.blockBytes {
                blocks.append(try await putBlock(Array(pending[..<Self.blockBytes]), blocks.count, container, name))
                pending.removeFirst(Self.blockBytes)
            }
        }
        guard !blocks.isEmpty else {
            try await put(pending, to: container, name, contentType: contentType)
            return total
        }
        if !pending.isEmpty { blocks.append(try await putBlock(pending, blocks.count, container, name)) }
        let list = blocks.map { "<Latest>\($0)</Latest>" }.joined()
        _ = try await transport.call(
            "Put Block List", .put, Self.path(container, name), query: [("comp", "blocklist")],
            fields: ["Content-Type": "application/xml", "x-ms-blob-content-type": contentType],
            body: "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(list)</BlockList>".bytes, expected: [201])
        return total
    }

    private func putBlock(_ bytes: [UInt8], _ number: Int, _ container: String, _ name: String) async throws -> String {
        let digits = String(number)
        // Block ids of one blob have to be of one length.
        let id = Base64.encode((String(repeating: "0", count: max(0, 6 - digits.count)) + digits).bytes)
        _ = try await transport.call(
            "Put Block", .put, Self.path(container, name), query: [("comp", "block"), ("blockid", id)], body: bytes,
            expected: [201])
        return id
    }

    /// Opens a blob for reading.
    ///
    /// - Returns: Its body as it arrives, and its length.
    public func open(_ container: String, _ name: String) async throws -> (body: any HTTPBodySource, length: Int?) {
        let response = try await transport.open(
            "Get Blob", .get, Self.path(container, name), expected: [200], retries: true)
        return (response.body, response.fields["content-length"].flatMap { Int($0) })
    }

    /// Reads a whole blob of at most `limit` bytes.
    public func get(_ container: String, _ name: String, limit: Int = 1 << 30) async throws -> [UInt8] {
        let (body, _) = try await open(container, name)
        return try await HTTPBody.source(body).collect(limit: limit)
    }

    /// Deletes a blob. Returns whether there was one.
    @discardableResult
    public func delete(_ container: String, _ name: String) async throws -> Bool {
        try await transport.call("Delete Blob", .delete, Self.path(container, name), expected: [202, 404]).status
            == .accepted
    }

    /// Names of the blobs with a prefix, in order, page by page until none is left or `limit` is reached.
    public func list(_ container: String, prefix: String, limit: Int = 100_000) async throws -> [String] {
        var names: [String] = []
        var marker = ""
        repeat {
            var query = [("restype", "container"), ("comp", "list"), ("prefix", prefix)]
            if !marker.isEmpty { query.append(("marker", marker)) }
            let answer = try await transport.call("List Blobs", .get, "/" + container, query: query, expected: [200])
            let tree = try MarkupReader.tree(answer.body)
            for blob in tree["Blobs"]?.all("Blob") ?? [] {
                guard let name = blob["Name"] else { continue }
                let text = name.attributes["Encoded"] == "true" ? percentDecoded(name.text) ?? name.text : name.text
                names.append(text)
            }
            marker = tree["NextMarker"]?.text ?? ""
        } while !marker.isEmpty && names.count < limit
        return names
    }

    /// Whether the service answers; the container need not exist.
    public func probe(_ container: String) async throws {
        _ = try await transport.call(
            "Get Container Properties", .get, "/" + container, query: [("restype", "container")], expected: [200, 404],
            retries: false)
    }

    private static func path(_ container: String, _ name: String) -> String {
        "/" + container + "/" + percentEncoded(name, keeping: "/")
    }
}
