import JSONCoding
import Testing

@testable import CosmosQuery

/// Runs queries over items as one partition does.
enum QueryFixture {
    /// A time that the functions for the current time give: 2026-11-20T07:23:12.345Z.
    static let now: Int64 = 1_795_159_392_345

    static func run(
        _ text: String, over items: [JSONValue] = [[:]], _ parameters: [String: JSONValue] = [:]
    ) throws -> [JSONValue] {
        let query = try QueryParser.parse(text)
        let evaluator = Evaluator(parameters: parameters, now: now)
        return try evaluator.results(
            of: query, rows: items.flatMap { try evaluator.rows(of: query, in: Scope(item: $0)) })
    }

    /// An expression's value as JSON text; `undefined` when it has none.
    static func value(
        _ expression: String, of item: JSONValue = [:], _ parameters: [String: JSONValue] = [:]
    ) throws -> String {
        try run("SELECT VALUE \(expression) FROM c", over: [item], parameters).first?.text ?? "undefined"
    }

    /// The error that a query ends in, and `nil` when it runs.
    static func error(
        _ text: String, over items: [JSONValue] = [[:]], _ parameters: [String: JSONValue] = [:]
    ) -> QueryError? {
        do {
            _ = try run(text, over: items, parameters)
            return nil
        } catch {
            return error as? QueryError
        }
    }

    /// JSON text as a value.
    static func json(_ text: String) throws -> JSONValue { try JSONParser.parse(text) }
}
