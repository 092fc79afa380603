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
        let evaluator = Evaluator(
            parameters: asked.parameters, now: store.clock.milliseconds, rules: container.rules)
        let rows: [Row]
        var limit = size
        if query.isDistinct || query.aggregates || query.sources.isEmpty || query.leading != nil {
            rows = try store.reader.snapshot { access in
                try combined(query, evaluator, after: token?.sent ?? 0, count: size, access)
            }
        } else {
            var skip = 0
            if let offset = query.offset, let count = query.limit {
                skip = token == nil ? try evaluator.count(offset) : 0
                limit = min(limit, try evaluator.count(count) - (token?.sent ?? 0))
            }
            if let top = query.top { limit = min(limit, try evaluator.count(top) - (token?.sent ?? 0)) }
            limit = max(0, limit)
            let wanted = skip + limit + 1
            let found = try store.reader.snapshot { access in
                query.order.isEmpty
                    ? try streamed(query, evaluator, after: token, count: wanted, access)
                    : try sorted(query, evaluator, after: token, count: wanted, access)
            }
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
    ///
    /// An index knows which items these are, and has nothing of them that would have to be sorted but their numbers. In
    /// their order the items are then taken out of the table, as one run where most that lie there belong to it.
    private func forEachItem(
        from first: Int64, _ access: borrowing SQLiteDatabase.Access,
        _ visit: (_ seq: Int64, _ text: UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let (place, values) = scope.place(container)
        var numbers: [Int64] = []
        try access.scan("SELECT seq FROM items WHERE \(place) AND seq >= ?", values + [.integer(first)]) { row in
            numbers.append(row.int(0))
            return true
        }
        numbers.sort()
        guard let start = numbers.first, let end = numbers.last else { return }
        let alive = "(expires IS NULL OR expires > ?)"
        let now: SQLiteValue = .integer(store.clock.seconds)
        var failure: (any Error)?
        var goesOn = true
        func take(_ row: borrowing SQLiteRow) -> Bool {
            do {
                let seq = row.int(0)
                goesOn = try row.withBytes(1) { text in
                    Result { try visit(seq, text ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
                }.get()
            } catch {
                failure = error
                goesOn = false
            }
            return goesOn
        }
        if end - start < Int64(numbers.count) * 4 {
            try access.scan(
                """
                SELECT seq, body FROM items NOT INDEXED WHERE seq BETWEEN ? AND ? AND \(place) AND \(alive) ORDER BY seq
                """, [.integer(start), .integer(end)] + values + [now], take)
        } else {
            for number in numbers where goesOn {
                try access.scan(
                    "SELECT seq, body FROM items WHERE seq = ? AND \(alive)", [.integer(number), now], take)
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
        _ query: Query, _ evaluator: Evaluator, after token: Continuation?, count: Int,
        _ access: borrowing SQLiteDatabase.Access
    ) throws -> [Row] {
        var rows: [Row] = []
        let isWhole = Self.isWhole(query)
        let members = query.members(container.rules, withSelection: !isWhole).map { ItemText.Members($0) }
        try forEachItem(from: token?.seq ?? 0, access) { seq, text in
            func whole() -> String { String(decoding: text, as: UTF8.self) }
            if isWhole, query.filter == nil {
                if seq != token?.seq { rows.append(Row(seq: seq, row: 0, keys: [], text: whole())) }
                return rows.count < count
            }
            let item = try ItemText.parse(text, members: members)
            for (number, bound) in try evaluator.rows(of: query, in: Scope(item: item)).enumerated() {
                if let token, seq == token.seq, number <= token.row { continue }
                guard let value = isWhole ? item : try evaluator.projection(query, bound) else { continue }
                rows.append(Row(seq: seq, row: number, keys: [], text: isWhole ? whole() : value.text))
            }
            return rows.count < count
        }
        return Array(rows.prefix(count))
    }

    /// The first rows behind the token in the query's order. Only what they are ordered by is read of every item, and
    /// no more rows are kept than may be wanted.
    private func sorted(
        _ query: Query, _ evaluator: Evaluator, after token: Continuation?, count: Int,
        _ access: borrowing SQLiteDatabase.Access
    ) throws -> [Row] {
        typealias Place = (keys: [JSONValue?], seq: Int64, row: Int)
        let directions = try evaluator.directions(of: query)
        func comesBefore(_ left: Place, _ right: Place) -> Bool {
            let order = Evaluator.compare(left.keys, right.keys, directions)
            return order == 0 ? (left.seq, left.row) < (right.seq, right.row) : order < 0
        }
        var resume = token
        if let token, token.keys == nil { resume = try keys(of: token, query, evaluator, access) }
        let start: Place? = resume.map { ($0.keys ?? [], $0.seq, $0.row) }
        var found: [Place] = []
        var last: Place?
        let members = query.members(container.rules, withSelection: false).map { ItemText.Members($0) }
        try forEachItem(from: 0, access) { seq, text in
            let item = try ItemText.parse(text, members: members)
            for (number, bound) in try evaluator.rows(of: query, in: Scope(item: item)).enumerated() {
                guard let keys = try evaluator.sortKeys(query, bound) else { continue }
                let place: Place = (keys, seq, number)
                if let start, !comesBefore(start, place) { continue }
                if let last, !comesBefore(place, last) { continue }
                found.append(place)
            }
            if found.count >= 4 * max(count, 1024) {
                found.sort(by: comesBefore)
                found.removeSubrange(count...)
                last = found.last
            }
            return true
        }
        found.sort(by: comesBefore)
        return try rows(found, query, evaluator, count: count, access)
    }

    /// Places as rows, with what the query selects of their items.
    private func rows(
        _ found: [(keys: [JSONValue?], seq: Int64, row: Int)], _ query: Query, _ evaluator: Evaluator, count: Int,
        _ access: borrowing SQLiteDatabase.Access
    ) throws -> [Row] {
        let isWhole = Self.isWhole(query)
        var rows: [Row] = []
        for place in found {
            guard rows.count < count else { break }
            let stored = try access.query("SELECT body FROM items WHERE seq = ?", [.integer(place.seq)])
            guard let text = stored.first?[0].string else { continue }
            var selected: String? = text
            if !isWhole {
                let bound = try evaluator.rows(of: query, in: Scope(item: try ItemText.parse(text)))
                selected = try evaluator.projection(query, bound[place.row])?.text
            }
            if let selected {
                rows.append(Row(seq: place.seq, row: place.row, keys: place.keys, text: selected))
            }
        }
        return rows
    }

    /// The sort keys of a token that could not hold them, read from its item again.
    private func keys(
        of token: Continuation, _ query: Query, _ evaluator: Evaluator, _ access: borrowing SQLiteDatabase.Access
    ) throws -> Continuation? {
        let rows = try access.query("SELECT body FROM items WHERE seq = ?", [.integer(token.seq)])
        guard let body = rows.first?[0].string else {
            throw CosmosFailure.bad("The continuation token is of an item that is gone; please begin again.")
        }
        let bound = try evaluator.rows(of: query, in: Scope(item: try ItemText.parse(body)))
        guard bound.indices.contains(token.row) else { return token }
        var result = token
        result.keys = try evaluator.sortKeys(query, bound[token.row])
        return result
    }

    /// Rows of queries that need all of their input; they are counted, since they have no item of their own.
    private func combined(
        _ query: Query, _ evaluator: Evaluator, after sent: Int, count: Int,
        _ access: borrowing SQLiteDatabase.Access
    ) throws -> [Row] {
        var bound: [Scope] = []
        if query.sources.isEmpty {
            bound = [Scope(item: nil)]
        } else {
            let members = query.members(container.rules, withSelection: true).map { ItemText.Members($0) }
            var items: [JSONValue] = []
            try forEachItem(from: 0, access) { _, text in
                let item = try ItemText.parse(text, members: members)
                if query.leading == nil {
                    bound += try evaluator.rows(of: query, in: Scope(item: item))
                } else {
                    items.append(item)
                }
                return true
            }
            if query.leading != nil { bound = try evaluator.rows(of: query, over: items) }
        }
        return try evaluator.results(of: query, rows: bound).dropFirst(sent).prefix(count + 1).map {
            Row(seq: 0, row: 0, keys: [], text: $0.text)
        }
    }
}
