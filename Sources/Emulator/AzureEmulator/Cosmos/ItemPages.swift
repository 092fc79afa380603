import CosmosQuery
import HTTPMessages
import HTTPServing
import JSONCoding
import SQLite

/// Lists and queries of items, page by page. A page resumes behind the last row that was sent, by its sort keys and
/// item, so that writes in between neither skip nor repeat what stays.
struct ItemPages {
    let store: CosmosStore
    let container: CosmosStore.Container
    let request: HTTPRequest
    let scope: ItemScope

    private static let maximumBytes = 4_000_000

    /// An item as stored.
    private struct Item {
        let seq: Int64
        let body: String
    }

    /// A row with what is needed to go on behind it.
    private struct Row {
        let seq: Int64
        let row: Int
        let keys: [JSONValue?]
        let text: String
    }

    func list() throws -> HTTPResponse {
        try page(QueryRequest(["query": "SELECT * FROM c"]))
    }

    func query(_ asked: QueryRequest) throws -> HTTPResponse { try page(asked) }

    private func page(_ asked: QueryRequest) throws -> HTTPResponse {
        let size = try QueryRequest.pageSize(request)
        let token = try request.fields["x-ms-continuation"].flatMap { $0.isEmpty ? nil : $0 }.map {
            text throws(CosmosFailure) in try Continuation(text, identity: asked.identity)
        }
        let query = asked.query
        let evaluator = Evaluator(parameters: asked.parameters, now: store.clock.milliseconds)
        let rows: [Row]
        var limit = size
        if query.isDistinct || query.aggregates || query.sources.isEmpty {
            rows = try combined(query, evaluator, after: token?.sent ?? 0, count: size)
        } else {
            var skip = 0
            if let offset = query.offset, let count = query.limit {
                skip = token == nil ? try evaluator.count(offset) : 0
                limit = min(limit, try evaluator.count(count) - (token?.sent ?? 0))
            }
            if let top = query.top { limit = min(limit, try evaluator.count(top) - (token?.sent ?? 0)) }
            limit = max(0, limit)
            let wanted = skip + limit + 1
            let found =
                query.order.isEmpty
                ? try streamed(query, evaluator, after: token, count: wanted)
                : try sorted(query, evaluator, after: token, count: wanted)
            rows = Array(found.dropFirst(skip))
        }
        // With a limit of the query's own there is no next page behind its last row.
        let isBounded = limit < size
        return answer(rows, limit: limit, isBounded: isBounded, token: token ?? Continuation(), asked: asked)
    }

    private func answer(
        _ rows: [Row], limit: Int, isBounded: Bool, token: Continuation, asked: QueryRequest
    ) -> HTTPResponse {
        var body: [UInt8] = "{\"_rid\":\"\(container.rid)\",\"Documents\":[".bytes
        var count = 0
        for row in rows.prefix(limit) {
            if count > 0, body.count + row.text.utf8.count > Self.maximumBytes { break }
            if count > 0 { body.append(UInt8(ascii: ",")) }
            body += row.text.utf8
            count += 1
        }
        body += "],\"_count\":\(count)}".utf8
        var fields: HTTPFields = ["Content-Type": "application/json", "x-ms-item-count": String(count)]
        let hasMore = count < min(limit, rows.count) || rows.count > limit && !isBounded
        if hasMore, count > 0 {
            var next = Continuation()
            let last = rows[count - 1]
            (next.sent, next.seq, next.row, next.keys) = (token.sent + count, last.seq, last.row, last.keys)
            fields["x-ms-continuation"] = next.text(identity: asked.identity)
        }
        return HTTPResponse(.ok, fields: fields, body: .bytes(body))
    }

    // MARK: - Rows

    /// Visits items in the order of their making until `visit` says to stop.
    private func forEachItem(from seq: Int64, _ visit: (Item) throws -> Bool) throws {
        let (condition, values) = scope.condition(container, now: store.clock.seconds)
        var failure: (any Error)?
        try store.reader.read { access in
            try access.scan(
                "SELECT seq, body FROM items WHERE \(condition) AND seq >= ? ORDER BY seq", values + [.integer(seq)]
            ) { row in
                do {
                    return try visit(Item(seq: row.int(0), body: row.text(1) ?? ""))
                } catch {
                    failure = error
                    return false
                }
            }
        }
        if let failure { throw failure }
    }

