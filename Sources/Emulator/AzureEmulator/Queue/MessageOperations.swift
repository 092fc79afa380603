import Digests
import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Operations on the messages of one queue.
struct MessageOperations {
    let service: QueueService
    let call: StorageCall
    let queue: QueueStore.Queue

    private static let never = Int64.max / 4
    private static let week = 604_800
    private static let maximumText = 65_536

    private var store: QueueStore { service.store }

    /// What the request asks for, with the parameters that it knows.
    func operation() throws -> StorageOperation {
        let check = service.check(call, queue)
        switch (call.method, call.segments.count) {
        case (.post, 2):
            return StorageOperation(["messagettl", "visibilitytimeout"]) {
                try check.require(.init("a", account: "a", "o"))
                return try await put()
            }
        case (.get, 2) where call.parameter("peekonly")?.lowercased() == "true":
            return StorageOperation(["peekonly", "numofmessages"]) {
                try check.require(.init("r", account: "r", "o"))
                return try peek()
            }
        case (.get, 2):
            return StorageOperation(["peekonly", "numofmessages", "visibilitytimeout"]) {
                try check.require(.init("p", account: "p", "o"))
                return try await get()
            }
        case (.delete, 2):
            return StorageOperation {
                try check.require(.init(nil, account: "d", "c"))
                return try await clear()
            }
        case (.put, 3):
            return StorageOperation(["popreceipt", "visibilitytimeout"]) {
                try check.require(.init("u", account: "u", "o"))
                return try await update(call.segments[2])
            }
        case (.delete, 3):
            return StorageOperation(["popreceipt"]) {
                try check.require(.init("p", account: "p", "o"))
                return try await delete(call.segments[2])
            }
        default: throw StorageFailure(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
        }
    }

    private func put() async throws -> HTTPResponse {
        let text = try await messageText()
        let lifetime = try call.number("messagettl", default: Self.week, in: -1...Int(Int32.max))
        guard lifetime != 0 else { throw StorageFailure.outOfRange("messagettl", "0", 1...Int(Int32.max)) }
        let delay = try call.number("visibilitytimeout", default: 0, in: 0...Self.week)
        guard lifetime < 0 || delay < lifetime else {
            throw StorageFailure.outOfRange("visibilitytimeout", String(delay), 0...max(0, lifetime - 1))
        }
        let now = store.clock.milliseconds
        let expires = lifetime < 0 ? Self.never : now + Int64(lifetime) * 1000
        let visible = now + Int64(delay) * 1000
        let (id, receipt) = (UUIDv7.random(), QueueStore.newReceipt())
        try await write { access, queue in
            try access.query(
                """
                INSERT INTO messages (queue, id, receipt, body, inserted, expires, visible, dequeues)
                VALUES (?, ?, ?, ?, ?, ?, ?, 0)
                """,
                [
                    .integer(queue), .text(id), .text(receipt), .text(text), .integer(now), .integer(expires),
                    .integer(visible),
                ])
        }
        let item = Self.element([
            ("MessageId", id), ("InsertionTime", Self.date(now)), ("ExpirationTime", Self.date(expires)),
            ("PopReceipt", receipt), ("TimeNextVisible", Self.date(visible)),
        ])
        return BlobService.xml("<QueueMessagesList>\(item)</QueueMessagesList>", status: .created)
    }

    private static let visibleQuery = """
        SELECT seq, id, body, inserted, expires, dequeues FROM messages
        WHERE queue = ? AND visible <= ? AND expires > ? ORDER BY visible, seq LIMIT ?
        """

    private func peek() throws -> HTTPResponse {
        let count = try call.number("numofmessages", default: 1, in: 1...32)
        let now = store.clock.milliseconds
        let rows = try store.reader.query(
            Self.visibleQuery, [.integer(queue.id), .integer(now), .integer(now), .integer(Int64(count))])
        return Self.list(rows.map { Self.item($0, taken: nil) })
    }

    private func get() async throws -> HTTPResponse {
        let count = try call.number("numofmessages", default: 1, in: 1...32)
        let hold = try call.number("visibilitytimeout", default: 30, in: 1...Self.week)
        let clock = store.clock
        let items = try await write { access, queue in
            let now = clock.milliseconds
            let visible = now + Int64(hold) * 1000
            let rows = try access.query(
                Self.visibleQuery, [.integer(queue), .integer(now), .integer(now), .integer(Int64(count))])
            return try rows.map { row in
                let receipt = QueueStore.newReceipt()
                try access.query(
                    "UPDATE messages SET receipt = ?, visible = ?, dequeues = dequeues + 1 WHERE seq = ?",
                    [.text(receipt), .integer(visible), row[0]])
                return Self.item(row, taken: (receipt, visible))
            }
        }
        return Self.list(items)
    }

    private func clear() async throws -> HTTPResponse {
        try await write { access, queue in
            try access.query("DELETE FROM messages WHERE queue = ?", [.integer(queue)])
        }
        return HTTPResponse(.noContent)
    }

    private func update(_ id: String) async throws -> HTTPResponse {
        let text = call.contentLength > 0 ? try await messageText() : nil
        guard call.parameter("visibilitytimeout") != nil else {
            throw StorageFailure.missingParameter("visibilitytimeout")
        }
        let hold = try call.number("visibilitytimeout", default: 0, in: 0...Self.week)
        let now = store.clock.milliseconds
        let visible = now + Int64(hold) * 1000
        let receipt = QueueStore.newReceipt()
        let given = try popReceipt()
        try await write { access, queue in
            let expires = try Self.check(access, queue, id, given, now: now)
            guard visible < expires else {
                throw StorageFailure.outOfRange("visibilitytimeout", String(hold), 0...Self.week)
            }
            try access.query(
                "UPDATE messages SET receipt = ?, visible = ?, body = COALESCE(?, body) WHERE id = ?",
                [.text(receipt), .integer(visible), .optional(text), .text(id)])
        }
        return HTTPResponse(
            .noContent, fields: ["x-ms-popreceipt": receipt, "x-ms-time-next-visible": Self.date(visible)])
    }

    private func delete(_ id: String) async throws -> HTTPResponse {
        let given = try popReceipt()
        let now = store.clock.milliseconds
        try await write { access, queue in
            _ = try Self.check(access, queue, id, given, now: now)
            try access.query("DELETE FROM messages WHERE id = ?", [.text(id)])
        }
        return HTTPResponse(.noContent)
    }

    // MARK: - Parts

    private func popReceipt() throws(StorageFailure) -> String {
        guard let receipt = call.parameter("popreceipt") else { throw .missingParameter("popreceipt") }
        // A '+' may have been decoded to a space on the way.
        return receipt.replacing(" ", with: "+")
    }

    /// Checks a receipt. Returns when the message expires.
    private static func check(
        _ access: borrowing SQLiteDatabase.Access, _ queue: Int64, _ id: String, _ receipt: String, now: Int64
    ) throws -> Int64 {
        let rows = try access.query(
            "SELECT receipt, expires FROM messages WHERE queue = ? AND id = ?", [.integer(queue), .text(id)])
        guard let row = rows.first, let expires = row[1].int, expires > now else {
            throw StorageFailure(404, "MessageNotFound", "The specified message does not exist.")
        }
        guard row[0].string == receipt else {
            throw StorageFailure(
                400, "PopReceiptMismatch",
                "The specified pop receipt did not match the pop receipt for a dequeued message.")
        }
        return expires
    }

    /// Works on the queue's rows if the queue is still there.
    @discardableResult
    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing SQLiteDatabase.Access, Int64) throws -> Value
    ) async throws -> Value {
        try await store.database.write { [id = queue.id] access in
            guard try !access.query("SELECT 1 FROM queues WHERE id = ?", [.integer(id)]).isEmpty else {
                throw QueueStore.noQueue
            }
            return try body(access, id)
        }
    }

    private func messageText() async throws -> String {
        let body = try await call.body(limit: QueueService.bodyLimit)
        guard let tree = try? MarkupReader.tree(body), tree.name == "QueueMessage", let node = tree["MessageText"]
        else {
            throw StorageFailure.badXML
        }
        guard node.text.utf8.count <= Self.maximumText else {
            throw StorageFailure(
                413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.",
                details: [("MaxLimit", String(Self.maximumText))])
        }
        return node.text
    }

    private static func item(_ row: [SQLiteValue], taken: (receipt: String, visible: Int64)?) -> String {
        var parts = [
            ("MessageId", row[1].string ?? ""), ("InsertionTime", date(row[3].int ?? 0)),
            ("ExpirationTime", date(row[4].int ?? 0)),
        ]
        if let taken { parts += [("PopReceipt", taken.receipt), ("TimeNextVisible", date(taken.visible))] }
        let dequeues = (row[5].int ?? 0) + (taken == nil ? 0 : 1)
        parts += [("DequeueCount", String(dequeues)), ("MessageText", row[2].string ?? "")]
        return element(parts)
    }

    private static func list(_ items: [String]) -> HTTPResponse {
        BlobService.xml("<QueueMessagesList>\(items.joined())</QueueMessagesList>")
    }

    private static func date(_ milliseconds: Int64) -> String {
        milliseconds >= never ? "Fri, 31 Dec 9999 23:59:59 GMT" : Timestamp.httpDate(seconds: milliseconds / 1000)
    }

    private static func element(_ parts: [(String, String)]) -> String {
        "<QueueMessage>" + parts.map { "<\($0.0)>\(XMLText.escape($0.1))</\($0.0)>" }.joined() + "</QueueMessage>"
    }
}
