package import JSONCoding

/// What the gateway tells clients that merge the answers of several partition key ranges themselves (.NET SDK,
/// `QueryPlanBaselineTests`; docs/reference/cosmos-db.md, 6.2).
package struct QueryPlan: Sendable {
    private let query: Query
    private let evaluator: Evaluator

    /// Plans a query with its parameters.
    package init(_ query: Query, parameters: [String: JSONValue], rules: ContainerRules = ContainerRules()) {
        self.query = query
        // It works out counts and directions alone, which no time is part of.
        evaluator = Evaluator(parameters: parameters, now: 0, rules: rules)
    }

    /// Whether one range's answer to the query as it stands is not a part of the whole answer.
    package var needsMerging: Bool {
        Self.needsMerging(query) || !canBeMerged
    }

    private static func needsMerging(_ query: Query) -> Bool {
        !query.order.isEmpty || query.isDistinct || query.top != nil || query.offset != nil || query.aggregates
    }

    /// Whether there is a plan by which clients merge the answers of several ranges. What a subquery at the start of
    /// FROM counts, orders or tells apart is the whole container's, and no client can put that together.
    package var canBeMerged: Bool {
        var inner = query.leading
        while let query = inner {
            if Self.needsMerging(query) { return false }
            inner = query.leading
        }
        return true
    }

    /// The answer to a plan request, for the ranges that have to be asked.
    package func json(ranges: JSONValue) throws(QueryError) -> JSONValue {
        let aggregates = query.selected.compactMap(Self.aggregateName)
        var types = JSONObject()
        if case .columns(let columns) = query.selection {
            for column in columns {
                types[column.name] = Self.aggregateName(column.expression).map { .string($0) } ?? nil
            }
        }
        let offset = try query.offset.map { value throws(QueryError) in try evaluator.count(value) }
        let limit = try query.limit.map { value throws(QueryError) in try evaluator.count(value) }
        let directions = try evaluator.directions(of: query)
        let info: JSONValue = [
            "distinctType": query.isDistinct ? (query.order.isEmpty ? "Unordered" : "Ordered") : "None",
            "top": try query.top.map { value throws(QueryError) in .int(Int64(try evaluator.count(value))) } ?? .null,
            "offset": offset.map { .int(Int64($0)) } ?? .null, "limit": limit.map { .int(Int64($0)) } ?? .null,
            "orderBy": .strings(directions.map { $0 ? "Descending" : "Ascending" }),
            "orderByExpressions": .strings(query.order.map(\.expression.text)),
            "groupByExpressions": .strings(query.groupBy.map(\.text)), "groupByAliases": [],
            "aggregates": query.groupBy.isEmpty && isValue ? .strings(aggregates) : [],
            "groupByAliasToAggregateType": .object(isValue ? JSONObject() : types),
            "rewrittenQuery": .string(rewritten(offset: offset, limit: limit)), "hasSelectValue": .bool(isValue),
            "dCountInfo": nil, "hasNonStreamingOrderBy": .bool(query.order.contains(where: \.isDistance)),
        ]
        return [
            "partitionedQueryExecutionInfoVersion": 2, "queryInfo": info, "queryRanges": ranges,
            "hybridSearchQueryInfo": nil,
        ]
    }

    private var isValue: Bool { if case .value = query.selection { true } else { false } }

    private static func aggregateName(_ expression: Expression) -> String? {
        guard case .call(let name, _) = expression, expression.isAggregate else { return nil }
        switch name {
        case "COUNTIF": return "CountIf"
        case "AVG": return "Average"
        default: return name.prefix(1) + name.dropFirst().lowercased()
        }
    }

    // MARK: - Rewriting

    private func rewritten(offset: Int?, limit: Int?) -> String {
        if !query.groupBy.isEmpty || query.aggregates { return aggregated }
        let window = offset.flatMap { offset in limit.map { " OFFSET 0 LIMIT \(offset + $0)" } } ?? ""
        let filter = query.filter.map { " AND \($0.text)" } ?? ""
        guard !query.order.isEmpty else {
            guard !window.isEmpty else { return "" }
            var plain = query
            plain.offset = nil
            plain.limit = nil
            return plain.text + window
        }
        let items = query.order.map { "{\"item\": \($0.expression.text)}" }.joined(separator: ", ")
        let name = query.sources.last?.name ?? Evaluator.containerName
        let root = query.sources.first?.name ?? Evaluator.containerName
        let top = query.top.map { "TOP \($0.text) " } ?? ""
        return "SELECT \(top)\(root)._rid, [\(items)] AS orderByItems, \(payload(name)) AS payload "
            + "\(query.inputText) WHERE ({documentdb-formattableorderbyquery-filter})\(filter) \(query.orderText)\(window)"
    }

    private func payload(_ name: String) -> String {
        switch query.selection {
        case .all: name
        case .value(let expression): expression.text
        case .columns(let columns):
            "{" + columns.map { "\(JSONValue.string($0.name).text): \($0.expression.text)" }.joined(separator: ", ")
                + "}"
        }
    }

    private var aggregated: String {
        let filter = query.filter.map { " WHERE \($0.text)" } ?? ""
        if !query.groupBy.isEmpty {
            let keys = query.groupBy.map { "{\"item\": \($0.text)}" }.joined(separator: ", ")
            let payload: String
            switch query.selection {
            case .columns(let columns):
                payload =
                    "{"
                    + columns.map { "\(JSONValue.string($0.name).text): \(Self.item($0.expression))" }
                    .joined(separator: ", ") + "}"
            case .value(let expression): payload = Self.item(expression)
            case .all: payload = "{}"
            }
            return "SELECT [\(keys)] AS groupByItems, \(payload) AS payload \(query.inputText)\(filter) GROUP BY "
                + query.groupBy.map(\.text).joined(separator: ", ")
        }
        switch query.selection {
        case .columns(let columns):
            let members = columns.map { "\(JSONValue.string($0.name).text): \(Self.item($0.expression))" }
            return "SELECT {\(members.joined(separator: ", "))} AS payload \(query.inputText)\(filter)"
        default:
            let items = query.selected.map(Self.item).joined(separator: ", ")
            return "SELECT VALUE [\(items)] \(query.inputText)\(filter)"
        }
    }

    /// An aggregate in the form that partial results are merged from.
    private static func item(_ expression: Expression) -> String {
        guard case .call(let name, let arguments) = expression, expression.isAggregate, let argument = arguments.first
        else { return expression.text }
        let value = argument.text
        switch name {
        case "AVG": return "{\"item\": {\"sum\": SUM(\(value)), \"count\": COUNT(\(value))}}"
        case "MIN", "MAX":
            let key = name.lowercased()
            return
                "{\"item\": \(name)(\(value)), \"item2\": {\"\(key)\": \(name)(\(value)), \"count\": COUNT(\(value))}}"
        default: return "{\"item\": \(name)(\(value))}"
        }
    }
}
