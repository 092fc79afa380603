import HTTPMessages
public import JSONCoding

/// One operation of a transactional batch.
public enum CosmosBatchOperation: Sendable {
    case create(JSONValue)
    case upsert(JSONValue)
    case read(String)
    case replace(String, JSONValue, etag: String? = nil)
    case delete(String, etag: String? = nil)
    case patch(String, [CosmosPatchOperation], etag: String? = nil)

    var json: JSONValue {
        var object: JSONObject
        var etag: String?
        switch self {
        case .create(let item): object = ["operationType": "Create", "resourceBody": item]
        case .upsert(let item): object = ["operationType": "Upsert", "resourceBody": item]
        case .read(let id): object = ["operationType": "Read", "id": .string(id)]
        case .replace(let id, let item, let tag):
            object = ["operationType": "Replace", "id": .string(id), "resourceBody": item]
            etag = tag
        case .delete(let id, let tag):
            object = ["operationType": "Delete", "id": .string(id)]
            etag = tag
        case .patch(let id, let operations, let tag):
            object = [
                "operationType": "Patch", "id": .string(id),
                "resourceBody": ["operations": .array(operations.map(\.json))],
            ]
            etag = tag
        }
        if let etag { object["ifMatch"] = .string(etag) }
        return .object(object)
    }
}

extension CosmosContainer {
    /// Carries out up to 100 operations in one partition, all or none.
    ///
    /// - Returns: The items after each operation, `null` where there is none.
    /// - Throws: `CosmosError` of the operation that failed; nothing of the others has happened.
    @discardableResult
    public func batch(_ operations: [CosmosBatchOperation], partition: String, isRepeatable: Bool = false) async throws
        -> [JSONValue]
    {
        var call = try call(
            "transactional batch", .post, partition: partition, body: .array(operations.map(\.json)))
        call.fields["x-ms-cosmos-is-batch-request"] = "True"
        call.fields["x-ms-cosmos-batch-atomic"] = "True"
        call.fields["x-ms-cosmos-batch-continue-on-error"] = "False"
        call.isRepeatable = isRepeatable
        let answer = try await send(call)
        let results = answer.json.array ?? []
        for (place, result) in results.enumerated() {
            let status = Int(result["statusCode"]?.int ?? 0)
            // 424 marks the operations that had to give way to the one that failed.
            guard status >= 400, status != 424 else { continue }
            throw CosmosError(
                operation: "transactional batch, operation \(place + 1)", status: status,
                subStatus: Int(result["subStatusCode"]?.int ?? 0), code: "the batch was not carried out",
                activityID: answer.fields["x-ms-activity-id"] ?? "")
        }
        guard results.count == operations.count else {
            throw CosmosError(
                operation: "transactional batch", status: answer.status,
                code: "\(results.count) results for \(operations.count) operations")
        }
        return results.map { $0["resourceBody"] ?? .null }
    }
}
