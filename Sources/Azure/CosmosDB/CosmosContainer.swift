public import AzureIdentity
import AzureSignatures
public import HTTPClient
import HTTPMessages
public import JSONCoding
import Synchronization

/// Items of one container of Cosmos DB for NoSQL; but for queries over all of them, each call is within one partition.
///
/// Every call has a deadline and waits where the service says so. Reads and writes of items with fixed ids are repeated
/// when an answer is lost; a conflict that our own lost try can have made is told from a real one by the caller's etag.
public struct CosmosContainer: Sendable {
    /// An item with what the service knows of it.
    public struct Item: Sendable {
        public let value: JSONValue
        /// Changes with each write.
        public var etag: String { value["_etag"]?.string ?? "" }
        /// Request units that the call took.
        public let charge: Double
    }

    /// What has to hold of an item's etag.
    public enum Condition: Sendable {
        case none
        /// The item has to be as it was when this etag was read.
        case unchanged(String)
    }

    let transport: CosmosTransport
    private let database: String
    private let container: String
    private let session = SessionToken()

    /// A container that may not exist yet.
    ///
    /// - Parameters:
    ///   - key: Master key; `nil` for the identity.
    public init(
        endpoint: String, key: String?, identity: TokenSource?, client: HTTPSession, database: String, container: String
    ) throws(CosmosError) {
        var master: CosmosMasterKey?
        if let key {
            master = CosmosMasterKey(base64Key: key)
            guard master != nil else {
                throw CosmosError(operation: "configure", status: 400, code: "the key is not base64")
            }
        }
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        transport = CosmosTransport(endpoint: base, key: master, identity: identity, client: client)
        self.database = database
        self.container = container
    }

    private var link: String { "dbs/\(database)/colls/\(container)" }
    private var path: String { "/dbs/\(percentEncoded(database))/colls/\(percentEncoded(container))" }

    // MARK: - Set-up

    /// Makes database and container where missing. Identities may not do that, so it is skipped without a key.
    ///
    /// - Parameter defaultTTL: Seconds after which items go; -1 lets items say it themselves; `nil` for never.
    public func createIfMissing(partitionKeyPath: String, defaultTTL: Int64? = nil) async throws {
        guard transport.key != nil else { return }
        var make = CosmosTransport.Call("create database", .post, type: "dbs", link: "", path: "/dbs")
        make.body = ["id": .string(database)]
        make.accepts = [409]
        _ = try await transport.send(make)
        make = .init(
            "create container", .post, type: "colls", link: "dbs/\(database)",
            path: "/dbs/\(percentEncoded(database))/colls")
        var body: JSONObject = [
            "id": .string(container),
            "partitionKey": ["paths": [.string(partitionKeyPath)], "kind": "Hash", "version": 2],
        ]
        if let defaultTTL { body["defaultTtl"] = .int(defaultTTL) }
        make.body = .object(body)
        make.accepts = [409]
        _ = try await transport.send(make)
    }

    /// The path of the container's partition key, e.g. `/chatId`.
    ///
    /// - Throws: `CosmosError`; also when the key has several levels, which this client does not write.
    public func partitionKeyPath() async throws -> String {
        let answer = try await send(
            CosmosTransport.Call("read container", .get, type: "colls", link: link, path: path))
        let paths = answer.json["partitionKey"]?["paths"]?.array ?? []
        guard paths.count == 1, let path = paths[0].string else {
            throw CosmosError(operation: "read container", status: 400, code: "the partition key has several levels")
        }
        return path
    }

    /// Whether the service answers.
    public func probe() async throws {
        var call = CosmosTransport.Call("read container", .get, type: "colls", link: link, path: path)
        call.accepts = [404, 403]
        call.deadline = .seconds(10)
        _ = try await transport.send(call)
    }

    // MARK: - Items

