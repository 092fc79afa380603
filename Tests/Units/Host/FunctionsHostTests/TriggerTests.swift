import AzureEmulator
import AzureSignatures
import AzureStorage
import Digests
import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Problems
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import FunctionsHost

/// Queues, blobs and timers over the emulator's real storage (docs/reference/functions-custom-handlers.md, 9).
@Suite struct TriggerTests {
    /// Storage in this process.
    private struct Storage {
        let emulator: Emulator
        let queues: QueueClient
        let blobs: BlobClient
        let connection: String

        static func with(_ body: (Storage) async throws -> Void) async throws {
            let folder = try Fixtures.temporaryDirectory()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var configuration = Emulator.Configuration()
            configuration.dataDirectory = folder
            (configuration.blobPort, configuration.queuePort, configuration.cosmosPort) = (0, 0, 0)
            (configuration.vaultPort, configuration.identityPort) = (0, 0)
            let emulator = try Emulator(configuration, log: Log(label: "test", level: .error))
            func url(_ service: String) -> String {
                let port = emulator.ports.first { $0.name == service }?.port ?? 0
                return "http://127.0.0.1:\(port)/\(DevelopmentAccount.storageName)"
            }
            let connection =
                "AccountName=\(DevelopmentAccount.storageName);AccountKey=\(DevelopmentAccount.storageKey);"
                + "BlobEndpoint=\(url("blob"));QueueEndpoint=\(url("queue"))"
            var failure: (any Error)?
            do {
                let account = try StorageAccount(connectionString: connection)
                try await body(
                    Storage(
                        emulator: emulator, queues: QueueClient(account: account, identity: nil, client: .init()),
                        blobs: BlobClient(account: account, identity: nil, client: .init()), connection: connection))
            } catch { failure = error }
            await emulator.shutDown()
            if let failure { throw failure }
        }

        var environment: [String: String] { ["AzureWebJobsStorage": connection] }
    }

    private static let queue: JSONValue = [
        "bindings": [["type": "queueTrigger", "name": "job", "queueName": "jobs"]]
    ]
    private static let quick: JSONValue = [
        "extensions": ["queues": ["maxPollingInterval": "00:00:00.1", "maxDequeueCount": 2]]
    ]

    private func data(_ call: AppFixture.Call?, _ name: String) -> JSONValue? { call?.json["Data"]?[name] }

