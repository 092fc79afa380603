import AzureStorage
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// `/api/uploads`: files that come in several requests, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ResumableFeatureTests {
    static let version: HTTPFields = ["Tus-Resumable": "1.0.0"]

    static func text(_ bytes: Int) -> [UInt8] {
        let line = "The pump of station 7 was sent back after nine days, as the contract says.\n".bytes
        return (0..<bytes).map { line[($0 &+ $0 / 1000) % line.count] }
    }

    static func fields(_ more: [String: String]) -> HTTPFields {
        var fields = version
        for (name, value) in more { fields[name] = value }
        return fields
    }

    static func metadata(_ values: [(String, String)]) -> String {
        values.map { "\($0.0) \(Base64.encode($0.1.bytes))" }.joined(separator: ",")
    }

    /// Begins an upload that has to be accepted; returns its address.
    static func begin(
        _ length: Int?, name: String = "Pump.txt", also more: [String: String] = [:], said: [(String, String)] = [],
        _ product: RunningProduct
    ) async throws -> String {
        var own = ["Upload-Metadata": metadata([("filename", name)] + said)]
        if let length { own["Upload-Length"] = String(length) } else { own["Upload-Defer-Length"] = "1" }
        let answer = try await product.send(
            .upload, .post, "/api/uploads", fields: fields(own.merging(more) { $1 }))
        #expect(answer.status == 201, "\(answer.text)")
        #expect(answer.fields["tus-resumable"] == "1.0.0" && answer.fields["upload-expires"] != nil)
        return try #require(answer.fields["location"])
    }

    static func patch(
        _ address: String, _ bytes: [UInt8], at offset: Int, also more: [String: String] = [:],
        _ product: RunningProduct
    ) async throws -> AppAnswer {
        let own = ["Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream"]
        return try await product.send(
            .upload, .patch, address, fields: fields(own.merging(more) { $1 }), body: bytes)
    }

    static func head(_ address: String, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(.upload, .head, address, fields: version)
    }

    static func content(_ answer: AppAnswer, _ product: RunningProduct) async throws -> [UInt8] {
        let document = try #require(answer.fields["upload-document-id"])
        return try await product.get(.upload, "/api/documents/\(document)/content").bytes
    }

    private static func rows(_ table: String, _ product: RunningProduct) async throws -> Int {
        try await product.sql.query("SELECT count(*) AS count FROM \(table)").first?.int("count") ?? -1
    }

    @Test func aFileInOddPiecesBecomesTheDocumentThatItIs() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Self.text(3_500_003)
            let address = try await Self.begin(content.count, said: [("tags", "pumps,seven")], product)
            var offset = 0
            var last: AppAnswer?
            for size in [1, 99, 1 << 20, 999_999, 77, 1_048_575, 500_000] {
                let end = min(offset + size, content.count)
                last = try await Self.patch(address, Array(content[offset..<end]), at: offset, product)
                #expect(last?.status == 204 && last?.fields["upload-offset"] == String(end), "\(last?.text ?? "")")
                let told = try await Self.head(address, product)
                #expect(told.fields["upload-offset"] == String(end) && told.fields["cache-control"] == "no-store")
                offset = end
            }
            let final = try #require(last)
            #expect(offset == content.count && final.fields["upload-outcome"] == "new")
            #expect(try await Self.content(final, product) == content)
            let id = try #require(final.fields["upload-document-id"])
            let document = try await product.document(id)
            #expect(document["tags"] == ["pumps", "seven"] && document["bytes"] == .int(Int64(content.count)))
            #expect(document["sha256"]?.string == Digest.hex(Digest.sha256(content)))
            #expect(try await product.queued() == [id])
            // It tells the document until it expires, and holds nothing any more.
            let state = try await product.get(.upload, address).json
            #expect(state["state"] == "done" && state["documentId"]?.string == id)
            #expect(try await Self.rows("upload_blocks", product) == 0)
            #expect(try await Self.rows("upload_pieces", product) == 0)
        }
    }

    @Test func theFirstBytesCanComeWithTheBeginning() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Self.text(5000)
            func begin(_ name: String) async throws -> AppAnswer {
                try await product.send(
                    .upload, .post, "/api/uploads",
                    fields: Self.fields([
                        "Upload-Length": "5000", "Content-Type": "application/offset+octet-stream",
                        "Upload-Metadata": Self.metadata([("filename", name)]),
                    ]), body: content)
            }
            let whole = try await begin("Pump.txt")
            #expect(whole.status == 201 && whole.fields["upload-outcome"] == "new", "\(whole.text)")
            #expect(try await Self.content(whole, product) == content)
            // The same bytes are no second document.
            let again = try await begin("Copy.txt")
            #expect(again.fields["upload-outcome"] == "duplicate")
            #expect(again.fields["upload-document-id"] == whole.fields["upload-document-id"])
            #expect(try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").count == 1)
        }
    }

    @Test func ofTwoWritersAtOneOffsetOneWins() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Self.text(2_500_000)
            let address = try await Self.begin(content.count, product)
            // Each with bytes of its own, so that it shows whose are kept.
            let statuses = try await withThrowingTaskGroup(of: (UInt8, Int).self) { group in
                for writer in UInt8(1)...4 {
                    group.addTask {
                        let bytes = [UInt8](repeating: 96 + writer, count: 1_500_000)
                        return (writer, try await Self.patch(address, bytes, at: 0, product).status)
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let offset = Int(try await Self.head(address, product).fields["upload-offset"] ?? "") ?? -1
            #expect(statuses.values.allSatisfy { $0 == 204 || $0 == 409 } && offset > 0)
            // Where a writer has lost after its first block, another one had gone on from there.
            let rest = Array(content[offset...])
            let last = try await Self.patch(address, rest, at: offset, product)
            #expect(last.status == 204, "\(last.text)")
            let stored = try await Self.content(last, product)
            #expect(stored.count == content.count && Array(stored[offset...]) == rest)
            #expect(stored[..<offset].allSatisfy { (97...100).contains($0) })
            #expect(Set(stored[..<min(offset, 1 << 20)]).count == 1)
        }
    }

    @Test func bytesWithAnotherChecksumAreNotKept() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Self.text(2_200_000)
            let address = try await Self.begin(content.count, product)
            let right = Base64.encode(Digest.sha256(content))
            let wrong = Base64.encode(Digest.sha256([1]))
            let refused = try await Self.patch(
                address, content, at: 0, also: ["Upload-Checksum": "sha256 \(wrong)"], product)
            #expect(refused.status == 460 && refused.json["errors"]?[0]?["field"] == "Upload-Checksum")
            #expect(try await Self.head(address, product).fields["upload-offset"] == "0")
            let taken = try await Self.patch(
                address, content, at: 0, also: ["Upload-Checksum": "sha256 \(right)"], product)
            #expect(taken.status == 204 && taken.fields["upload-outcome"] == "new")
            #expect(try await Self.content(taken, product) == content)
        }
    }

    @Test func howLongItIsCanBeSaidLater() async throws {
        try await RunningProduct.with([.upload]) { product in
            let address = try await Self.begin(nil, product)
            #expect(try await Self.head(address, product).fields["upload-defer-length"] == "1")
            #expect(try await Self.patch(address, Self.text(10), at: 0, product).status == 204)
            let less = try await Self.patch(address, [], at: 10, also: ["Upload-Length": "5"], product)
            #expect(less.status == 400 && less.json["errors"]?[0]?["field"] == "Upload-Length")
            let last = try await Self.patch(
                address, Array(Self.text(20)[10...]), at: 10, also: ["Upload-Length": "20"], product)
            #expect(last.status == 204 && last.fields["upload-outcome"] == "new", "\(last.text)")
            #expect(try await Self.content(last, product) == Self.text(20))
        }
    }

    @Test func partsArePutTogether() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Self.text(2_400_000)
            var parts: [String] = []
            for part in [content[..<1_100_000], content[1_100_000...]] {
                let address = try await Self.begin(part.count, also: ["Upload-Concat": "partial"], product)
                parts.append(address)
                if parts.count == 2 { break }
                let answer = try await Self.patch(address, Array(part), at: 0, product)
                #expect(answer.status == 204 && answer.fields["upload-document-id"] == nil, "\(answer.text)")
                #expect(try await Self.head(address, product).fields["upload-concat"] == "partial")
            }
            func join(_ more: [String: String] = [:]) async throws -> AppAnswer {
                let own = [
                    "Upload-Concat": "final;" + parts.joined(separator: " "),
                    "Upload-Metadata": Self.metadata([("filename", "Joined.txt")]),
                ]
                return try await product.send(
                    .upload, .post, "/api/uploads", fields: Self.fields(own.merging(more) { $1 }))
            }
            #expect(try await join().status == 409)
            #expect(try await Self.patch(parts[1], Array(content[1_100_000...]), at: 0, product).status == 204)
            #expect(try await join(["Upload-Length": "2400000"]).json["errors"]?[0]?["field"] == "Upload-Length")
            let joined = try await join()
            #expect(joined.status == 201 && joined.fields["upload-outcome"] == "new", "\(joined.text)")
            #expect(try await Self.content(joined, product) == content)
            // Nobody needs them any more.
            for part in parts { #expect(try await Self.head(part, product).status == 404) }
            let address = try #require(joined.fields["location"])
            #expect(try await Self.head(address, product).fields["upload-concat"]?.hasPrefix("final;") == true)
            #expect(try await Self.patch(address, [1], at: content.count, product).status == 403)
        }
    }

    @Test func whatIsGivenUpIsGoneAndADocumentStays() async throws {
        try await RunningProduct.with([.upload]) { product in
            let content = Self.text(2_000_000)
            let address = try await Self.begin(content.count, product)
            #expect(try await Self.patch(address, Array(content[..<1_500_000]), at: 0, product).status == 204)
            #expect(try await product.send(.upload, .delete, address, fields: Self.version).status == 204)
            #expect(try await Self.head(address, product).status == 404)
            #expect(try await Self.patch(address, [1], at: 1_500_000, product).status == 404)
            #expect(try await Self.rows("upload_blocks", product) == 0)
            let other = try await Self.begin(1000, product)
            let done = try await Self.patch(other, Self.text(1000), at: 0, product)
            #expect(try await product.send(.upload, .delete, other, fields: Self.version).status == 204)
            #expect(try await Self.content(done, product) == Self.text(1000))
        }
    }
}
