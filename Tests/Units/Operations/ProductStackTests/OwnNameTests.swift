import HTTPClient
import HTTPMessages
import HTTPServing
import Synchronization
import Testing

@testable import ProductStack

/// Commands ask a running Apus in the name of whoever has the key.
struct OwnNameTests {
    @Test func theKeyOfTheEnvironmentIsSentAndNothingElse() {
        #expect(OwnName.fields(["APUS_API_KEY": "apus_x"]) == ["Authorization": "Bearer apus_x"])
        #expect(OwnName.fields([:]) == HTTPFields() && OwnName.fields(["APUS_API_KEY": ""]) == HTTPFields())
    }

    @Test func everyRequestOfASampleSaysWhoAsks() async throws {
        let seen = Mutex<[String?]>([])
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            seen.withLock { $0.append(request.fields["authorization"]) }
            let document = "{\"id\": \"d\", \"name\": \"host.json\", \"status\": \"ready\"}"
            let isUpload = request.method == .post
            return HTTPResponse(
                isUpload ? .accepted : .ok, fields: ["Content-Type": "application/json"],
                body: .bytes(Array((isUpload ? "{\"documents\": [\(document)]}" : document).utf8)))
        }
        try await FakeLayout.with { fake in
            let page = RunningPage(
                url: "http://127.0.0.1:\(server.port)", client: HTTPSession(),
                fields: OwnName.fields(["APUS_API_KEY": "apus_x"]))
            let id = try await page.upload(fake.root + "/host.json").id
            try await page.waitUntilReady([id], within: .seconds(20))
        }
        await server.shutDown()
        #expect(seen.withLock { $0 } == ["Bearer apus_x", "Bearer apus_x"])
    }
}
