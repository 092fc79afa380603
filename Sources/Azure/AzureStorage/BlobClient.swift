public import AzureIdentity
public import HTTPClient
import HTTPMessages
import Markup

/// Blob Storage: containers and block blobs.
///
/// Every call has a deadline, ends with its task, and is repeated where that is safe. Errors are `StorageError`s.
public struct BlobClient: Sendable {
    let transport: StorageTransport

    /// A client of an account.
    ///
    /// - Parameter identity: Used when the account is reached by identity.
    public init(account: StorageAccount, identity: TokenSource?, client: HTTPSession) {
        transport = StorageTransport(
            service: "Blob Storage", endpoint: account.blobEndpoint, credential: account.credential, identity: identity,
            client: client)
    }

    /// A call on a blob, or on a container when there is no name.
    func call(
        _ operation: String, _ method: HTTPMethod, _ container: String, _ name: String? = nil,
        conditions: BlobConditions = BlobConditions(), expected: [Int]
    ) throws -> StorageTransport.Call {
        var path = "/" + percentEncoded(container)
        if let name {
            // Clients and proxies would fold such segments away, and the signature with them.
            guard !name.isEmpty, !name.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
                throw StorageError(
                    service: transport.service, operation: operation, status: .badRequest, code: "InvalidUri",
                    requestID: "", advice: "a blob's name is not empty and has no '.' or '..' segment")
            }
            path += "/" + percentEncoded(name, keeping: "/")
        }
        var call = StorageTransport.Call(operation, method, path, expected: expected)
        conditions.add(to: &call.fields)
        return call
    }

    // MARK: - Containers

    /// Makes a container; does nothing when it is there.
    public func createContainer(_ name: String) async throws {
        var call = try call("Create Container", .put, name, expected: [201, 409])
        call.query = [("restype", "container")]
        let answer = try await transport.call(call)
        guard answer.status == .conflict else { return }
        let code = answer.fields["x-ms-error-code"] ?? ""
        guard code == "ContainerAlreadyExists" else {
            throw StorageError(
                service: transport.service, operation: call.operation, status: answer.status, code: code,
                requestID: answer.fields["x-ms-request-id"] ?? "")
        }
    }

    /// Deletes a container with everything in it. Returns whether there was one.
    @discardableResult
    public func deleteContainer(_ name: String) async throws -> Bool {
        var call = try call("Delete Container", .delete, name, expected: [202, 404])
        call.query = [("restype", "container")]
        return try await transport.call(call).status == .accepted
    }

    /// Whether the service answers; the container need not exist.
    public func probe(_ container: String) async throws {
        var call = try call("Get Container Properties", .get, container, expected: [200, 404])
        call.query = [("restype", "container")]
        call.repetition = .never
        _ = try await transport.call(call)
    }

    // MARK: - Properties

    /// A blob's properties; `nil` when it is not there.
    public func properties(
        _ container: String, _ name: String, conditions: BlobConditions = BlobConditions()
    ) async throws -> BlobProperties? {
        let call = try call(
            "Get Blob Properties", .head, container, name, conditions: conditions, expected: [200, 404])
        let answer = try await transport.call(call)
        return answer.status == .ok ? BlobProperties(answer.fields) : nil
    }

    /// Replaces a blob's metadata. Names are C# identifiers, values ASCII. Returns the new entity tag.
    @discardableResult
    public func setMetadata(
        _ metadata: [String: String], of container: String, _ name: String,
        conditions: BlobConditions = BlobConditions()
    ) async throws -> String {
        var call = try call("Set Blob Metadata", .put, container, name, conditions: conditions, expected: [200])
        call.query = [("comp", "metadata")]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { call.fields.append("x-ms-meta-\(key)", value) }
        return try await transport.call(call).fields["etag"] ?? ""
    }

    /// Copies a blob within what the service can read.
    ///
    /// - Parameter source: URL of the source, with a signature where it needs one.
    /// - Returns: The copy's id and whether it is complete already.
    public func copy(
        from source: String, to container: String, _ name: String, conditions: BlobConditions = BlobConditions()
    ) async throws -> (id: String, isComplete: Bool) {
        var call = try call("Copy Blob", .put, container, name, conditions: conditions, expected: [202])
        call.fields["x-ms-copy-source"] = source
        let answer = try await transport.call(call)
        return (answer.fields["x-ms-copy-id"] ?? "", answer.fields["x-ms-copy-status"] == "success")
    }

    /// The URL of a blob, without a signature.
    public func url(_ container: String, _ name: String) -> String {
        "\(transport.endpoint)/\(percentEncoded(container))/\(percentEncoded(name, keeping: "/"))"
    }

    // MARK: - Deleting

    /// Deletes a blob with its snapshots. Returns whether there was one.
    @discardableResult
    public func delete(
        _ container: String, _ name: String, conditions: BlobConditions = BlobConditions()
    ) async throws -> Bool {
        var call = try call("Delete Blob", .delete, container, name, conditions: conditions, expected: [202, 404])
        call.fields["x-ms-delete-snapshots"] = "include"
        return try await transport.call(call).status == .accepted
    }
}
