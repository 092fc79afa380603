import CosmosQuery
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// Requests on the items of one container.
struct ItemOperations {
    let service: CosmosService
    let container: CosmosStore.Container
    let request: HTTPRequest
    /// Whether the request names what it is about by the ids that the service gave.
    let isByResourceID: Bool

    private var store: CosmosStore { service.store }

    func feed() async throws -> HTTPResponse {
        switch request.method {
        case .get where request.fields["a-im"] != nil:
            return try ChangeFeed(store: store, container: container, request: request, scope: try scope()).answer()
        case .get: return try ItemPages(store: store, container: container, request: request, scope: try scope()).list()
        case .post: return try await post()
        default: throw CosmosFailure(405, "MethodNotAllowed", "The method is not allowed on this resource.")
        }
    }

    private func post() async throws -> HTTPResponse {
        if request.flag("x-ms-cosmos-is-batch-request") { return try await batch() }
        let body = try await request.cosmosBody()
        if request.flag("x-ms-cosmos-is-query-plan-request") {
            let plan = try plan(try QueryRequest(body))
            let range: JSONValue = ["min": "", "max": "FF", "isMinInclusive": true, "isMaxInclusive": false]
            return HTTPResponse(json: try plan.json(ranges: [range]))
        }
        let isQuery =
            request.flag("x-ms-documentdb-isquery")
            || (request.fields["content-type"] ?? "").hasPrefix("application/query+json")
        if isQuery { return try query(body) }
        let writer = try writer()
        if request.flag("x-ms-documentdb-is-upsert") {
            let conditions = conditions
            return answer(try await store.database.write { try writer.upsert(body, conditions, $0) })
        }
        return answer(try await store.database.write { try writer.create(body, $0) })
    }

    private func batch() async throws -> HTTPResponse {
        let batch = try ItemBatch(try await request.cosmosBytes())
        guard request.fields["x-ms-cosmos-batch-atomic"]?.lowercased() == "false" else {
            return try await batch.run(try writer(), store.database)
        }
        var range: (minimum: String, maximum: String)?
        if case .range(let minimum, let maximum) = try scope() { range = (minimum, maximum) }
        let bulk = ItemBulk(
            batch: batch, container: container, clock: store.clock, range: range,
            goesOn: request.fields["x-ms-cosmos-batch-continue-on-error"]?.lowercased() != "false",
            key: try request.fields["x-ms-documentdb-partitionkey"].map { text throws(CosmosFailure) in
                try PartitionKey(header: text)
            })
        return try await bulk.run(store.database)
    }

    /// What clients do about a query, if they can do it.
    private func plan(_ asked: QueryRequest) throws -> QueryPlan {
        let plan = QueryPlan(asked.query, parameters: asked.parameters, rules: container.rules)
        guard !service.isStrict || plan.canBeMerged else {
            throw CosmosFailure.bad(
                "A subquery at the start of FROM that counts, orders or tells apart cannot be served across partitions."
            )
        }
        return plan
    }

    private func query(_ body: JSONValue) throws -> HTTPResponse {
        let asked = try QueryRequest(body)
        let scope = try scope()
        if case .all = scope {
            guard request.flag("x-ms-documentdb-query-enablecrosspartition") else {
                // Clients take sub-status 1004 for leave to ask each range by themselves. The real gateway gives none.
                throw CosmosFailure.bad(
                    "Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition to true, "
                        + "specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception.",
                    subStatus: service.isStrict ? nil : 1004)
            }
            if service.isStrict, try plan(asked).needsMerging {
                throw CosmosFailure.bad(
                    "The provided cross partition query can not be directly served by the gateway. This is a first chance (internal) "
                        + "exception that all newer clients will know how to handle gracefully.", subStatus: 1004)
            }
        }
        return try ItemPages(store: store, container: container, request: request, scope: scope).query(asked)
    }

    func item(_ name: String) async throws -> HTTPResponse {
        let id = isByResourceID ? try itemID(name) : name
        let conditions = conditions
        switch request.method {
        case .get, .head: return try read(id)
        case .put:
            let body = try await request.cosmosBody()
            let writer = try writer()
            return answer(try await store.database.write { try writer.replace(id, body, conditions, $0) })
        case .patch:
            let patch = try ItemPatch(try await request.cosmosBody())
            let writer = try writer()
            return answer(try await store.database.write { try writer.patch(id, patch, conditions, $0) })
        case .delete:
            let writer = try writer()
            return answer(try await store.database.write { try writer.delete(id, conditions, $0) })
        default: throw CosmosFailure(405, "MethodNotAllowed", "The method is not allowed on this resource.")
        }
    }

