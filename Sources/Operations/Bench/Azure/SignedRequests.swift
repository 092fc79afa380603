import AzureSignatures
import HTTPClient
import HTTPMessages
import JSONCoding
import Telemetry

/// Requests that are signed beforehand: what loads the emulator must not sign while it is measured.
struct SignedRequests {
    /// Different blobs and items.
    static let names = 2000
    private static let container = "dbs/bench/colls/items"
    private static let client = HTTPSession(maximumConnections: 4)

    private let storage: SharedKey?
    private let cosmos: CosmosMasterKey?
    private let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)

    init() {
        storage = SharedKey(account: DevelopmentAccount.storageName, base64Key: DevelopmentAccount.storageKey)
        cosmos = CosmosMasterKey(base64Key: DevelopmentAccount.cosmosKey)
    }

    // MARK: - Storage

    private func signed(_ method: HTTPMethod, _ url: String, _ fields: HTTPFields, _ length: Int) -> HTTPFields {
        var fields = fields
        fields["x-ms-date"] = date
        fields["x-ms-version"] = "2021-12-02"
        fields["Authorization"] = storage?.authorization(
            method: method, target: HTTPTarget(url: url), fields: fields, contentLength: length)
        return fields
    }

    func send(_ method: HTTPMethod, _ url: String, fields: HTTPFields = [:]) async throws {
        let request = HTTPSession.Request(method, url, fields: signed(method, url, fields, 0))
        let answer = try await Self.client.fetch(request)
        guard answer.status.isSuccess else { throw BenchError("\(method) answered \(answer.status.rawValue)") }
    }

    /// A request's head for a connection that ends with it.
    func head(_ method: HTTPMethod, _ url: String, fields: HTTPFields = [:], length: Int = 0) -> String {
        text(method, url, signed(method, url, fields, length), length: length, closes: true)
    }

    private func text(
        _ method: HTTPMethod, _ url: String, _ fields: HTTPFields, length: Int, closes: Bool = false
    ) -> String {
        var text = "\(method) \(HTTPTarget(url: url).text) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for field in fields.all { text += "\(field.name): \(field.value)\r\n" }
        if length > 0 || method == .put || method == .post { text += "Content-Length: \(length)\r\n" }
        if closes { text += "Connection: close\r\n" }
        return text + "\r\n"
    }

    /// A script that sends the requests one after the other.
    private func script(_ requests: [String], body: String = "") -> String {
        var text = "local body = [==[\(body)]==]\nlocal heads = {}\n"
        for (index, request) in requests.enumerated() {
            text += "heads[\(index + 1)] = \(JSONValue.string(request).text)\n"
        }
        return text + """
            local last = 0
            request = function()
                last = last % #heads + 1
                return heads[last] .. body
            end
            """
    }

    func blobScript(_ method: HTTPMethod, _ base: String) -> String {
        let isPut = method == .put
        let fields: HTTPFields =
            isPut ? ["x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"] : [:]
        let length = isPut ? 1024 : 0
        let requests = (0..<Self.names).map { number in
            let url = "\(base)/bench/\(number)"
            return text(method, url, signed(method, url, fields, length), length: length)
        }
        return script(requests, body: String(repeating: "x", count: length))
    }

    /// Puts and gets in turns, and deletes what a get has given; a shared access signature holds for all of them.
    func queueScript(_ base: String) -> String {
        let expiry = String(Timestamp.format(milliseconds: Timestamp.nowMilliseconds() + 3_600_000).prefix(19)) + "Z"
        let query =
            storage?.sharedAccessQuery(
                [("sv", "2021-12-02"), ("sp", "raup"), ("se", expiry)], resource: .queue("bench")) ?? ""
        let path = HTTPTarget(url: base).rawPath + "/bench/messages"
        let message = "<QueueMessage><MessageText>eyJkb2N1bWVudElkIjoiMSJ9</MessageText></QueueMessage>"
        return """
            local put = "POST \(path)?\(query) HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Type: application/xml\\r\\n" ..
                "Content-Length: \(message.utf8.count)\\r\\n\\r\\n\(message)"
            local get = "GET \(path)?visibilitytimeout=60&\(query) HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n"
            local taken, turn = {}, 0
            local function escape(text)
                return text:gsub("[+/=]", function(c) return string.format("%%%02X", c:byte()) end)
            end
            request = function()
                local one = table.remove(taken)
                if one then
                    return "DELETE \(path)/" .. one[1] .. "?popreceipt=" .. escape(one[2]) ..
                        "&\(query) HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n"
                end
                turn = 1 - turn
                return turn == 1 and put or get
            end
            response = function(status, headers, body)
                local id = body:match("<MessageId>(.-)</MessageId>")
                local receipt = body:match("<PopReceipt>(.-)</PopReceipt>")
                if id and receipt and body:find("<MessageText>", 1, true) then table.insert(taken, {id, receipt}) end
            end
            """
    }

    // MARK: - Cosmos DB

    private func cosmosFields(_ method: HTTPMethod, _ type: String, _ link: String) -> HTTPFields {
        [
            "x-ms-date": date, "x-ms-version": "2018-12-31", "Content-Type": "application/json",
            "authorization": cosmos?.authorization(
                method: method, resourceType: type, resourceLink: link, date: date) ?? "",
        ]
    }

    private func post(_ url: String, _ type: String, _ link: String, _ body: JSONValue, _ extra: HTTPFields)
        async throws
    {
        var fields = cosmosFields(.post, type, link)
        for field in extra.all { fields[field.name] = field.value }
        let answer = try await Self.client.fetch(.init(.post, url, fields: fields, body: .bytes(body.encoded)))
        guard answer.status.isSuccess else { throw BenchError("Cosmos DB answered \(answer.status.rawValue)") }
    }

    private static func item(_ id: String, _ partition: String) -> JSONValue {
        [
            "id": .string(id), "chatId": .string(partition), "workspaceId": "default", "role": "assistant",
            "text": .string(String(repeating: "An answer that cites the page it comes from. ", count: 16)),
            "createdAt": .string("2026-11-20T10:00:00.\(id.prefix(3))Z"), "finishReason": "stop",
        ]
    }

    /// Makes the container, items for point reads, and a chat of 50 messages among others.
    func prepareCosmos(_ base: String) async throws {
        try await post("\(base)/dbs", "dbs", "", ["id": "bench"], [:])
        try await post(
            "\(base)/dbs/bench/colls", "colls", "dbs/bench",
            ["id": "items", "partitionKey": ["paths": ["/chatId"], "kind": "Hash", "version": 2]], [:])
        for number in 0..<Self.names {
            // Chats of fifty messages each.
            let partition = "chat\(number / 50)"
            try await post(
                "\(base)/\(Self.container)/docs", "docs", Self.container, Self.item(String(1000 + number), partition),
                ["x-ms-documentdb-partitionkey": "[\"\(partition)\"]"])
        }
    }

    func readScript(_ base: String) -> String {
        script(
            (0..<Self.names).map { number in
                let link = "\(Self.container)/docs/\(1000 + number)"
                var fields = cosmosFields(.get, "docs", link)
                fields["x-ms-documentdb-partitionkey"] = "[\"chat\(number / 50)\"]"
                return text(.get, "\(base)/\(link)", fields, length: 0)
            })
    }

    func createScript(_ base: String) -> String {
        var fields = cosmosFields(.post, "docs", Self.container)
        fields["x-ms-documentdb-partitionkey"] = "[\"made\"]"
        let body = Self.item("!", "made").text
        let halves = body.split(separator: "\"!\"").map(String.init)
        // Ids have ten digits, so that the length is known.
        let head = text(.post, "\(base)/\(Self.container)/docs", fields, length: body.utf8.count + 9)
        return """
            local head, first, second = \(JSONValue.string(head).text), [==[\(halves[0])]==], [==[\(halves[1])]==]
            local last = 1000000000
            request = function()
                last = last + 1
                return head .. first .. '"' .. last .. '"' .. second
            end
            """
    }

    func queryScript(_ base: String) -> String {
        var fields = cosmosFields(.post, "docs", Self.container)
        fields["Content-Type"] = "application/query+json"
        fields["x-ms-documentdb-isquery"] = "True"
        fields["x-ms-documentdb-partitionkey"] = "[\"chat7\"]"
        let body = JSONValue.object([
            "query": "SELECT * FROM c ORDER BY c.createdAt DESC OFFSET 0 LIMIT @limit",
            "parameters": [["name": "@limit", "value": 50]],
        ]).text
        let head = text(.post, "\(base)/\(Self.container)/docs", fields, length: body.utf8.count)
        return script([head], body: body)
    }
}
