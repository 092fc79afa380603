import Digests
import HTTPMessages
import Markup
import SQLite
import Telemetry

/// Queue Storage's REST operations.
struct QueueService: Sendable {
    typealias Call = StorageFrontEnd.Call

    let database: SQLiteDatabase
    let front: StorageFrontEnd

    static let bodyLimit = 128 * 1024
    private static let never = Int64.max / 4

    init(directory: String, front: StorageFrontEnd) throws {
        self.front = front
        database = try SQLiteDatabase(
            path: directory + "/queues.sqlite",
            schema: """
                CREATE TABLE IF NOT EXISTS queues (
                    account TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, name)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS messages (
                    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, queue TEXT NOT NULL,
                    id TEXT NOT NULL UNIQUE, receipt TEXT NOT NULL, body TEXT NOT NULL, inserted INTEGER NOT NULL,
                    expires INTEGER NOT NULL, visible INTEGER NOT NULL, dequeues INTEGER NOT NULL);
                CREATE INDEX IF NOT EXISTS messages_by_queue ON messages (account, queue, visible);
                """)
    }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        await front.handle(request) { call in
            let method = call.request.method
            switch (call.segments.count, method, call.segments.count > 1 ? call.segments[1] : call.component) {
            case (0, .get, "list"): return try list(call)
            case (1, .put, nil): return try await create(call, call.segments[0])
            case (1, .delete, nil): return try await remove(call, call.segments[0])
            case (1, .get, "metadata"), (1, .head, "metadata"): return try properties(call, call.segments[0])
            case (2, .post, "messages"): return try await put(call, call.segments[0])
            case (2, .get, "messages"): return try await get(call, call.segments[0])
            case (2, .delete, "messages"): return try await clear(call, call.segments[0])
            case (3, .put, "messages"): return try await update(call, call.segments[0], call.segments[2])
            case (3, .delete, "messages"): return try await delete(call, call.segments[0], call.segments[2])
            default: throw StorageFailure(501, "NotImplemented", "The emulator does not support this operation.")
            }
        }
    }

    private static let noQueue = StorageFailure(404, "QueueNotFound", "The specified queue does not exist.")

    private func list(_ call: Call) throws -> HTTPResponse {
        let rows = try database.query("SELECT name FROM queues WHERE account = ? ORDER BY name", [.text(call.account)])
        let prefix = call.parameter("prefix") ?? ""
        let names = rows.compactMap { $0[0].string }.filter { $0.hasPrefix(prefix) }
        let items = names.map { "<Queue><Name>\($0)</Name></Queue>" }.joined()
        return BlobService.xml("<EnumerationResults><Queues>\(items)</Queues><NextMarker/></EnumerationResults>")
    }

    private func create(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isPlain, (3...63).contains(name.utf8.count), !name.contains("--"), !name.hasPrefix("-"),
            !name.hasSuffix("-")
        else {
            throw StorageFailure(400, "InvalidResourceName", "A queue's name has 3 to 63 of a-z, 0-9 and -.")
        }
        let account = call.account
        let isNew = try await database.write { access in
            try access.query("INSERT OR IGNORE INTO queues VALUES (?, ?)", [.text(account), .text(name)])
            return access.changedRows == 1
        }
        return HTTPResponse(isNew ? .created : .noContent)
    }

    private func remove(_ call: Call, _ name: String) async throws -> HTTPResponse {
        let account = call.account
        try await database.write { access in
            try access.query("DELETE FROM messages WHERE account = ? AND queue = ?", [.text(account), .text(name)])
            try access.query("DELETE FROM queues WHERE account = ? AND name = ?", [.text(account), .text(name)])
            guard access.changedRows == 1 else { throw Self.noQueue }
        }
        return HTTPResponse(.noContent)
    }

    private func properties(_ call: Call, _ name: String) throws -> HTTPResponse {
        try require(call, name)
        let count =
            try database.query(
                "SELECT count(*) FROM messages WHERE account = ? AND queue = ? AND expires > ?",
                [.text(call.account), .text(name), .integer(Timestamp.nowMilliseconds())]
            ).first?[0].int ?? 0
        return HTTPResponse(.ok, fields: ["x-ms-approximate-messages-count": String(count)])
    }

    private func require(_ call: Call, _ queue: String) throws {
        let rows = try database.query(
            "SELECT 1 FROM queues WHERE account = ? AND name = ?", [.text(call.account), .text(queue)])
        guard !rows.isEmpty else { throw Self.noQueue }
    }

    private func put(_ call: Call, _ queue: String) async throws -> HTTPResponse {
        try require(call, queue)
        let text = try await messageText(call)
        let lifetime = try seconds(call, "messagettl", default: 604_800, range: -1...Int(Int32.max))
        guard lifetime != 0 else { throw Self.outOfRange("messagettl") }
        let delay = try seconds(call, "visibilitytimeout", default: 0, range: 0...604_800)
        guard lifetime < 0 || delay < lifetime else { throw Self.outOfRange("visibilitytimeout") }
        let now = Timestamp.nowMilliseconds()
        let expires = lifetime < 0 ? Self.never : now + Int64(lifetime) * 1000
        let visible = now + Int64(delay) * 1000
        let id = UUIDv7.random()
        let receipt = Self.newReceipt()
        let account = call.account
        try await database.write { access in
            try access.query(
                "INSERT INTO messages (account, queue, id, receipt, body, inserted, expires, visible, dequeues) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                [
                    .text(account), .text(queue), .text(id), .text(receipt), .text(text), .integer(now),
                    .integer(expires), .integer(visible),
                ])
        }
        let item = Self.element([
            ("MessageId", id), ("InsertionTime", Self.date(now)), ("ExpirationTime", Self.date(expires)),
            ("PopReceipt", receipt), ("TimeNextVisible", Self.date(visible)),
        ])
        var response = BlobService.xml("<QueueMessagesList>\(item)</QueueMessagesList>")
        response.status = .created
        return response
    }

    private func get(_ call: Call, _ queue: String) async throws -> HTTPResponse {
        try require(call, queue)
        let count = try seconds(call, "numofmessages", default: 1, range: 1...32)
        let isPeek = call.parameter("peekonly") == "true"
        let hold = try seconds(call, "visibilitytimeout", default: 30, range: 1...604_800)
        let now = Timestamp.nowMilliseconds()
        let account = call.account
        let items = try await database.write { access in
            let rows = try access.query(
                """
                SELECT seq, id, body, inserted, expires, dequeues FROM messages
                WHERE account = ? AND queue = ? AND visible <= ? AND expires > ? ORDER BY visible, seq LIMIT ?
                """,
                [.text(account), .text(queue), .integer(now), .integer(now), .integer(Int64(count))])
            return try rows.map { row in
                var parts = [
                    ("MessageId", row[1].string ?? ""), ("InsertionTime", Self.date(row[3].int ?? 0)),
                    ("ExpirationTime", Self.date(row[4].int ?? 0)),
                ]
                var dequeues = row[5].int ?? 0
                if !isPeek {
                    dequeues += 1
                    let receipt = Self.newReceipt()
                    let visible = now + Int64(hold) * 1000
                    try access.query(
                        "UPDATE messages SET receipt = ?, visible = ?, dequeues = ? WHERE seq = ?",
                        [.text(receipt), .integer(visible), .integer(dequeues), row[0]])
                    parts += [("PopReceipt", receipt), ("TimeNextVisible", Self.date(visible))]
                }
                parts += [("DequeueCount", String(dequeues)), ("MessageText", row[2].string ?? "")]
                return Self.element(parts)
            }.joined()
        }
        return BlobService.xml("<QueueMessagesList>\(items)</QueueMessagesList>")
    }

    private func clear(_ call: Call, _ queue: String) async throws -> HTTPResponse {
        try require(call, queue)
        let account = call.account
        try await database.write { access in
            try access.query("DELETE FROM messages WHERE account = ? AND queue = ?", [.text(account), .text(queue)])
        }
        return HTTPResponse(.noContent)
    }

    private func update(_ call: Call, _ queue: String, _ id: String) async throws -> HTTPResponse {
        try require(call, queue)
        let text = call.contentLength > 0 ? try await messageText(call) : nil
        guard call.parameter("visibilitytimeout") != nil else {
            throw StorageFailure(400, "MissingRequiredQueryParameter", "visibilitytimeout is required.")
        }
        let hold = try seconds(call, "visibilitytimeout", default: 0, range: 0...604_800)
        let visible = Timestamp.nowMilliseconds() + Int64(hold) * 1000
        let receipt = Self.newReceipt()
        let account = call.account
        let given = call.parameter("popreceipt")
        try await database.write { access in
            try Self.check(access, account, queue, id, given)
            try access.query(
                "UPDATE messages SET receipt = ?, visible = ?, body = COALESCE(?, body) WHERE id = ?",
                [.text(receipt), .integer(visible), .optional(text), .text(id)])
        }
        return HTTPResponse(
            .noContent, fields: ["x-ms-popreceipt": receipt, "x-ms-time-next-visible": Self.date(visible)])
    }

    private func delete(_ call: Call, _ queue: String, _ id: String) async throws -> HTTPResponse {
        try require(call, queue)
        let account = call.account
        let given = call.parameter("popreceipt")
        try await database.write { access in
            try Self.check(access, account, queue, id, given)
            try access.query("DELETE FROM messages WHERE id = ?", [.text(id)])
        }
        return HTTPResponse(.noContent)
    }

    private static func check(
        _ access: borrowing SQLiteDatabase.Access, _ account: String, _ queue: String, _ id: String, _ receipt: String?
    ) throws {
        guard let receipt else {
            throw StorageFailure(400, "MissingRequiredQueryParameter", "popreceipt is required.")
        }
        let rows = try access.query(
            "SELECT receipt FROM messages WHERE account = ? AND queue = ? AND id = ?",
            [.text(account), .text(queue), .text(id)])
        guard let row = rows.first else {
            throw StorageFailure(404, "MessageNotFound", "The specified message does not exist.")
        }
        // A query's '+' may have been decoded to a space on the way.
        guard row[0].string == receipt || row[0].string == receipt.replacing(" ", with: "+") else {
            throw StorageFailure(400, "PopReceiptMismatch", "The pop receipt is not the message's current one.")
        }
    }

    private func messageText(_ call: Call) async throws -> String {
        let body = try await call.request.body.collect(limit: Self.bodyLimit)
        guard let tree = try? MarkupReader.tree(body), tree.name == "QueueMessage", let text = tree["MessageText"]?.text
        else { throw StorageFailure(400, "InvalidXmlDocument", "The body is not a QueueMessage.") }
        guard text.utf8.count <= 65_536 else {
            throw StorageFailure(413, "RequestBodyTooLarge", "A message's text has at most 64 KiB.")
        }
        return text
    }

    private func seconds(
        _ call: Call, _ name: String, default standard: Int, range: ClosedRange<Int>
    ) throws(StorageFailure) -> Int {
        guard let text = call.parameter(name) else { return standard }
        guard let value = Int(text), range.contains(value) else { throw Self.outOfRange(name) }
        return value
    }

    private static func outOfRange(_ name: String) -> StorageFailure {
        StorageFailure(400, "OutOfRangeQueryParameterValue", "The value of \(name) is out of range.")
    }

    private static func newReceipt() -> String { Base64.encode(Digest.randomBytes(12)) }

    private static func date(_ milliseconds: Int64) -> String {
        milliseconds >= never ? "Fri, 31 Dec 9999 23:59:59 GMT" : Timestamp.httpDate(seconds: milliseconds / 1000)
    }

    private static func element(_ parts: [(String, String)]) -> String {
        let inner = parts.map { "<\($0.0)>\(XMLText.escape($0.1))</\($0.0)>" }.joined()
        return "<QueueMessage>\(inner)</QueueMessage>"
    }
}
