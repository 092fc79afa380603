import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// Whose resumable uploads are seen, and what quotas say of them, where people sign in.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ResumableRightsFeatureTests {
    private static let all: JSONValue = ["read", "write"]

    private func key(_ browser: Browser, workspace: String = "default") async throws -> String {
        let made = try await browser.send(
            .post, "keys", ["name": "k", "scopes": Self.all, "workspace": .string(workspace)])
        return try #require(made.json["key"]?.string, "\(made.text)")
    }

    private func send(
        _ house: House, _ key: String, _ method: HTTPMethod, _ path: String, _ more: [String: String] = [:],
        body: [UInt8] = []
    ) async throws -> AppAnswer {
        var fields: HTTPFields = ["Tus-Resumable": "1.0.0", "Authorization": "Bearer \(key)"]
        for (name, value) in more { fields[name] = value }
        return try await house.product.send(.upload, method, path, fields: fields, body: body)
    }

    private func begin(_ house: House, _ key: String, _ length: Int) async throws -> AppAnswer {
        try await send(
            house, key, .post, "/api/uploads",
            [
                "Upload-Length": String(length),
                "Upload-Metadata": "filename \(Base64.encode("a.txt".bytes))",
            ])
    }

    private static func piece(_ offset: Int) -> [String: String] {
        ["Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset)]
    }

    @Test func anUploadIsThereForWhoeverBeganItAndNobodyElse() async throws {
        try await House.with([.upload]) { house in
            _ = try await house.boss.send(.post, "workspaces", ["id": "other", "name": "Other"])
            let roles = ["default": "editor", "other": "editor"]
            let browser = try await house.person("ann", roles).browser
            let (mine, elsewhere) = try await (key(browser), key(browser, workspace: "other"))
            let colleague = try await key(try await house.person("bob").browser)
            let owner = try await key(try await house.person("owner", ["default": "owner"]).browser)
            let address = try #require(try await begin(house, mine, 10).fields["location"])
            for other in [colleague, owner, elsewhere] {
                #expect(try await send(house, other, .head, address).status == 404)
                #expect(try await send(house, other, .get, address).status == 404)
                let brought = try await send(house, other, .patch, address, Self.piece(0), body: "0123456789".bytes)
                #expect(brought.status == 404)
                #expect(try await send(house, other, .delete, address).status == 404)
                let joined = try await send(
                    house, other, .post, "/api/uploads",
                    [
                        "Upload-Concat": "final;\(address)",
                        "Upload-Metadata": "filename \(Base64.encode("b.txt".bytes))",
                    ])
                #expect(joined.status == 400)
            }
            let done = try await send(house, mine, .patch, address, Self.piece(0), body: "0123456789".bytes)
            let document = try #require(done.fields["upload-document-id"], "\(done.text)")
            // The document is the workspace's, and the audit has who brought it: once, not for each piece.
            #expect(try await send(house, colleague, .get, "/api/documents/\(document)").status == 200)
            let entries = try await house.boss.send(.get, "audit?limit=100").json["entries"]?.array ?? []
            let patches = entries.filter { $0["action"]?.string?.hasPrefix("PATCH") == true && $0["status"] == 204 }
            #expect(patches.count == 1 && patches.first?["object"]?.string?.contains(document) == true, "\(entries)")
        }
    }

    @Test func whatAWorkspaceMayHoldIsAskedAtTheBeginningAndAtTheEnd() async throws {
        try await House.with([.upload]) { house in
            let mine = try await key(try await house.person("ann").browser)
            func limit(_ bytes: Int) async throws {
                let set = try await house.boss.send(
                    .put, "quotas", ["of": "workspace", "limits": ["bytes": .int(Int64(bytes))]], workspace: "default")
                #expect(set.status == 200, "\(set.text)")
            }
            try await limit(1000)
            #expect(try await begin(house, mine, 1001).status == 402)
            let address = try #require(try await begin(house, mine, 600).fields["location"])
            // What is on its way needs its room, too.
            #expect(try await begin(house, mine, 600).status == 402)
            try await limit(500)
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: 600)
            let full = try await send(house, mine, .patch, address, Self.piece(0), body: text)
            #expect(full.status == 402 && full.json["code"] == "quota_exceeded", "\(full.text)")
            // Nothing has to be sent again once there is room.
            try await limit(5000)
            let done = try await send(house, mine, .patch, address, Self.piece(600))
            #expect(done.status == 204 && done.fields["upload-outcome"] == "new", "\(done.text)")

            // A part that is complete takes room as well, and so does what says its length later.
            try await limit(2000)
            let part = try await send(
                house, mine, .post, "/api/uploads",
                Self.piece(0).merging(["Upload-Concat": "partial", "Upload-Length": "600"]) { $1 }, body: text)
            #expect(part.status == 201 && part.fields["upload-offset"] == "600", "\(part.text)")
            #expect(try await begin(house, mine, 900).status == 402)
            let later = try await send(
                house, mine, .post, "/api/uploads",
                [
                    "Tus-Resumable": "1.0.0", "Upload-Defer-Length": "1",
                    "Upload-Metadata": "filename \(Base64.encode("later.txt".bytes))",
                ])
            let laterAddress = try #require(later.fields["location"], "\(later.text)")
            let tooLong = try await send(
                house, mine, .patch, laterAddress, Self.piece(0).merging(["Upload-Length": "900"]) { $1 })
            #expect(tooLong.status == 402, "\(tooLong.text)")
        }
    }
}