    /// A call on an item, or on the feed of a partition when there is no id.
    func call(
        _ operation: String, _ method: HTTPMethod, id: String? = nil, partition: String?, body: JSONValue? = nil,
        condition: Condition = .none
    ) throws(CosmosError) -> CosmosTransport.Call {
        if let id { try Self.checkID(id, operation) }
        var call = CosmosTransport.Call(
            operation, method, type: "docs", link: id.map { "\(link)/docs/\($0)" } ?? link,
            path: id.map { "\(path)/docs/\(percentEncoded($0))" } ?? "\(path)/docs")
        call.body = body
        if let partition {
            call.fields["x-ms-documentdb-partitionkey"] = Self.ascii(JSONValue.array([.string(partition)]).text)
        }
        if case .unchanged(let etag) = condition {
            call.fields["If-Match"] = etag
            // A second run of a write that was carried out would find another etag.
            call.isRepeatable = method == .get
        }
        if let token = session.value { call.fields["x-ms-session-token"] = token }
        return call
    }

    func send(_ call: CosmosTransport.Call) async throws -> CosmosTransport.Answer {
        let answer = try await transport.send(call)
        if let token = answer.fields["x-ms-session-token"] { session.note(token) }
        return answer
    }

    private static func checkID(_ id: String, _ operation: String) throws(CosmosError) {
        guard (1...1023).contains(id.utf8.count), !id.contains(where: { "/\\?#".contains($0) }) else {
            throw CosmosError(
                operation: operation, status: 400, code: "BadRequest",
                advice: "an item's id has 1 to 1023 bytes and none of / \\ ? #")
        }
    }

    /// Creates an item.
    ///
    /// - Throws: `CosmosError`, `isConflict` when the id exists in the partition.
    @discardableResult
    public func create(_ item: JSONValue, partition: String) async throws -> Item {
        let answer = try await send(try call("create item", .post, partition: partition, body: item))
        return Item(value: answer.json, charge: answer.charge)
    }

    /// Creates or replaces an item.
    @discardableResult
    public func upsert(
        _ item: JSONValue, partition: String, condition: Condition = .none
    ) async throws -> Item {
        var call = try call("upsert item", .post, partition: partition, body: item, condition: condition)
        call.fields["x-ms-documentdb-is-upsert"] = "True"
        let answer = try await send(call)
        return Item(value: answer.json, charge: answer.charge)
    }

    /// Replaces an item.
    ///
    /// - Throws: `CosmosError`, `isPreconditionFailed` when the condition does not hold, `isNotFound`.
    @discardableResult
    public func replace(
        _ id: String, _ item: JSONValue, partition: String, condition: Condition = .none
    ) async throws -> Item {
        let answer = try await send(
            try call("replace item", .put, id: id, partition: partition, body: item, condition: condition))
        return Item(value: answer.json, charge: answer.charge)
    }

    /// Reads an item; `nil` when it is not there.
    public func item(_ id: String, partition: String) async throws -> Item? {
        var call = try call("read item", .get, id: id, partition: partition)
        call.accepts = [404]
        let answer = try await send(call)
        return answer.status == 200 ? Item(value: answer.json, charge: answer.charge) : nil
    }

    /// Reads an item's value; `nil` when it is not there.
    public func read(_ id: String, partition: String) async throws -> JSONValue? {
        try await item(id, partition: partition)?.value
    }

    /// Deletes an item. Returns whether there was one.
    @discardableResult
    public func delete(_ id: String, partition: String, condition: Condition = .none) async throws -> Bool {
        var call = try call("delete item", .delete, id: id, partition: partition, condition: condition)
        call.accepts = [404]
        return try await send(call).status == 204
    }

    /// Escapes what a header field cannot carry.
    private static func ascii(_ text: String) -> String {
        var result = ""
        for unit in text.utf16 {
            if unit < 128, let scalar = Unicode.Scalar(unit) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}

/// The newest session token that the service has given, so that reads see what was written before them.
private final class SessionToken: Sendable {
    private let token = Mutex<String?>(nil)
    var value: String? { token.withLock { $0 } }
    func note(_ new: String) { token.withLock { $0 = new } }
}
