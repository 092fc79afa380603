import AzureStorage
import Catalog
import ChromaClient
import Digests
import DocumentQueue
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// `/api/check`: whether the stores agree with each other, and mending what does not.
@Suite(.serialized, .enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
struct CheckFeatureTests {
    /// Documents that are read, and unmoved for a while.
    private func ready(_ count: Int, _ product: RunningProduct) async throws -> [String] {
        var ids: [String] = []
        for number in 1...count {
            ids.append(try await product.added("Storks of nest \(number) winter in Senegal.", name: "\(number).txt"))
        }
        try await product.ingestAll()
        try await rest(product)
        return ids
    }

    private func rest(_ product: RunningProduct) async throws {
        try await product.sql.query("UPDATE documents SET updated_at = now() - interval '1 hour'")
    }

    /// Hands the waiting job to the function, as the host does.
    private func work(_ product: RunningProduct, deliveries: Int = 1) async throws {
        for message in try await product.storage.queues.get(JobQueue.name, count: 32, visibility: .seconds(60)) ?? [] {
            let text = Base64Text.decode(message.text) ?? ""
            #expect(try await product.invoke("work", ["message": .string(text)], deliveries: deliveries) == 200)
            try await product.storage.queues.delete(message, from: JobQueue.name)
        }
    }

    private func check(_ product: RunningProduct) async throws -> JSONValue {
        #expect(try await product.post(.upload, "/api/check", [:]).status == 202)
        try await work(product)
        return try await product.get(.upload, "/api/check").json["check"] ?? .null
    }

    private func found(_ check: JSONValue) -> [String: [String]] {
        let findings = check["report"]?["findings"]?.array ?? []
        return Dictionary(
            findings.map { ($0["kind"]?.string ?? "", ($0["documents"]?.array ?? []).compactMap(\.string)) }
        ) { $1 }
    }

    @Test func storesThatAgreeHaveNoFindings() async throws {
        try await RunningProduct.with([.upload]) { product in
            #expect(try await product.get(.upload, "/api/check").json["check"] == .null)
            _ = try await ready(2, product)
            let check = try await check(product)
            #expect(check["state"] == "done" && check["report"]?["documents"] == 2)
            #expect(check["report"]?["findings"] == [])
            let id = try #require(check["id"]?.string)
            #expect(try await product.post(.upload, "/api/check/\(id)/repair", [:]).status == 409)
        }
    }

    @Test func whatDoesNotAgreeIsFoundAndMended() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await ready(6, product)
            let blobs = product.storage.blobs
            let stray = UUIDv7.make()
            try await blobs.delete(BlobPaths.container, BlobPaths.original(workspace: "default", document: ids[0]))
            try await blobs.delete(BlobPaths.container, BlobPaths.text(workspace: "default", document: ids[1]))
            try await product.vectors.delete(filter: ["documentId": .string(ids[2])])
            try await product.put(ids[3], into: .embedding)
            try await product.sql.query("UPDATE documents SET deleting = true WHERE id = $1", [ids[4]])
            try await product.sql.query("DELETE FROM documents WHERE id = $1", [ids[5]])
            try await rest(product)
            // Of an upload of this minute nobody knows yet whether a row comes.
            let new = BlobPaths.original(workspace: "default", document: stray)
            _ = try await blobs.put("x".bytes, to: BlobPaths.container, new, contentType: "text/plain")
            let check = try await check(product)
            #expect(
                found(check) == [
                    "file_lost": [ids[0]], "text_lost": [ids[1]], "passages_differ": [ids[2]], "unfinished": [ids[3]],
                    "deletion_cut_off": [ids[4]], "passages_without_document": [ids[5]],
                ])
            let id = try #require(check["id"]?.string)
            let repair = try await product.post(.upload, "/api/check/\(id)/repair", [:])
            #expect(repair.status == 202 && repair.json["kind"] == "repair" && repair.json["state"] == "queued")
            try await work(product)
            let done = try await product.get(.upload, "/api/jobs/\(repair.json["id"]?.string ?? "")").json
            #expect(done["state"] == "done" && done["report"]?["mended"]?["passages_without_document"] == 1)
            try await product.ingestAll()
            try await rest(product)
            let lost = try await product.document(ids[0])
            #expect(lost["status"] == "failed" && lost["error"]?["code"] == "lost")
            for id in ids[1...3] { #expect(try await product.document(id)["status"] == "ready") }
            #expect(try await product.get(.upload, "/api/documents/\(ids[4])").status == 404)
            // What its owner has been told is no finding any more; uploaded again it is there again.
            #expect(found(try await self.check(product)).isEmpty)
            let again = try await product.upload("Storks of nest 1 winter in Senegal.".bytes, name: "1.txt")
            #expect(again.json["documents"]?[0]?["id"]?.string == ids[0])
            try await product.ingestAll()
            #expect(try await product.document(ids[0])["status"] == "ready")
        }
    }

    @Test func aRepairThatIsDeliveredTwiceIsDoneOnce() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await ready(1, product)
            try await product.vectors.delete(filter: ["documentId": .string(ids[0])])
            let id = try #require(try await check(product)["id"]?.string)
            let repair = try await product.post(.upload, "/api/check/\(id)/repair", [:])
            let job = try #require(repair.json["id"]?.string)
            let message: JSONValue = .string(JSONValue.object(["jobId": .string(job), "workspace": "default"]).text)
            for _ in 0..<2 { #expect(try await product.invoke("work", ["message": message]) == 200) }
            #expect(try await product.queued() == ids)
        }
    }

    @Test func aCheckThatCannotBeDoneSaysSo() async throws {
        try await RunningProduct.with([.upload]) { product in
            _ = try await ready(1, product)
            #expect(try await product.post(.upload, "/api/check", [:]).status == 202)
            try await product.fault(["service": "blob", "status": 403, "count": 1000])
            try await work(product, deliveries: 5)
            let jobs = try await product.get(.upload, "/api/jobs").json["jobs"]?.array
            #expect(jobs?.first?["state"] == "failed" && jobs?.first?["report"]?["error"]?.string != nil)
        }
    }
}
