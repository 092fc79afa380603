import HTTPMessages

extension BlobClient {
    /// Takes a lease on a blob.
    ///
    /// - Parameter duration: 15 to 60 seconds; `nil` for ever.
    /// - Returns: The lease's id.
    /// - Throws: `StorageError`, `isConflict` when somebody else has one.
    public func acquireLease(_ container: String, _ name: String, duration: Duration?, id: String) async throws
        -> String
    {
        let seconds = duration.map { String($0.components.seconds) } ?? "-1"
        return try await lease(
            container, name, "acquire", expected: 201,
            ["x-ms-lease-duration": seconds, "x-ms-proposed-lease-id": id]
        )["x-ms-lease-id"] ?? id
    }

    /// Lets a lease begin anew.
    public func renewLease(_ container: String, _ name: String, id: String) async throws {
        _ = try await lease(container, name, "renew", expected: 200, ["x-ms-lease-id": id])
    }

    /// Gives a lease back.
    public func releaseLease(_ container: String, _ name: String, id: String) async throws {
        _ = try await lease(container, name, "release", expected: 200, ["x-ms-lease-id": id])
    }

    /// Ends somebody's lease, at once or after a period of up to 60 seconds. Returns the time until it is ended.
    public func breakLease(_ container: String, _ name: String, period: Duration = .zero) async throws -> Duration {
        let fields = try await lease(
            container, name, "break", expected: 202, ["x-ms-lease-break-period": String(period.components.seconds)])
        return .seconds(fields["x-ms-lease-time"].flatMap { Int64($0) } ?? 0)
    }

    private func lease(
        _ container: String, _ name: String, _ action: String, expected: Int, _ fields: HTTPFields
    ) async throws -> HTTPFields {
        var call = try call("Lease Blob", .put, container, name, expected: [expected])
        call.query = [("comp", "lease")]
        call.fields = fields
        call.fields["x-ms-lease-action"] = action
        return try await transport.call(call).fields
    }
}