    /// The id of the item that a resource id, or an id behind the container's resource id, names.
    private func itemID(_ name: String) throws -> String {
        guard let seq = CosmosStore.itemNumber(container, name) else { return name }
        guard
            let id = try store.reader.query(
                "SELECT id FROM items WHERE seq = ? AND container = ?", [.integer(seq), .integer(container.id)]
            ).first?[0].string
        else { throw CosmosFailure.missing }
        return id
    }

    private func read(_ id: String) throws -> HTTPResponse {
        let outcome = try store.reader.read { try writer().read(id, $0) }
        if let tag = request.fields["if-none-match"], tag == outcome.etag || tag == "*" {
            var failure = CosmosFailure(304, "NotModified", "")
            failure.fields.add("etag", outcome.etag)
            throw failure
        }
        return answer(outcome)
    }

    func deletePartition() async throws -> HTTPResponse {
        guard case .partition(let key) = try scope() else {
            throw CosmosFailure.bad("x-ms-documentdb-partitionkey is required.")
        }
        try await store.database.write { [container] access in
            let gone = try access.query(
                "DELETE FROM items WHERE container = ? AND partition = ? RETURNING seq",
                [.integer(container.id), .text(key.text)])
            for row in gone { try access.query("DELETE FROM unique_values WHERE item = ?", [row[0]]) }
        }
        return HTTPResponse(.ok)
    }

    // MARK: - Parts

    private var conditions: ItemWriter.Conditions {
        .init(
            match: request.fields["if-match"], noneMatch: request.method == .get ? nil : request.fields["if-none-match"]
        )
    }

    private func answer(_ outcome: ItemWriter.Outcome) -> HTTPResponse {
        var fields: HTTPFields = [:]
        fields.add("etag", outcome.etag)
        let isMinimal = request.fields["prefer"]?.lowercased() == "return=minimal" && request.method != .get
        guard let body = outcome.body, !isMinimal else {
            return HTTPResponse(HTTPStatus(rawValue: outcome.status), fields: fields)
        }
        fields.append("Content-Type", "application/json")
        return HTTPResponse(HTTPStatus(rawValue: outcome.status), fields: fields, body: .bytes(body.bytes))
    }

    /// A writer in the partition that the request names.
    private func writer() throws(CosmosFailure) -> ItemWriter {
        if let text = request.fields["x-ms-documentdb-partitionkey"] {
            let key = try PartitionKey(header: text)
            guard key.components.count == container.keyPaths.count else {
                throw .bad(
                    "Partition key provided either doesn't correspond to definition in the collection or doesn't match partition key field values specified in the document.",
                    subStatus: 1001)
            }
            return ItemWriter(container: container, key: key, clock: store.clock)
        }
        throw .bad("PartitionKey value must be supplied for this operation.", subStatus: 1001)
    }

    /// The items that a request on the feed is about.
    private func scope() throws(CosmosFailure) -> ItemScope {
        if let start = request.fields["x-ms-start-epk"], let end = request.fields["x-ms-end-epk"] {
            return .range(start, end)
        }
        if let text = request.fields["x-ms-documentdb-partitionkey"] {
            let key = try PartitionKey(header: text)
            if key.components.count == container.keyPaths.count { return .partition(key) }
            guard !key.components.isEmpty, key.components.count < container.keyPaths.count else {
                throw .bad("The partition key has more components than the container's.", subStatus: 1001)
            }
            return .range(key.effective, key.effective + "FF")
        }
        guard let id = request.fields["x-ms-documentdb-partitionkeyrangeid"] else { return .all }
        guard let range = service.ranges[id.split(separator: ",").last.map(String.init) ?? id] else {
            throw CosmosFailure(410, "Gone", "The partition key range is gone.", subStatus: 1002)
        }
        return .range(range.minimum, range.maximum)
    }
}

/// Items that a list, query or change feed is about.
enum ItemScope: Sendable {
    case all
    case partition(PartitionKey)
    /// Effective partition keys from the first up to the second, compared as text.
    case range(String, String)

    /// The condition on rows of `items` whose time is not over, and its values.
    func condition(_ container: CosmosStore.Container, now seconds: Int64) -> (sql: String, values: [SQLiteValue]) {
        let (place, values) = place(container)
        return (place + " AND (expires IS NULL OR expires > ?)", values + [.integer(seconds)])
    }

    /// The condition on rows of `items`, and its values.
    func place(_ container: CosmosStore.Container) -> (sql: String, values: [SQLiteValue]) {
        let isInside = "container = ?"
        switch self {
        case .all: return (isInside, [.integer(container.id)])
        case .partition(let key): return (isInside + " AND partition = ?", [.integer(container.id), .text(key.text)])
        case .range(let start, let end):
            return (isInside + " AND epk >= ? AND epk < ?", [.integer(container.id), .text(start), .text(end)])
        }
    }
}