    /// Whether rows are the items as they are.
    private static func isWhole(_ query: Query) -> Bool {
        guard query.sources.count == 1, case .path(.variable(Evaluator.containerName)) = query.sources[0].kind else {
            return false
        }
        return query.selection == .all || query.selection == .value(.variable(query.sources[0].name))
    }

    private func streamed(
        _ query: Query, _ evaluator: Evaluator, after token: Continuation?, count: Int
    ) throws -> [Row] {
        var rows: [Row] = []
        let isWhole = Self.isWhole(query)
        try forEachItem(from: token?.seq ?? 0) { item in
            if isWhole, query.filter == nil {
                if item.seq != token?.seq { rows.append(Row(seq: item.seq, row: 0, keys: [], text: item.body)) }
                return rows.count < count
            }
            let parsed = try JSONParser.parse(item.body)
            for (number, bound) in try evaluator.rows(of: query, in: Scope(item: parsed)).enumerated() {
                if let token, item.seq == token.seq, number <= token.row { continue }
                guard let value = isWhole ? parsed : try evaluator.projection(query, bound) else { continue }
                rows.append(Row(seq: item.seq, row: number, keys: [], text: isWhole ? item.body : value.text))
            }
            return rows.count < count
        }
        return Array(rows.prefix(count))
    }

    private func sorted(
        _ query: Query, _ evaluator: Evaluator, after token: Continuation?, count: Int
    ) throws -> [Row] {
        var found: [(keys: [JSONValue?], seq: Int64, row: Int, text: String, bound: Scope)] = []
        var resume = token
        if let token, token.keys == nil { resume = try keys(of: token, query, evaluator) }
        try forEachItem(from: 0) { item in
            let parsed = try JSONParser.parse(item.body)
            for (number, bound) in try evaluator.rows(of: query, in: Scope(item: parsed)).enumerated() {
                let keys = try evaluator.sortKeys(query, bound)
                if let resume {
                    let order = Evaluator.compare(keys, resume.keys ?? [], query)
                    let isAfter = order > 0 || order == 0 && (item.seq, number) > (resume.seq, resume.row)
                    if !isAfter { continue }
                }
                found.append((keys, item.seq, number, item.body, bound))
            }
            return true
        }
        found.sort { left, right in
            let order = Evaluator.compare(left.keys, right.keys, query)
            return order == 0 ? (left.seq, left.row) < (right.seq, right.row) : order < 0
        }
        let isWhole = Self.isWhole(query)
        var rows: [Row] = []
        for entry in found {
            guard rows.count < count else { break }
            let text = isWhole ? entry.text : try evaluator.projection(query, entry.bound)?.text
            if let text { rows.append(Row(seq: entry.seq, row: entry.row, keys: entry.keys, text: text)) }
        }
        return rows
    }

    /// The sort keys of a token that could not hold them, read from its item again.
    private func keys(of token: Continuation, _ query: Query, _ evaluator: Evaluator) throws -> Continuation? {
        let rows = try store.reader.query("SELECT body FROM items WHERE seq = ?", [.integer(token.seq)])
        guard let body = rows.first?[0].string else {
            throw CosmosFailure.bad("The continuation token is of an item that is gone; please begin again.")
        }
        let bound = try evaluator.rows(of: query, in: Scope(item: try JSONParser.parse(body)))
        guard bound.indices.contains(token.row) else { return token }
        var result = token
        result.keys = try evaluator.sortKeys(query, bound[token.row])
        return result
    }

    /// Rows of queries that need all of their input; they are counted, since they have no item of their own.
    private func combined(_ query: Query, _ evaluator: Evaluator, after sent: Int, count: Int) throws -> [Row] {
        var bound: [Scope] = []
        if query.sources.isEmpty {
            bound = [Scope(item: nil)]
        } else {
            try forEachItem(from: 0) { item in
                bound += try evaluator.rows(of: query, in: Scope(item: try JSONParser.parse(item.body)))
                return true
            }
        }
        return try evaluator.results(of: query, rows: bound).dropFirst(sent).prefix(count + 1).map {
            Row(seq: 0, row: 0, keys: [], text: $0.text)
        }
    }
}
