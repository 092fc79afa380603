import Digests
import HTTPMessages
import JSONCoding
import Markup
import Testing

@testable import AzureEmulator

/// Every pair of a read and a change of one object, side by side: what is there all the time is never missing, and a
/// reader gets one whole version of it.
@Suite(.serialized) struct SideBySideTests {
    private let services: Services

    init() throws { services = try Services() }

    private static let rounds = 6
    private static let writers = 3

    private struct Change: Sendable {
        let name: String
        /// - Parameter round: Different for each change.
        let run: @Sendable (_ round: Int) async throws -> Answer
    }

    private struct Read: Sendable {
        let name: String
        /// Runs the read and says what is wrong with its answer; `nil` when nothing is.
        let run: @Sendable () async throws -> String?
    }

    /// Runs each change with each read, many times at once.
    private func check(_ changes: [Change], _ reads: [Read]) async throws {
        for change in changes {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<Self.writers {
                    group.addTask {
                        for round in 0..<Self.rounds {
                            let answer = try await change.run(writer * Self.rounds + round)
                            // Others may have been there first, but what is changed is never gone.
                            let isFine =
                                answer.status < 300 || [409, 412].contains(answer.status)
                                || answer.code == "InvalidBlockList"
                            #expect(isFine, "\(change.name): \(answer.outcome) \(answer.text)")
                        }
                    }
                }
                for read in reads {
                    group.addTask {
                        for _ in 0..<Self.rounds {
                            let problem = try await read.run()
                            #expect(problem == nil, "\(read.name) beside \(change.name): \(problem ?? "")")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    // MARK: - Blob Storage

    /// A content of one character, whose number the length tells.
    private static func content(_ round: Int, _ size: Int) -> String {
        String(repeating: Character(Unicode.Scalar(UInt8(97 + round % 26))), count: size)
    }

    private static func wholeness(_ answer: Answer) -> String? {
        guard answer.status == 200 else { return answer.outcome }
        if answer.isCut { return "cut after \(answer.bytes.count) bytes" }
        if Set(answer.bytes).count != 1 { return "bytes of several versions" }
        let mark = answer.fields["x-ms-meta-mark"]
        return mark == String(answer.text.prefix(1))
            ? nil : "content \(answer.text.prefix(1)), metadata \(mark ?? "none")"
    }

    private static func put(_ services: Services, _ path: String, _ round: Int, _ size: Int) async throws -> Answer {
        let text = content(round, size)
        return try await services.blob(
            .put, path, ["x-ms-blob-type": "BlockBlob", "x-ms-meta-mark": String(text.prefix(1))], text)
    }

    private static func commit(_ services: Services, _ path: String, _ round: Int, _ size: Int) async throws -> Answer {
        let text = content(round, size / 2)
        var list = ""
        for part in 0..<2 {
            // Another writer's commit drops the blocks that are not in its list.
            let id = percentEncoded(Base64.encode("\(1000 + round)\(part)".bytes))
            let staged = try await services.blob(.put, "\(path)?comp=block&blockid=\(id)", [:], text)
            guard staged.status == 201 else { return staged }
            list += "<Latest>\(Base64.encode("\(1000 + round)\(part)".bytes))</Latest>"
        }
        let made = try await services.blob(
            .put, path + "?comp=blocklist", ["x-ms-meta-mark": String(text.prefix(1))], "<BlockList>\(list)</BlockList>"
        )
        return made
    }

    @Test(arguments: [40, 100_000, 400_000]) func blobsAreWholeWhileTheyAreOverwritten(size: Int) async throws {
        try await services.blob(.put, "pairs?restype=container")
        let path = "pairs/b"
        _ = try await Self.put(services, path, 0, size)
        let services = services
        try await check(
            [
                Change(name: "Put Blob") { try await Self.put(services, path, $0, size) },
                Change(name: "Put Blob with If-Match") { round in
                    let etag = try await services.blob(.head, path).etag
                    let text = Self.content(round, size)
                    return try await services.blob(
                        .put, path,
                        [
                            "x-ms-blob-type": "BlockBlob", "If-Match": etag, "x-ms-meta-mark": String(text.prefix(1)),
                        ], text)
                },
                Change(name: "Put Block List") { try await Self.commit(services, path, $0, size) },
                Change(name: "Copy Blob onto itself") { _ in
                    try await services.blob(
                        .put, path, ["x-ms-copy-source": "http://127.0.0.1/devstoreaccount1/\(path)"])
                },
                Change(name: "Set Blob Properties") { _ in
                    try await services.blob(.put, path + "?comp=properties", ["x-ms-blob-content-type": "text/plain"])
                },
                Change(name: "Set Blob Tags") { round in
                    try await services.blob(
                        .put, path + "?comp=tags", [:],
                        "<Tags><TagSet><Tag><Key>a</Key><Value>\(round)</Value></Tag></TagSet></Tags>")
                },
                Change(name: "Snapshot Blob") { _ in try await services.blob(.put, path + "?comp=snapshot") },
            ],
            [
                Read(name: "Get Blob") { Self.wholeness(try await services.blob(.get, path)) },
                Read(name: "Get Blob of a range") {
                    let answer = try await services.blob(
                        .get, path, ["Range": "bytes=10-29", "x-ms-range-get-content-crc64": "true"])
                    guard answer.status == 206, answer.bytes.count == 20 else { return answer.outcome }
                    return Set(answer.bytes).count == 1 ? nil : "bytes of several versions"
                },
                Read(name: "Get Blob Properties") {
                    let answer = try await services.blob(.head, path)
                    return answer.status == 200 && answer.length == size ? nil : answer.outcome
                },
                Read(name: "Get Blob Metadata") {
                    let answer = try await services.blob(.get, path + "?comp=metadata")
                    return answer.status == 200 && answer.fields["x-ms-meta-mark"] != nil ? nil : answer.outcome
                },
                Read(name: "Get Blob Tags") {
                    let answer = try await services.blob(.get, path + "?comp=tags")
                    return answer.status == 200 ? nil : answer.outcome
                },
                Read(name: "Get Block List") {
                    let answer = try await services.blob(.get, path + "?comp=blocklist&blocklisttype=committed")
                    guard answer.status == 200 else { return answer.outcome }
                    let count = try answer.xml["CommittedBlocks"]?.all("Block").count ?? 0
                    return [0, 2].contains(count) ? nil : "\(count) blocks of 2"
                },
                Read(name: "List Blobs") {
                    let answer = try await services.blob(.get, "pairs?restype=container&comp=list")
                    let names = try answer.xml["Blobs"]?.all("Blob").map { $0["Name"]?.text } ?? []
                    return names.contains("b") ? nil : "\(names)"
                },
                Read(name: "Copy Blob from it") {
                    let answer = try await services.blob(
                        .put, "pairs/copies/c", ["x-ms-copy-source": "http://127.0.0.1/devstoreaccount1/\(path)"])
                    return answer.status == 202 ? nil : "\(answer.outcome) \(answer.text)"
                },
            ])
    }

    // MARK: - Queue Storage

    @Test func messagesAreThereWhileTheyAreChanged() async throws {
        try await services.queue(.put, "pairs", ["x-ms-meta-a": "0"])
        let services = services
        try await services.queue(
            .post, "pairs/messages", [:], "<QueueMessage><MessageText>0</MessageText></QueueMessage>")
        try await check(
            [
                Change(name: "Set Queue Metadata") { round in
                    try await services.queue(.put, "pairs?comp=metadata", ["x-ms-meta-a": "\(round)"])
                },
                Change(name: "Create Queue") { _ in try await services.queue(.put, "pairs") },
                Change(name: "Update Message") { round in
                    let taken = try await services.queue(.get, "pairs/messages?visibilitytimeout=30")
                    guard let message = try taken.xml.all("QueueMessage").first, let id = message["MessageId"]?.text,
                        let receipt = message["PopReceipt"]?.text
                    else { return taken }
                    let path = "pairs/messages/\(id)?popreceipt=\(percentEncoded(receipt))&visibilitytimeout=0"
                    return try await services.queue(
                        .put, path, [:], "<QueueMessage><MessageText>\(round)</MessageText></QueueMessage>")
                },
            ],
            [
                Read(name: "Get Queue Metadata") {
                    let answer = try await services.queue(.get, "pairs?comp=metadata")
                    let count = answer.fields["x-ms-approximate-messages-count"]
                    return answer.status == 200 && count == "1" ? nil : "\(answer.outcome), \(count ?? "none") messages"
                },
                Read(name: "List Queues") {
                    let answer = try await services.queue(.get, "?comp=list")
                    return try answer.xml["Queues"]?.all("Queue").count == 1 ? nil : answer.text
                },
                Read(name: "Peek Messages") {
                    let answer = try await services.queue(.get, "pairs/messages?peekonly=true")
                    return answer.status == 200 ? nil : answer.outcome
                },
            ])
    }

    // MARK: - Cosmos DB

    @Test func itemsAreThereWhileTheyAreChanged() async throws {
        let path = try await services.container()
        let services = services
        let key = #"["p"]"#
        @Sendable func item(_ round: Int) -> JSONValue {
            ["id": "a", "pk": "p", "x": .int(Int64(round)), "y": .int(Int64(round))]
        }
        @Sendable func problem(_ item: JSONValue?) -> String? {
            guard let item, item["x"] != nil else { return "no item" }
            return item["x"] == item["y"] ? nil : "halves of two versions"
        }
        try await services.cosmos(.post, path + "/docs", partition: key, [:], item(0))
        let query: HTTPFields = [
            "Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True",
        ]
        try await check(
            [
                Change(name: "upsert") { round in
                    try await services.cosmos(
                        .post, path + "/docs", partition: key, ["x-ms-documentdb-is-upsert": "True"], item(round))
                },
                Change(name: "replace") { round in
                    try await services.cosmos(.put, path + "/docs/a", partition: key, [:], item(round))
                },
                Change(name: "patch") { round in
                    try await services.cosmos(
                        .patch, path + "/docs/a", partition: key, [:],
                        [
                            "operations": [
                                ["op": "set", "path": "/x", "value": .int(Int64(round))],
                                ["op": "set", "path": "/y", "value": .int(Int64(round))],
                            ]
                        ])
                },
                Change(name: "batch") { round in
                    try await services.cosmos(
                        .post, path + "/docs", partition: key,
                        ["x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"],
                        [["operationType": "Upsert", "resourceBody": item(round)]])
                },
                Change(name: "replace of the container") { _ in
                    try await services.cosmos(
                        .put, path, [:], ["id": "c", "partitionKey": ["paths": ["/pk"], "kind": "Hash"]])
                },
            ],
            [
                Read(name: "read") {
                    let answer = try await services.cosmos(.get, path + "/docs/a", partition: key)
                    return answer.status == 200 ? problem(answer.json) : answer.outcome
                },
                Read(name: "query") {
                    let answer = try await services.cosmos(
                        .post, path + "/docs", partition: key, query, ["query": "SELECT * FROM c ORDER BY c.x"])
                    return problem(answer.json["Documents"]?[0])
                },
                Read(name: "list") {
                    problem(try await services.cosmos(.get, path + "/docs", partition: key).json["Documents"]?[0])
                },
                Read(name: "change feed") {
                    let answer = try await services.cosmos(.get, path + "/docs", ["A-IM": "Incremental Feed"])
                    return problem(answer.json["Documents"]?[0])
                },
                Read(name: "read of the container") {
                    let answer = try await services.cosmos(.get, path)
                    return answer.status == 200 ? nil : answer.outcome
                },
            ])
    }

    // MARK: - Key Vault

    @Test func secretsAreThereWhileTheyAreChanged() async throws {
        try await services.vault(.put, "/secrets/a", ["value": "0", "tags": ["v": "0"]])
        let services = services
        try await check(
            [
                Change(name: "set") { round in
                    try await services.vault(
                        .put, "/secrets/a", ["value": .string("\(round)"), "tags": ["v": .string("\(round)")]])
                },
                Change(name: "update") { _ in
                    try await services.vault(.patch, "/secrets/a", ["contentType": "text/plain"])
                },
                Change(name: "backup") { _ in try await services.vault(.post, "/secrets/a/backup") },
            ],
            [
                Read(name: "get") {
                    let answer = try await services.vault(.get, "/secrets/a")
                    guard answer.status == 200 else { return answer.outcome }
                    return answer.json["value"] == answer.json["tags"]?["v"] ? nil : "halves of two versions"
                },
                Read(name: "list") {
                    let answer = try await services.vault(.get, "/secrets")
                    return answer.json["value"]?.array?.count == 1 ? nil : answer.text
                },
                Read(name: "list of versions") {
                    let answer = try await services.vault(.get, "/secrets/a/versions?maxresults=1")
                    return answer.json["value"]?.array?.count == 1 ? nil : answer.text
                },
            ])
    }
}
