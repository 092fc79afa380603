import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// Items of one container.
struct CosmosItems: Sendable {
    let store: CosmosStore
    let container: CosmosStore.Container

    func feed(_ request: HTTPRequest) async throws -> HTTPResponse {
        switch request.method {
        case .get: return try page(request, query: nil)
        case .post:
            let body = try JSONParser.parse(try await request.body.collect(limit: CosmosService.bodyLimit))
            let type = request.fields["content-type"] ?? ""
            if request.flag("x-ms-documentdb-isquery") || type.hasPrefix("application/query+json") {
                return try page(request, query: body)
            }
            if request.flag("x-ms-cosmos-is-batch-request") { throw CosmosContainers.unsupported }
            return try await write(request, body, id: nil)
        default: throw CosmosContainers.unsupported
        }
    }

    func item(_ request: HTTPRequest, _ id: String) async throws -> HTTPResponse {
        switch request.method {
        case .get:
            let key = try partition(request)
            let rows = try store.database.query(
                "SELECT body, etag FROM items WHERE container = ? AND partition = ? AND id = ?",
                [.text(container.rid), .text(key), .text(id)])
            guard let row = rows.first else { throw Self.missing }
            let etag = row[1].string ?? ""
            if request.fields["if-none-match"] == etag { throw CosmosFailure(304, "NotModified", "Not modified.") }
            return HTTPResponse(
                .ok, fields: ["Content-Type": "application/json", "etag": etag],
                body: .bytes((row[0].string ?? "").bytes))
        case .put:
            let body = try JSONParser.parse(try await request.body.collect(limit: CosmosService.bodyLimit))
            return try await write(request, body, id: id)
        case .delete:
            let key = try partition(request)
            let match = request.fields["if-match"]
            try await store.database.write { access in
                let row: [SQLiteValue] = [.text(container.rid), .text(key), .text(id)]
                let current = try access.query(
                    "SELECT etag FROM items WHERE container = ? AND partition = ? AND id = ?", row)
                guard let etag = current.first?[0].string else { throw Self.missing }
                if let match, match != "*", match != etag { throw Self.changed }
                try access.query("DELETE FROM items WHERE container = ? AND partition = ? AND id = ?", row)
            }
            return HTTPResponse(.noContent)
        default: throw CosmosContainers.unsupported
        }
    }

    private static let missing = CosmosFailure(404, "NotFound", "The item does not exist.")
    private static let changed = CosmosFailure(412, "PreconditionFailed", "The item's etag is another.")

    // MARK: - Writing

    private func write(_ request: HTTPRequest, _ body: JSONValue, id: String?) async throws -> HTTPResponse {
        guard let given = body.object else {
            throw CosmosFailure(400, "BadRequest", "The item has to be a JSON object.")
        }
        let itemID = try CosmosContainers.validID(given["id"])
        if let id, id != itemID {
            throw CosmosFailure(400, "BadRequest", "The id in the body is not the one in the path.")
        }
        let key = try partition(request)
        guard key == keyText(body) else {
            throw CosmosFailure(
                400, "BadRequest", "The partition key in the header is not the one in the item.", subStatus: 1001)
        }
        let isUpsert = request.flag("x-ms-documentdb-is-upsert")
        let match = request.fields["if-match"]
        let rid = container.rid
        let etag = CosmosStore.newETag()
        let (complete, isNew) = try await store.database.write { access in
            let place: [SQLiteValue] = [.text(rid), .text(key), .text(itemID)]
            let current = try access.query(
                "SELECT etag, body FROM items WHERE container = ? AND partition = ? AND id = ?", place
            ).first
            if id != nil, current == nil { throw Self.missing }
            if id == nil, !isUpsert, current != nil {
                throw CosmosFailure(409, "Conflict", "An item with that id exists already in the partition.")
            }
            if let match, match != "*", current.map({ $0[0].string != match }) ?? true { throw Self.changed }
            let old = try current.flatMap { $0[1].string }.map { text throws in try JSONParser.parse(text) }
            var object = given
            let itemRid = old?["_rid"] ?? .string(CosmosStore.newRid(parent: rid, 8))
            object["_rid"] = itemRid
            object["_self"] = .string("dbs/x/colls/\(rid)/docs/\(itemRid.string ?? "")/")
            object["_etag"] = .string(etag)
            object["_attachments"] = "attachments/"
            object["_ts"] = CosmosStore.now()
            let complete = JSONValue.object(object)
            if current == nil {
                try access.query(
                    "INSERT INTO items (container, partition, id, etag, body) VALUES (?, ?, ?, ?, ?)",
                    place + [.text(etag), .text(complete.text)])
            } else {
                try access.query(
                    "UPDATE items SET etag = ?, body = ? WHERE container = ? AND partition = ? AND id = ?",
                    [.text(etag), .text(complete.text)] + place)
            }
            return (complete, current == nil)
        }
        var response = HTTPResponse(isNew ? .created : .ok, json: complete)
        response.fields["etag"] = etag
        if request.fields["prefer"] == "return=minimal" { response.body = .bytes([]) }
        return response
    }

