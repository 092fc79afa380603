public import AzureIdentity
import AzureSignatures
public import HTTPClient
import HTTPMessages
public import JSONCoding
public import Problems
import Telemetry

/// A Cosmos DB call that did not succeed.
public struct CosmosError: Error, Sendable, CustomStringConvertible {
    public let operation: String
    /// Status of the answer; 0 when there was none.
    public let status: Int
    /// The service's code or the reason that there was no answer.
    public let code: String
    public let activityID: String

    /// Whether the service could not be reached or is unwell.
    public var isUnavailable: Bool { status == 0 || status >= 500 || [408, 410, 429, 449].contains(status) }
    /// Whether the item exists already.
    public var isConflict: Bool { status == 409 }
    /// Whether the item is not there.
    public var isNotFound: Bool { status == 404 }

    public var description: String { "Cosmos DB: \(operation): \(status) \(code), activity \(activityID)" }
}

/// Items of one container, each call within one partition.
public struct CosmosContainer: Sendable {
    private let endpoint: String
    private let key: CosmosMasterKey?
    private let identity: TokenSource?
    private let client: HTTPClient
    private let database: String
    private let container: String

    /// A container that may not exist yet.
    ///
    /// - Parameters:
    ///   - key: Master key; `nil` for managed identity.
    public init(
        endpoint: String, key: String?, identity: TokenSource?, client: HTTPClient, database: String, container: String
    ) throws(CosmosError) {
        self.endpoint = endpoint
        if let key {
            guard let parsed = CosmosMasterKey(base64Key: key) else {
                throw CosmosError(operation: "configure", status: 400, code: "the key is not base64", activityID: "")
            }
            self.key = parsed
        } else {
            self.key = nil
        }
        self.identity = identity
        self.client = client
        self.database = database
        self.container = container
    }

    /// Makes database and container where missing. Identity may not do that, so it is skipped without a key.
    public func createIfMissing(partitionKeyPath: String) async throws {
        guard key != nil else { return }
        _ = try await call(
            "create database", .post, type: "dbs", link: "", path: "/dbs", body: ["id": .string(database)],
            accepts: [409])
        _ = try await call(
            "create container", .post, type: "colls", link: "dbs/\(database)",
            path: "/dbs/\(percentEncoded(database))/colls",
            body: [
                "id": .string(container),
                "partitionKey": ["paths": [.string(partitionKeyPath)], "kind": "Hash", "version": 2],
            ], accepts: [409])
    }

    /// Creates an item.
    ///
    /// - Throws: `CosmosError`, `isConflict` when the id exists in the partition.
    public func create(_ item: JSONValue, partition: String) async throws {
        _ = try await items("create item", .post, partition: partition, body: item)
    }

    /// Creates or replaces an item.
    public func upsert(_ item: JSONValue, partition: String) async throws {
        _ = try await items(
            "upsert item", .post, partition: partition, body: item, fields: ["x-ms-documentdb-is-upsert": "True"])
    }

    /// Reads an item; `nil` when it is not there.
    public func read(_ id: String, partition: String) async throws -> JSONValue? {
        let answer = try await items("read item", .get, id: id, partition: partition, accepts: [404])
        return answer.status == 200 ? answer.json : nil
    }

    /// Deletes an item. Returns whether there was one.
    @discardableResult
    public func delete(_ id: String, partition: String) async throws -> Bool {
        try await items("delete item", .delete, id: id, partition: partition, accepts: [404]).status == 204
    }

    /// Runs a query in one partition and collects every page, up to `limit` rows.
    ///
    /// - Parameter parameters: Values of `@name` in the query.
    public func query(
        _ text: String, _ parameters: [(String, JSONValue)] = [], partition: String, limit: Int = 10_000
    ) async throws -> [JSONValue] {
        let list = parameters.map { JSONValue.object(["name": .string($0.0), "value": $0.1]) }
        let body: JSONValue = ["query": .string(text), "parameters": .array(list)]
        var rows: [JSONValue] = []
        var continuation: String?
        repeat {
            var fields: HTTPFields = [
                "Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True",
                "x-ms-max-item-count": "1000",
            ]
            fields["x-ms-continuation"] = continuation
            let answer = try await items("query items", .post, partition: partition, body: body, fields: fields)
            rows += answer.json["Documents"]?.array ?? []
            continuation = answer.fields["x-ms-continuation"]
        } while continuation != nil && rows.count < limit
        return Array(rows.prefix(limit))
    }

