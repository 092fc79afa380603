import AzureSignatures
import CosmosQuery
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// Cosmos DB's REST operations for databases, containers, items and throughput.
struct CosmosService: Sendable {
    let store: CosmosStore
    let keys: [CosmosMasterKey]
    let authority: TokenAuthority
    let ranges: PartitionRanges

    /// Whether several ranges are simulated, with all that clients have to do about them.
    var isStrict: Bool { ranges.ranges.count > 1 }

    /// Larger than what is accepted, so that the service's own error can be given.
    static let bodyLimit = 4 << 20
    /// The parser's limit for bodies; deeper than an item may be, so that the service's own error can be given.
    static let maximumDepth = ItemText.maximumNesting + 10
    /// Largest item or request.
    static let maximumBytes = 2 << 20

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let activity = request.fields["x-ms-activity-id"] ?? UUIDv7.random()
        var response: HTTPResponse
        do {
            response = try await route(request)
        } catch {
            response = CosmosFailure(error).response(activity: activity)
        }
        response.fields["x-ms-activity-id"] = activity
        if response.fields["x-ms-request-charge"] == nil { response.fields["x-ms-request-charge"] = "1" }
        response.fields["x-ms-serviceversion"] = "version=apus"
        if let id = request.fields["x-ms-client-request-id"], id.utf8.count <= 1024 {
            response.fields["x-ms-client-request-id"] = id
        }
        return response
    }

    private func route(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let parts = request.target.segments else { throw CosmosFailure.bad("The path is not UTF-8.") }
        // No operation has query parameters: what one might select is not what would be acted on.
        guard request.target.query.isEmpty else { throw CosmosFailure.unsupported }
        let sender = try Authorization(service: self, request: request, parts: parts).check()
        let schema = SchemaOperations(store: store, request: request, isIdentity: sender == .identity)
        switch (parts.count, parts.first ?? "") {
        case (0, _): return Self.account(request)
        case (1, "dbs"): return try await schema.databases()
        case (2, "dbs"): return try await schema.database(parts[1])
        case (1, "offers"): return try await OfferOperations(store: store, request: request).query()
        case (2, "offers"): return try await OfferOperations(store: store, request: request).offer(parts[1])
        case (3, "dbs") where parts[2] == "colls": return try await schema.containers(parts[1])
        case (4, "dbs") where parts[2] == "colls": return try await schema.container(parts[1], parts[3])
        case (5..., "dbs") where parts[2] == "colls":
            return try await inContainer(
                request, try store.container(parts[1], parts[3]), named: parts[3], Array(parts[4...]))
        default: throw CosmosFailure.unsupported
        }
    }

    private func inContainer(
        _ request: HTTPRequest, _ container: CosmosStore.Container, named name: String, _ parts: [String]
    ) async throws -> HTTPResponse {
        if let intended = request.fields["x-ms-cosmos-intended-collection-rid"], intended != container.rid {
            throw CosmosFailure.bad("The intended container was replaced by another of its name.", subStatus: 1024)
        }
        let isByResourceID = name == container.rid && name != container.name
        let items = ItemOperations(
            service: self, container: container, request: request, isByResourceID: isByResourceID)
        var response: HTTPResponse
        switch (parts[0], parts.count) {
        case ("docs", 1): response = try await items.feed()
        case ("docs", 2): response = try await items.item(parts[1])
        case ("pkranges", 1): response = ranges.answer(request, container)
        case ("operations", 2) where parts[1] == "partitionkeydelete" && request.method == .post:
            response = try await items.deletePartition()
        case ("conflicts", 1) where request.method == .get:
            response = Self.feed("Conflicts", [], rid: container.rid)
        default: throw CosmosFailure.unsupported
        }
        response.fields["x-ms-schemaversion"] = "1.19"
        if isStrict {
            let lsn = try store.reader.query("SELECT lsn FROM containers WHERE key = ?", [.integer(container.id)])
            response.fields["x-ms-alt-content-path"] =
                "dbs/\(percentEncoded(container.database))/colls/\(percentEncoded(container.name))"
            response.fields["x-ms-session-token"] = "0:-1#\(lsn.first?[0].int ?? 0)"
        }
        return response
    }

    /// The account document names the address that the caller used, so that it works behind any port mapping.
    private static func account(_ request: HTTPRequest) -> HTTPResponse {
        let scheme = request.connection.isEncrypted ? "https" : "http"
        let location: JSONValue = [
            "name": "Local",
            "databaseAccountEndpoint": .string("\(scheme)://\(request.fields["host"] ?? "127.0.0.1")/"),
        ]
        return HTTPResponse(
            json: [
                "_self": "", "id": "local", "_rid": "local", "media": "//media/", "addresses": "//addresses/",
                "_dbs": "//dbs/", "writableLocations": [location], "readableLocations": [location],
                "enableMultipleWriteLocations": false,
                "userReplicationPolicy": ["asyncReplication": false, "minReplicaSetSize": 1, "maxReplicasetSize": 4],
                "userConsistencyPolicy": ["defaultConsistencyLevel": "Session"],
                "systemReplicationPolicy": ["minReplicaSetSize": 1, "maxReplicasetSize": 4],
                "readPolicy": ["primaryReadCoefficient": 1, "secondaryReadCoefficient": 1],
                "queryEngineConfiguration": .string(
                    "{\"maxSqlQueryInputLength\":524288,\"maxJoinsPerSqlQuery\":10,\"maxLogicalAndPerSqlQuery\":2000,"
                        + "\"maxLogicalOrPerSqlQuery\":2000,\"maxInExpressionItemsCount\":16000,"
                        + "\"queryMaxInMemorySortDocumentCount\":500,\"sqlAllowTop\":true,\"sqlAllowLike\":true,"
                        + "\"sqlAllowSubQuery\":true,\"sqlAllowScalarSubQuery\":true,\"sqlAllowGroupByClause\":true,"
                        + "\"sqlAllowAggregateFunctions\":true}"),
            ])
    }

    /// The body of a list of resources.
    static func feed(_ name: String, _ items: [JSONValue], rid: String) -> HTTPResponse {
        var response = HTTPResponse(
            json: .object(["_rid": .string(rid), name: .array(items), "_count": .int(Int64(items.count))]))
        response.fields["x-ms-item-count"] = String(items.count)
        return response
    }
}

extension HTTPRequest {
    /// A field that is a truth value in any case.
    func flag(_ name: String) -> Bool { fields[name]?.lowercased() == "true" }

    /// The body as JSON, within the service's limit.
    func cosmosBody() async throws -> JSONValue {
        try JSONParser.parse(try await cosmosBytes(), maximumDepth: CosmosService.maximumDepth)
    }

    /// The body, within the service's limit.
    func cosmosBytes() async throws -> [UInt8] {
        let bytes = try await body.collect(limit: CosmosService.bodyLimit)
        guard bytes.count <= CosmosService.maximumBytes else { throw CosmosFailure.tooLarge }
        return bytes
    }
}
