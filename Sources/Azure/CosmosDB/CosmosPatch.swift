import HTTPMessages
public import JSONCoding

/// One operation of a patch; paths are JSON pointers (RFC 6901).
public enum CosmosPatchOperation: Sendable {
    case add(String, JSONValue)
    case set(String, JSONValue)
    case replace(String, JSONValue)
    case remove(String)
    case increment(String, Int64)
    case move(from: String, to: String)

    var json: JSONValue {
        switch self {
        case .add(let path, let value): ["op": "add", "path": .string(path), "value": value]
        case .set(let path, let value): ["op": "set", "path": .string(path), "value": value]
        case .replace(let path, let value): ["op": "replace", "path": .string(path), "value": value]
        case .remove(let path): ["op": "remove", "path": .string(path)]
        case .increment(let path, let step): ["op": "incr", "path": .string(path), "value": .int(step)]
        case .move(let from, let to): ["op": "move", "from": .string(from), "path": .string(to)]
        }
    }

    /// Whether a second run changes nothing.
    fileprivate var isRepeatable: Bool {
        switch self {
        case .set, .replace: true
        case .add, .remove, .increment, .move: false
        }
    }
}

extension CosmosContainer {
    /// Changes parts of an item: at most ten operations, all or none.
    ///
    /// - Parameter predicate: `FROM c WHERE …` that has to hold.
    /// - Throws: `CosmosError`, `isPreconditionFailed` when condition or predicate do not hold, `isNotFound`.
    @discardableResult
    public func patch(
        _ id: String, _ operations: [CosmosPatchOperation], partition: String, condition: Condition = .none,
        predicate: String? = nil
    ) async throws -> Item {
        var body: JSONObject = ["operations": .array(operations.map(\.json))]
        if let predicate { body["condition"] = .string(predicate) }
        var call = try call(
            "patch item", .patch, id: id, partition: partition, body: .object(body), condition: condition)
        call.fields["Content-Type"] = "application/json-patch+json"
        call.isRepeatable = call.isRepeatable && predicate == nil && operations.allSatisfy(\.isRepeatable)
        let answer = try await send(call)
        return Item(value: answer.json, charge: answer.charge)
    }
}
