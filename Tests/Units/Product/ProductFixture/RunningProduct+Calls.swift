import AzureStorage
public import Catalog
import Digests
import HTTPClient
public import HTTPMessages
public import JSONCoding
import Models
import Postgres

/// An app's answer.
public struct AppAnswer: Sendable {
    public let status: Int
    public let fields: HTTPFields
    public let bytes: [UInt8]

    /// The body as JSON; null when it is none.
    public var json: JSONValue { (try? JSONParser.parse(bytes)) ?? .null }
    /// The body as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The events of a stream, by name.
    public var events: [(name: String, data: JSONValue)] {
        get throws {
            var parser = ServerSentEventParser()
            return try parser.feed(bytes).map { ($0.name, try JSONParser.parse($0.data)) }
        }
    }

    /// The data of the first event of that name.
    public func event(_ name: String) throws -> JSONValue { try events.first { $0.name == name }?.data ?? .null }
}

/// An app answered what the test cannot go on with.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let answer: AppAnswer

    var description: String { "\(answer.status) \(answer.text)" }
}

extension RunningProduct {
    /// Sends a request to an app.
    ///
    /// - Parameter base: Where the app listens, if it is not the product's own process.
    public func send(
        _ app: App, _ method: HTTPMethod, _ path: String, fields: HTTPFields = [:], body: [UInt8] = [],
        at base: String? = nil
    ) async throws -> AppAnswer {
        var request = HTTPSession.Request(method, (base ?? url(app)) + path, fields: fields, body: .bytes(body))
        // A file is read and embedded before a call of `ingest` has an answer, in code that is not optimised.
        request.headTimeout = .seconds(180)
        let answer = try await client.fetch(request)
        return AppAnswer(status: answer.status.rawValue, fields: answer.fields, bytes: answer.body)
    }

    /// Reads from an app.
    public func get(_ app: App, _ path: String) async throws -> AppAnswer { try await send(app, .get, path) }

    /// Posts JSON to an app.
    public func post(_ app: App, _ path: String, _ body: JSONValue, fields: HTTPFields = [:]) async throws -> AppAnswer
    {
        var fields = fields
        fields["Content-Type"] = "application/json"
        return try await send(app, .post, path, fields: fields, body: body.encoded)
    }

    /// Asks a question in a chat and waits for the whole answer.
    public func chat(_ body: JSONValue) async throws -> AppAnswer { try await post(.chat, "/api/chat", body) }

    /// Asks a question in a chat and takes the answer as events.
    public func chatEvents(_ body: JSONValue) async throws -> AppAnswer {
        try await post(.chat, "/api/chat", body, fields: ["Accept": "text/event-stream"])
    }

    /// Uploads a file as one raw body.
    public func upload(_ bytes: [UInt8], name: String, chatId: String? = nil) async throws -> AppAnswer {
        let chat = chatId.map { "&chatId=\($0)" } ?? ""
        return try await send(
            .upload, .post, "/api/upload?name=\(percentEncoded(name))\(chat)",
            fields: ["Content-Type": "application/octet-stream"], body: bytes)
    }

    /// Uploads a file that has to be accepted; returns its document's id.
    public func added(_ text: String, name: String, chatId: String? = nil) async throws -> String {
        let answer = try await upload(text.bytes, name: name, chatId: chatId)
        guard let id = answer.json["documents"]?[0]?["id"]?.string else { throw UnexpectedAnswer(answer: answer) }
        return id
    }

    /// Calls a function as the host does, by its envelope; returns the status.
    public func invoke(_ function: String, _ data: JSONValue, deliveries: Int = 1) async throws -> Int {
        let envelope: JSONValue = ["Data": data, "Metadata": ["DequeueCount": .string(String(deliveries))]]
        return try await post(.upload, "/" + function, envelope).status
    }

    /// Hands every waiting message of the queue to the ingest function, as the host does. Returns the statuses.
    @discardableResult
    public func ingestAll() async throws -> [Int] {
        var statuses: [Int] = []
        while let messages = try await storage.queues.get(IngestMessage.queue, count: 32, visibility: .seconds(300)),
            !messages.isEmpty
        {
            for message in messages {
                let text = (Base64Text.decode(message.text) ?? "")
                statuses.append(
                    try await invoke("ingest", ["message": .string(text)], deliveries: message.dequeueCount))
                try await storage.queues.delete(message, from: IngestMessage.queue)
            }
        }
        return statuses
    }

    /// Documents whose messages wait in the queue.
    public func queued() async throws -> [String] {
        let messages = try await storage.queues.peek(IngestMessage.queue, count: 32) ?? []
        return messages.compactMap { IngestMessage(text: (Base64Text.decode($0.text) ?? ""))?.documentId }
    }

    /// Puts a document into a state, as if it had come there.
    public func put(_ id: String, into status: DocumentRecord.Status, code: String? = nil) async throws {
        try await sql.query(
            "UPDATE documents SET status = $2, error_code = $3, error_detail = $3 WHERE id = $1",
            [id, status.rawValue, code])
    }

    /// A document as the API shows it.
    public func document(_ id: String) async throws -> JSONValue {
        try await get(.upload, "/api/documents/\(id)").json
    }
}