    // MARK: - Partition keys

    /// The header's key in one spelling, so that `1` and `1.0` or `ü` and `\u00fc` are the same key.
    private func partition(_ request: HTTPRequest) throws -> String {
        guard let text = request.fields["x-ms-documentdb-partitionkey"] else {
            throw CosmosFailure(400, "BadRequest", "x-ms-documentdb-partitionkey is required.")
        }
        guard let list = try JSONParser.parse(text).array, list.count == 1 else {
            throw CosmosFailure(400, "BadRequest", "The partition key has to be a list of one value.")
        }
        return Self.normal(list[0])
    }

    private func keyText(_ body: JSONValue) -> String {
        var value: JSONValue? = body
        for name in container.keyPath { value = value?[name] }
        return Self.normal(value)
    }

    private static func normal(_ value: JSONValue?) -> String {
        switch value {
        case .string, .bool, .null: value?.text ?? ""
        case .int, .double: String(value?.double ?? 0)
        case .array, .object, nil: "undefined"
        }
    }

    // MARK: - Reading

    private func page(_ request: HTTPRequest, query: JSONValue?) throws -> HTTPResponse {
        var sql = "SELECT body FROM items WHERE container = ?"
        var values: [SQLiteValue] = [.text(container.rid)]
        if request.fields["x-ms-documentdb-partitionkey"] != nil {
            sql += " AND partition = ?"
            values.append(.text(try partition(request)))
        } else if query != nil, !request.flag("x-ms-documentdb-query-enablecrosspartition"),
            request.fields["x-ms-documentdb-partitionkeyrangeid"] == nil
        {
            throw CosmosFailure(400, "BadRequest", "Cross partition query is required but disabled.", subStatus: 1004)
        }
        var rows = try store.database.query(sql + " ORDER BY seq", values).compactMap { row in
            try row[0].string.map { text throws in try JSONParser.parse(text) }
        }
        if let query {
            var parameters: [String: JSONValue] = [:]
            for item in query["parameters"]?.array ?? [] {
                parameters[item["name"]?.string ?? ""] = item["value"] ?? .null
            }
            let parsed = try CosmosParser.parse(query["query"]?.string ?? "")
            rows = try CosmosEvaluator(query: parsed, parameters: parameters).run(rows)
        }
        // The token says how many rows were sent; with the fixed order of a partition it resumes exactly as long as
        // nothing before it is deleted.
        let start =
            try request.fields["x-ms-continuation"].map { text throws in
                guard text.hasPrefix("apus:"), let number = Int(text.dropFirst(5)), number >= 0 else {
                    throw CosmosFailure(400, "BadRequest", "The continuation token is not one of ours.")
                }
                return number
            } ?? 0
        let asked = request.fields["x-ms-max-item-count"].flatMap { Int($0) } ?? -1
        let size = asked > 0 ? min(asked, 1000) : 1000
        let slice = Array(rows.dropFirst(start).prefix(size))
        var response = CosmosContainers.feed("Documents", slice, rid: container.rid)
        response.fields["x-ms-item-count"] = String(slice.count)
        if start + slice.count < rows.count { response.fields["x-ms-continuation"] = "apus:\(start + slice.count)" }
        return response
    }
}

extension HTTPRequest {
    /// A field that is a truth value in any case.
    fileprivate func flag(_ name: String) -> Bool { fields[name]?.lowercased() == "true" }
}