    @Test func aMessageRunsItsFunctionAndIsGone() async throws {
        try await Storage.with { storage in
            try await storage.queues.create("jobs")
            try await storage.queues.put("{\"documentId\":\"d-7\"}", to: "jobs")
            try await AppFixture.with(
                host: Self.quick, functions: ["ingest": Self.queue], environment: storage.environment
            ) { app in
                #expect(await eventually { app.handler.count == 1 })
                let call = app.handler.last
                #expect(call?.target == "/ingest" && call?.json["Metadata"]?["DequeueCount"] == "1")
                #expect(data(call, "job") == .string(JSONValue.string("{\"documentId\":\"d-7\"}").text))
                #expect(call?.json["Metadata"]?["documentId"] == "\"d-7\"")
                #expect(await eventually { (try? await storage.queues.count("jobs")) == 0 })
                #expect(
                    await eventually {
                        (try? await app.metrics().contains(
                            "functions_host_invocations_total{function=\"ingest\",result=\"succeeded\"} 1")) ?? false
                    })
            }
        }
    }

    @Test func aMessageThatFailsTooOftenGoesToThePoisonQueue() async throws {
        try await Storage.with { storage in
            try await storage.queues.create("jobs")
            try await storage.queues.put("bad", to: "jobs")
            try await AppFixture.with(
                host: Self.quick, functions: ["ingest": Self.queue], environment: storage.environment,
                answer: { _ in HTTPResponse(.internalServerError) }
            ) { app in
                #expect(await eventually { (try? await storage.queues.count("jobs-poison")) == 1 })
                #expect(app.handler.count == 2)
                let counts = app.handler.calls.withLock { $0.map { $0.json["Metadata"]?["DequeueCount"]?.string } }
                #expect(counts == ["1", "2"])
                let moved = try await storage.queues.peek("jobs-poison", count: 1)
                #expect(moved?.first.map { Base64.decode($0.text) } == Array("bad".utf8))
                #expect(await eventually { (try? await storage.queues.count("jobs")) == 0 })
            }
        }
    }

    @Test func aMessageThatIsNoBase64IsNeverRun() async throws {
        try await Storage.with { storage in
            try await storage.queues.create("jobs")
            try await storage.queues.putRaw("plain text!", to: "jobs")
            try await AppFixture.with(
                host: Self.quick, functions: ["ingest": Self.queue], environment: storage.environment
            ) { app in
                #expect(await eventually { (try? await storage.queues.count("jobs-poison")) == 1 })
                #expect(app.handler.count == 0)
            }
        }
    }

    @Test func plainTextIsReadWhereTheAppSaysSo() async throws {
        try await Storage.with { storage in
            try await storage.queues.create("jobs")
            try await storage.queues.putRaw("plain text!", to: "jobs")
            let host: JSONValue = [
                "extensions": ["queues": ["maxPollingInterval": "00:00:00.1", "messageEncoding": "none"]]
            ]
            try await AppFixture.with(
                host: host, functions: ["ingest": Self.queue], environment: storage.environment
            ) { app in
                #expect(await eventually { app.handler.count == 1 })
                #expect(data(app.handler.last, "job") == "\"plain text!\"")
            }
        }
    }

    @Test func aQueueThatIsMadeLaterIsFound() async throws {
        try await Storage.with { storage in
            try await AppFixture.with(
                host: Self.quick, functions: ["ingest": Self.queue], environment: storage.environment
            ) { app in
                try await storage.queues.create("jobs")
                try await storage.queues.put("late", to: "jobs")
                #expect(await eventually { app.handler.count == 1 })
            }
        }
    }

    @Test func outputsOfACallBecomeMessagesAndBlobs() async throws {
        let outputs: [JSONValue] = [
            ["type": "queue", "direction": "out", "name": "jobs", "queueName": "made-{name}"],
            ["type": "blob", "direction": "out", "name": "copy", "path": "files/{name}.txt"],
        ]
        let answer: AppFixture.Handler.Answer = { _ in
            HTTPResponse(json: [
                "Outputs": ["res": ["body": "ok"], "jobs": ["one!", ["n": 2]], "copy": "content of it"]
            ])
        }
        try await Storage.with { storage in
            try await storage.blobs.createContainer("files")
            try await AppFixture.with(
                functions: ["f": AppFixture.http(["route": "f/{name}"], outputs: outputs)],
                environment: storage.environment, answer: answer
            ) { app in
                let got = try await app.call(.get, "/api/f/abc")
                #expect(got.status == 200 && got.text == "ok")
                let messages = try await storage.queues.peek("made-abc", count: 5) ?? []
                let texts = messages.compactMap { Base64.decode($0.text) }.map { String(decoding: $0, as: UTF8.self) }
                #expect(Set(texts) == ["one!", "{\n  \"n\": 2\n}"])
                let blob = try await storage.blobs.get("files", "abc.txt", limit: 1000)
                #expect(blob == Array("content of it".utf8))
            }
        }
    }

    @Test func anOutputThatCannotBeWrittenFailsTheCall() async throws {
        let output: JSONValue = [
            "type": "blob", "direction": "out", "name": "copy", "path": "files/x", "connection": "Elsewhere",
        ]
        try await AppFixture.with(
            functions: ["f": AppFixture.http(outputs: [output])],
            environment: [
                "Elsewhere":
                    "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a"
            ],
            answer: { _ in HTTPResponse(json: ["Outputs": ["res": ["body": "ok"], "copy": "content!"]]) }
        ) { app in
            let status = try await app.call(.get, "/api/f").status
            #expect(status == 500)
        }
    }

    @Test func aTimerRunsOnStartAndKeepsItsStatus() async throws {
        let timer: JSONValue = [
            "bindings": [["type": "timerTrigger", "name": "tick", "schedule": "0 0 0 1 1 *", "runOnStartup": true]]
        ]
        try await Storage.with { storage in
            try await AppFixture.with(functions: ["tidy": timer], environment: storage.environment) {
                (app) async throws in
                #expect(await eventually(within: .seconds(30)) { app.handler.count == 1 })
                let tick = data(app.handler.last, "tick")
                #expect(tick?["IsPastDue"] == false && tick?["Schedule"] == ["AdjustForDST": true])
                #expect(tick?["ScheduleStatus"]?["Next"]?.string?.contains("-01-01T") == true)
                // By hand it runs again.
                #expect(try await app.call(.post, "/admin/functions/tidy", body: "{\"input\":\"\"}").status == 202)
                #expect(await eventually { app.handler.count == 2 })
            }
        }
    }

    @Test func aBlobRunsItsFunctionOnce() async throws {
        let trigger: JSONValue = [
            "bindings": [
                ["type": "blobTrigger", "name": "file", "path": "uploads/in/{name}.{ext}", "dataType": "string"]
            ]
        ]
        try await Storage.with { storage in
            try await storage.blobs.createContainer("uploads")
            _ = try await storage.blobs.put(
                Array("hello".utf8), to: "uploads", "in/a.b.txt", contentType: "text/plain")
            _ = try await storage.blobs.put(
                Array("other".utf8), to: "uploads", "out/c.txt", contentType: "text/plain")
            try await AppFixture.with(functions: ["read": trigger], environment: storage.environment) { app in
                #expect(await eventually(within: .seconds(30)) { app.handler.count == 1 })
                let call = app.handler.last
                #expect(data(call, "file") == "\"hello\"")
                #expect(call?.json["Metadata"]?["name"] == "\"a.b\"" && call?.json["Metadata"]?["ext"] == "\"txt\"")
                #expect(call?.json["Metadata"]?["Properties"]?["ContentType"] == "text/plain")
                // A new version is a new event; the old one is none.
                _ = try await storage.blobs.put(
                    Array("again".utf8), to: "uploads", "in/a.b.txt", contentType: "text/plain")
                #expect(await eventually(within: .seconds(30)) { app.handler.count == 2 })
                #expect(data(app.handler.last, "file") == "\"again\"")
            }
        }
    }

    @Test func triggersWithoutStorageAreRefusedWithAReason() async throws {
        let error = await #expect(throws: HostError.self) {
            try await AppFixture.with(functions: ["ingest": Self.queue]) { _ in }
        }
        #expect(error?.description.contains("AzureWebJobsStorage is missing or unusable") == true)
        #expect(error?.description.contains("queueTrigger of ingest") == true)
    }
}
