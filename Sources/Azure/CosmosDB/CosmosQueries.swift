import HTTPMessages
public import JSONCoding

extension CosmosContainer {
    /// One page of a query's rows.
    public struct Page: Sendable {
        public let rows: [JSONValue]
        /// Where the next page begins; `nil` at the end.
        public let continuation: String?
        /// Request units that the page took.
        public let charge: Double
    }

    /// One page of a query; it may be empty and still have a next one.
    ///
    /// - Parameters:
    ///   - partition: `nil` for all partitions, which the service does only for queries without order or aggregates.
    ///   - parameters: Values of `@name` in the query.
    ///   - continuation: That of the page before, for the same query.
    ///   - maximum: Rows that the page may have.
    public func page(
        _ text: String, _ parameters: [(String, JSONValue)] = [], partition: String?, continuation: String? = nil,
        maximum: Int = 1000
    ) async throws -> Page {
        let list = parameters.map { JSONValue.object(["name": .string($0.0), "value": $0.1]) }
        var call = try call(
            "query items", .post, partition: partition,
            body: ["query": .string(text), "parameters": .array(list)])
        call.fields["Content-Type"] = "application/query+json"
        call.fields["x-ms-documentdb-isquery"] = "True"
        if partition == nil { call.fields["x-ms-documentdb-query-enablecrosspartition"] = "True" }
        call.fields["x-ms-max-item-count"] = String(maximum)
        call.fields["x-ms-continuation"] = continuation
        let answer = try await send(call)
        return Page(
            rows: answer.json["Documents"]?.array ?? [], continuation: answer.fields["x-ms-continuation"],
            charge: answer.charge)
    }

    /// Runs a query in one partition, or in all of them, and collects every page, up to `limit` rows.
    public func query(
        _ text: String, _ parameters: [(String, JSONValue)] = [], partition: String?, limit: Int = 10_000
    ) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var continuation: String?
        repeat {
            let page = try await page(text, parameters, partition: partition, continuation: continuation)
            rows += page.rows
            continuation = page.continuation
        } while continuation != nil && rows.count < limit
        return Array(rows.prefix(limit))
    }
}
