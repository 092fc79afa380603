import AzureEmulator
import AzureSignatures
import FoundationEssentials
import HTTPMessages
import Telemetry
import TestSupport
import Testing

@testable import Bench

/// Requests that are signed beforehand are ones that the emulator takes.
struct EmulatorRequestsTests {
    @Test func signedRequestsAreAccepted() async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = Emulator.Configuration()
        configuration.dataDirectory = folder
        (configuration.blobPort, configuration.queuePort, configuration.cosmosPort) = (0, 0, 0)
        (configuration.vaultPort, configuration.identityPort) = (0, 0)
        let emulator = try Emulator(configuration, log: Log(label: "test", level: .error))
        func port(_ name: String) -> UInt16 { emulator.ports.first { $0.name == name }?.port ?? 0 }
        let account = DevelopmentAccount.storageName
        let blob = "http://127.0.0.1:\(port("blob"))/\(account)"
        let requests = SignedRequests()
        let result: Result<Void, any Error>
        do {
            try await requests.send(.put, blob + "/bench?restype=container")
            try await requests.send(.put, "http://127.0.0.1:\(port("queue"))/\(account)/bench")
            let head = requests.head(
                .put, blob + "/bench/one",
                fields: ["x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"], length: 5000)
            #expect(try await exchange(port("blob"), head, bodyBytes: 5000).status == 201)
            let get = try await exchange(port("blob"), requests.head(.get, blob + "/bench/one"), bodyBytes: 0)
            #expect(get.status == 200 && get.received > 5000)
            await #expect(throws: BenchError.self) { try await requests.send(.put, blob + "/none/one") }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await emulator.shutDown()
        try result.get()
    }

    @Test func scriptsHoldARequestForEachName() {
        let requests = SignedRequests()
        let puts = requests.blobScript(.put, "http://127.0.0.1:1/a")
        #expect(puts.contains("heads[\(SignedRequests.names)]") && !puts.contains("heads[\(SignedRequests.names + 1)]"))
        #expect(puts.contains("Content-Length: 1024"))
        #expect(requests.queueScript("http://127.0.0.1:1/a").contains("visibilitytimeout=60"))
        #expect(requests.createScript("http://127.0.0.1:1").contains("last = 1000000000"))
    }
}