    /// Whether the service answers.
    public func probe() async throws {
        _ = try await call(
            "read container", .get, type: "colls", link: "dbs/\(database)/colls/\(container)",
            path: "/dbs/\(percentEncoded(database))/colls/\(percentEncoded(container))", accepts: [404, 403])
    }

    private struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let json: JSONValue
    }

    private func items(
        _ operation: String, _ method: HTTPMethod, id: String? = nil, partition: String, body: JSONValue? = nil,
        fields: HTTPFields = [:], accepts: [Int] = []
    ) async throws -> Answer {
        var fields = fields
        fields["x-ms-documentdb-partitionkey"] = Self.ascii(JSONValue.array([.string(partition)]).text)
        let link = "dbs/\(database)/colls/\(container)"
        let path = "/dbs/\(percentEncoded(database))/colls/\(percentEncoded(container))/docs"
        return try await call(
            operation, method, type: "docs", link: id.map { "\(link)/docs/\($0)" } ?? link,
            path: id.map { "\(path)/\(percentEncoded($0))" } ?? path, body: body, fields: fields, accepts: accepts)
    }

    private func call(
        _ operation: String, _ method: HTTPMethod, type: String, link: String, path: String, body: JSONValue? = nil,
        fields: HTTPFields = [:], accepts: [Int]
    ) async throws -> Answer {
        // Throttled calls wait as told, within a deadline; item ids are fixed, so repeating is harmless.
        let deadline = ContinuousClock.now + .seconds(20)
        var wait = Duration.milliseconds(50)
        while true {
            do {
                return try await attempt(operation, method, type, link, path, body, fields, accepts)
            } catch let error as ThrottledError {
                let pause = error.wait ?? wait
                guard ContinuousClock.now + pause < deadline else { throw error.underlying }
                try await Task.sleep(for: pause)
                wait = min(wait * 2, .seconds(2))
            }
        }
    }

    private struct ThrottledError: Error {
        let wait: Duration?
        let underlying: CosmosError
    }

    private func attempt(
        _ operation: String, _ method: HTTPMethod, _ type: String, _ link: String, _ path: String, _ body: JSONValue?,
        _ fields: HTTPFields, _ accepts: [Int]
    ) async throws -> Answer {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        var request = HTTPClient.Request(method, endpoint + path, fields: fields, body: .bytes(body?.encoded ?? []))
        if request.fields["content-type"] == nil { request.fields["Content-Type"] = "application/json" }
        request.fields["x-ms-date"] = date
        request.fields["x-ms-version"] = "2018-12-31"
        if let key {
            request.fields["authorization"] = key.authorization(
                method: method, resourceType: type, resourceLink: link, date: date)
        } else if let identity {
            let token = try await identity.token(for: "https://cosmos.azure.com")
            request.fields["authorization"] = percentEncoded("type=aad&ver=1.0&sig=\(token)")
        }
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request)
        } catch let error as HTTPClientError {
            throw CosmosError(operation: operation, status: 0, code: error.description, activityID: "")
        }
        let status = answer.status.rawValue
        let json = answer.body.isEmpty ? .null : (try? JSONParser.parse(answer.body)) ?? .null
        if answer.status.isSuccess || accepts.contains(status) {
            return Answer(status: status, fields: answer.fields, json: json)
        }
        let error = CosmosError(
            operation: operation, status: status, code: json["code"]?.string ?? "unknown",
            activityID: answer.fields["x-ms-activity-id"] ?? "")
        guard [429, 449, 503].contains(status) else { throw error }
        let milliseconds = answer.fields["x-ms-retry-after-ms"].flatMap { Double($0) }
        throw ThrottledError(wait: milliseconds.map { .milliseconds(Int64($0)) }, underlying: error)
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

extension CosmosError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(
                .serviceUnavailable, "The message store (Cosmos DB) is not available. Please try again in a moment.")
            : Problem(
                .internalServerError,
                "The message store refused the request. The log has the reason under the request id.")
    }
}
