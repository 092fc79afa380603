import CosmosQuery
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite

/// Throughput of databases and containers: kept and given back; nothing is ever slowed down by it.
struct OfferOperations {
    let store: CosmosStore
    let request: HTTPRequest

    /// The content of an offer that a create asks for.
    static func offer(_ request: HTTPRequest) -> String? {
        if let text = request.fields["x-ms-offer-throughput"], let number = Int64(text) {
            return JSONValue.object(["offerThroughput": .int(number)]).text
        }
        guard let text = request.fields["x-ms-cosmos-offer-autopilot-settings"],
            let settings = try? JSONParser.parse(text)
        else { return nil }
        return JSONValue.object(["offerThroughput": 400, "offerAutopilotSettings": settings]).text
    }

    private func all() throws -> [JSONValue] {
        // A container without throughput of its own has the least there is, unless its database shares some.
        let rows = try store.reader.query(
            """
            SELECT rid, body, offer FROM databases WHERE offer IS NOT NULL UNION ALL
            SELECT containers.rid, containers.body, COALESCE(containers.offer, CASE WHEN databases.offer IS NULL THEN
                '{"offerThroughput":400}' END) AS content
            FROM containers JOIN databases ON databases.id = db WHERE content IS NOT NULL
            """)
        return try rows.map { row in
            let rid = row[0].string ?? ""
            let body = try JSONParser.parse(row[1].string ?? "")
            return [
                "offerVersion": "V2", "offerType": "Invalid", "resource": body["_self"] ?? .null,
                "offerResourceId": .string(rid), "content": try JSONParser.parse(row[2].string ?? "{}"),
                "id": .string(rid), "_rid": .string(rid), "_self": .string("offers/\(rid)/"),
                "_etag": body["_etag"] ?? .null, "_ts": body["_ts"] ?? .null,
            ]
        }
    }

    func query() async throws -> HTTPResponse {
        guard request.method == .post else { return CosmosService.feed("Offers", try all(), rid: "") }
        let asked = try QueryRequest(try await request.cosmosBody())
        let evaluator = Evaluator(parameters: asked.parameters, now: store.clock.milliseconds)
        let rows = try evaluator.rows(of: asked.query, over: try all())
        return CosmosService.feed("Offers", try evaluator.results(of: asked.query, rows: rows), rid: "")
    }

    func offer(_ rid: String) async throws -> HTTPResponse {
        if request.method == .put {
            let content = try await request.cosmosBody()["content"]
            guard let content, let throughput = content["offerThroughput"]?.int, throughput >= 100 else {
                throw CosmosFailure.bad("The content of an offer needs an offerThroughput of at least 100.")
            }
            try await store.changeSchema { access in
                for table in ["databases", "containers"] {
                    try access.query("UPDATE \(table) SET offer = ? WHERE rid = ?", [.text(content.text), .text(rid)])
                }
            }
        }
        guard let offer = try all().first(where: { $0["_rid"]?.string == rid }) else { throw CosmosFailure.missing }
        return HTTPResponse(json: offer)
    }
}
