import Chroma
import CosmosQuery
import JSONCoding
import LinearRegex
import Tools

extension FuzzedParser {
    /// Languages that callers write queries in.
    static let languages: [FuzzedParser] = [
        .text("pattern") { text in
            // A line of pattern, then what it is matched with.
            let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard let pattern = try? LinearPattern(String(parts[0])) else { return }
            _ = pattern.matches(String(parts.last ?? ""))
        },
        .text("cosmos-query") { text in
            guard let query = try? QueryParser.parse(text) else { return }
            let item: JSONValue = ["id": "1", "a": ["b": [1, 2.5, nil, "x"]], "n": 7, "s": "text", "f": true]
            _ = try? Evaluator(parameters: ["@p": 1], now: 0).results(of: query, in: Scope(item: item))
            _ = try? QueryPlan(query, parameters: [:]).json(ranges: [])
        },
        FuzzedParser("chroma-filter") { bytes in
            guard let body = try? JSONParser.parse(bytes) else { return }
            if let filter = try? WhereFilter.parse(body["where"]) { _ = (filter.operands, filter.needsDocument) }
            if let filter = try? WhereFilter.parseDocument(body["where_document"]) { _ = filter.needsDocument }
            if let rank = body["rank"] { _ = try? RankExpression(rank) }
        },
        FuzzedParser("chroma-records") { bytes in
            guard let body = try? JSONParser.parse(bytes) else { return }
            for kind in [RecordBatch.Kind.add, .update, .upsert] { _ = try? RecordBatch(body, kind: kind) }
            _ = try? CollectionSchema(
                configuration: body["configuration"], schema: body["schema"], metadata: nil, allowsSparse: true)
        },
        FuzzedParser("json-schema") { bytes in
            guard let body = try? JSONParser.parse(bytes), let schema = body["schema"] else { return }
            _ = JSONSchema(schema).problems(body["value"] ?? .null)
        },
    ]
}
