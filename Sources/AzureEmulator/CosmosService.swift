import AzureSignatures
import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// An error as Cosmos DB words it.
struct CosmosFailure: Error {
    let status: HTTPStatus
    let code: String
    let message: String
    let subStatus: Int?

    init(_ status: Int, _ code: String, _ message: String, subStatus: Int? = nil) {
        self.status = HTTPStatus(rawValue: status)
        self.code = code
        self.message = message
        self.subStatus = subStatus
    }
}

/// Cosmos DB's REST operations for databases, containers and items.
struct CosmosService: Sendable {
    let store: CosmosStore
    let keys: [CosmosMasterKey]

    static let bodyLimit = 2 << 20

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let activity = request.fields["x-ms-activity-id"] ?? UUIDv7.random()
        var response: HTTPResponse
        do {
            response = try await route(request)
        } catch {
            response = Self.response(for: error, activity)
        }
        response.fields["x-ms-activity-id"] = activity
        response.fields["x-ms-request-charge"] = "1"
        return response
    }

    private static func response(for error: any Error, _ activity: String) -> HTTPResponse {
        let failure: CosmosFailure
        switch error {
        case let error as CosmosFailure: failure = error
        case let error as CosmosSyntaxError: failure = CosmosFailure(400, "BadRequest", error.message)
        case let error as JSONSyntaxError: failure = CosmosFailure(400, "BadRequest", "The body is not JSON: \(error).")
        case is HTTPBodyTooLarge:
            failure = CosmosFailure(413, "RequestEntityTooLarge", "The request is larger than 2 MB.")
        default:
            Log(label: "azure-emulator").error("cosmos request failed", ["error": String(reflecting: error)])
            failure = CosmosFailure(500, "InternalServerError", "The server's log has the reason.")
        }
        var response = HTTPResponse(
            failure.status,
            json: ["code": .string(failure.code), "message": .string("\(failure.message)\r\nActivityId: \(activity)")])
        if failure.status == .notModified { response.body = .bytes([]) }
        response.fields["x-ms-substatus"] = failure.subStatus.map(String.init)
        return response
    }

    private func route(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let parts = request.target.segments else {
            throw CosmosFailure(400, "BadRequest", "The path is not UTF-8.")
        }
        try authorise(request, parts)
        let collections = CosmosContainers(store: store)
        switch (parts.count, parts.count > 4 ? parts[4] : parts.count > 2 ? parts[2] : parts.first) {
        case (0, _): return Self.account(request)
        case (1, "dbs"): return try await collections.databases(request)
        case (2, _) where parts[0] == "dbs": return try await collections.database(request, parts[1])
        case (3, "colls"): return try await collections.containers(request, parts[1])
        case (4, "colls"): return try await collections.container(request, parts[1], parts[3])
        case (5, "docs"):
            return try await CosmosItems(store: store, container: try store.container(parts[1], parts[3])).feed(request)
        case (6, "docs"):
            return try await CosmosItems(store: store, container: try store.container(parts[1], parts[3])).item(
                request, parts[5])
        case (5, "pkranges"): return Self.ranges(request, try store.container(parts[1], parts[3]))
        default: throw CosmosFailure(501, "NotImplemented", "The emulator does not support this resource.")
        }
    }

    /// Checks the date and the master-key signature over the decoded link.
    private func authorise(_ request: HTTPRequest, _ parts: [String]) throws(CosmosFailure) {
        guard let dateText = request.fields["x-ms-date"], let date = Timestamp.seconds(httpDate: dateText),
            abs(date - Timestamp.nowMilliseconds() / 1000) <= 900
        else { throw CosmosFailure(403, "Forbidden", "x-ms-date is missing or more than 15 minutes off.") }
        // Paths alternate types and ids; with an odd number of segments the request is about the last type's feed.
        let type = parts.count % 2 == 1 ? parts[parts.count - 1] : (parts.count > 1 ? parts[parts.count - 2] : "")
        let link = parts.count % 2 == 1 ? parts.dropLast().joined(separator: "/") : parts.joined(separator: "/")
        let text = CosmosMasterKey.stringToSign(
            method: request.method, resourceType: type, resourceLink: link, date: dateText)
        let given = request.fields["authorization"].flatMap { percentDecoded($0) } ?? ""
        for key in keys {
            let expected = "type=master&ver=1.0&sig=\(key.signature(text))"
            if Digest.constantTimeEqual(expected.bytes, given.bytes) { return }
        }
        throw CosmosFailure(
            401, "Unauthorized",
            "The input authorization token can't serve the request. Server used the following payload to sign: "
                + "'\(text.replacing("\n", with: "\\n"))'")
    }

    /// The account document names the address that the caller used, so that it works behind any port mapping.
    private static func account(_ request: HTTPRequest) -> HTTPResponse {
        let location: JSONValue = [
            "name": "Local", "databaseAccountEndpoint": .string("http://\(request.fields["host"] ?? "127.0.0.1")/"),
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
                "queryEngineConfiguration": "{\"maxSqlQueryInputLength\":262144}",
            ])
    }

    /// One range covers everything. The repeated request with the etag must get 304, or SDKs ask for ever.
    private static func ranges(_ request: HTTPRequest, _ container: CosmosStore.Container) -> HTTPResponse {
        let etag = "\"\(container.rid)\""
        if request.fields["if-none-match"] == etag { return HTTPResponse(.notModified, fields: ["etag": etag]) }
        var response = HTTPResponse(
            json: [
                "_rid": .string(container.rid),
                "PartitionKeyRanges": [
                    [
                        "_rid": .string(container.rid), "id": "0", "_etag": .string(etag), "minInclusive": "",
                        "maxExclusive": "FF", "ridPrefix": 0, "throughputFraction": 1, "status": "online",
                        "parents": [],
                        "_ts": 0, "lsn": 1,
                    ]
                ], "_count": 1,
            ])
        response.fields["etag"] = etag
        return response
    }
}
