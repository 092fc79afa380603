import AzureStorage
import CosmosDB
import Digests
import JSONCoding

/// Input and output bindings other than HTTP: blobs, queues, Cosmos DB
/// (docs/reference/functions-custom-handlers.md, 2.3 and 3.8).
struct DataBinding: Sendable {
    let connections: Connections
    let environment: [String: String]
    let queueOptions: QueueOptions
    /// Told of each queue that a message was put into, so that a listener in this host need not wait.
    let didPut: @Sendable (_ queue: String) -> Void

    private static let inputLimit = 104_857_600

    /// Checks what a binding needs.
    ///
    /// - Throws: `HostError` that names the field.
    static func check(_ binding: BindingDefinition, _ environment: [String: String]) throws {
        switch (binding.type, binding.direction) {
        case ("blob", _): _ = try path(try binding.required("path", environment))
        case ("queue", .out): _ = try binding.required("queueName", environment)
        case ("cosmosdb", _):
            _ = try binding.required("databaseName", environment)
            _ = try binding.required("containerName", environment)
            guard binding.section.string("connection") != nil else {
                throw HostError("\(binding.section.place) (\(binding.name)) has no connection.")
            }
        default:
            throw HostError(
                "\(binding.section.place): a binding of the type \(binding.type) cannot have the direction \(binding.direction.rawValue)."
            )
        }
    }

    /// The content of a blob as the envelope carries it.
    static func value(_ content: [UInt8], _ binding: BindingDefinition) -> JSONValue {
        binding.dataType == "string"
            ? EnvelopeValue.quoted(String(decoding: content, as: UTF8.self)) : .string(Base64.encode(content))
    }

    // MARK: - Inputs

    /// Reads an input; `null` when there is nothing.
    func read(_ binding: BindingDefinition, _ metadata: JSONObject) async throws -> JSONValue {
        if binding.type == "blob" {
            let (container, name) = try Self.path(try resolved(binding, "path", metadata))
            do {
                let content = try await blob(binding).get(container, name, limit: Self.inputLimit)
                return Self.value(content, binding)
            } catch let error as StorageError where error.isNotFound {
                return .null
            }
        }
        let container = try cosmos(binding, metadata)
        if let id = try binding.optional("id", environment) {
            let partition = try binding.optional("partitionKey", environment) ?? id
            let item = try await container.read(
                try BindingExpression.resolve(id, metadata),
                partition: try BindingExpression.resolve(partition, metadata))
            return item.map { EnvelopeValue.quoted($0) } ?? .null
        }
        let partition = try binding.optional("partitionKey", environment)
        let (query, parameters) = Self.parameters(
            try binding.optional("sqlQuery", environment) ?? "SELECT * FROM c", metadata)
        let rows = try await container.query(
            query, parameters, partition: try partition.map { try BindingExpression.resolve($0, metadata) })
        return EnvelopeValue.quoted(.array(rows))
    }

    /// Expressions in a query become parameters: what a caller sends is never part of the query's text.
    private static func parameters(_ query: String, _ metadata: JSONObject) -> (String, [(String, JSONValue)]) {
        var text = ""
        var parameters: [(String, JSONValue)] = []
        var rest = query[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let expression = String(rest[open...close])
            text += rest[..<open]
            rest = rest[rest.index(after: close)...]
            guard let value = try? BindingExpression.resolve(expression, metadata) else {
                text += expression
                continue
            }
            let name = "@p\(parameters.count)"
            parameters.append((name, .string(value)))
            text += name
        }
        return (text + rest, parameters)
    }

    // MARK: - Outputs

    /// Writes an output.
    func write(_ binding: BindingDefinition, _ given: JSONValue, _ metadata: JSONObject) async throws {
        let value = OutputValue(given, binding)
        switch binding.type {
        case "queue": try await put(value, binding, metadata)
        case "blob":
            let (container, name) = try Self.path(try resolved(binding, "path", metadata))
            let client = try blob(binding)
            do {
                _ = try await client.put(value.content, to: container, name, contentType: "application/octet-stream")
            } catch let error as StorageError where error.isNotFound {
                try await client.createContainer(container)
                _ = try await client.put(value.content, to: container, name, contentType: "application/octet-stream")
            }
        default: try await upsert(value, binding, metadata)
        }
    }

    private func put(_ value: OutputValue, _ binding: BindingDefinition, _ metadata: JSONObject) async throws {
        let name = try resolved(binding, "queueName", metadata).lowercased()
        let queue = try connections.queue(connection(binding))
        for message in value.messages {
            let text: String
            if queueOptions.encodesBase64 {
                text = Base64.encode(message)
            } else {
                guard let plain = String(validating: message, as: UTF8.self) else {
                    throw HostError(
                        "the output \(binding.name) holds bytes that are no text, which messageEncoding none cannot carry."
                    )
                }
                text = plain
            }
            guard text.utf8.count <= 65_536 else {
                throw HostError("a message of the output \(binding.name) has more than 64 KiB.")
            }
            do {
                try await queue.putRaw(text, to: name)
            } catch let error as StorageError where error.isNotFound {
                try await queue.create(name)
                try await queue.putRaw(text, to: name)
            }
        }
        didPut(name)
    }

    private func upsert(_ value: OutputValue, _ binding: BindingDefinition, _ metadata: JSONObject) async throws {
        let container = try cosmos(binding, metadata)
        if try binding.section.flag("createIfNotExists", default: false) {
            try await container.createIfMissing(
                partitionKeyPath: try binding.optional("partitionKey", environment) ?? "/id")
        }
        let json: JSONValue
        do {
            json = try JSONParser.parse(value.content)
        } catch {
            throw HostError("the output \(binding.name) is not JSON, which Cosmos DB needs: \(error).")
        }
        let path = try await container.partitionKeyPath()
        for item in json.array ?? [json] {
            guard item.object != nil else {
                throw HostError("the output \(binding.name) must be an object or a list of objects.")
            }
            var item = item
            if item["id"] == nil { item = item.setting(["id"], to: .string(UUIDv7.random())) }
            let steps = path.split(separator: "/").map(String.init)
            guard let partition = steps.reduce(.some(item), { $0?[$1] })?.string else {
                throw HostError("an item of the output \(binding.name) has no text at the partition key \(path).")
            }
            _ = try await container.upsert(item, partition: partition)
        }
    }

    // MARK: - Clients

    private func connection(_ binding: BindingDefinition) -> String {
        binding.section.string("connection").flatMap { $0.isEmpty ? nil : $0 } ?? Connections.standard
    }

    private func blob(_ binding: BindingDefinition) throws -> BlobClient { try connections.blob(connection(binding)) }

    private func cosmos(_ binding: BindingDefinition, _ metadata: JSONObject) throws -> CosmosContainer {
        try connections.cosmos(
            connection(binding), database: try resolved(binding, "databaseName", metadata),
            container: try resolved(binding, "containerName", metadata))
    }

    private func resolved(_ binding: BindingDefinition, _ field: String, _ metadata: JSONObject) throws -> String {
        try BindingExpression.resolve(try binding.required(field, environment), metadata)
    }

    private static func path(_ text: String) throws -> (container: String, name: String) {
        let parts = text.trimmingSlashes.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw HostError("the blob path \(text) must be container/name.") }
        return (parts[0], parts[1])
    }
}
