import AzureStorage
import Catalog
import Digests
import DocumentQueue
import HTTPMessages
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// `/api/jobs`: documents that are read anew together, and how far that is.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct JobFeatureTests {
    /// Documents of which the first two are ready and the third has failed.
    private func three(_ product: RunningProduct) async throws -> [String] {
        var ids: [String] = []
        for number in 1...3 { ids.append(try await product.added("Text \(number).", name: "\(number).txt")) }
        try await product.storage.queues.clear(IngestMessage.queue)
        for id in ids.prefix(2) { try await product.put(id, into: .ready) }
        try await product.put(ids[2], into: .failed, code: "damaged")
        return ids
    }

    private func begin(_ body: JSONValue, _ product: RunningProduct) async throws -> JSONValue {
        let answer = try await product.post(.upload, "/api/jobs", body)
        #expect(answer.status == 202, "\(answer.text)")
        #expect(answer.fields["location"] == "/api/jobs/\(answer.json["id"]?.string ?? "")")
        return answer.json
    }

    @Test func documentsAreReadAnewTogether() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "status": "ready"], product)
            #expect(job["kind"] == "process" && job["state"] == "queued" && job["counts"]?["waiting"] == 2)
            #expect(Set(try await product.queued()) == Set(ids.prefix(2)))
            for id in ids.prefix(2) { try await product.put(id, into: .ready) }
            let id = try #require(job["id"]?.string)
            #expect(try await product.get(.upload, "/api/jobs/\(id)").json["state"] == "done")
            // What becomes of a document later is not this job's.
            try await product.put(ids[0], into: .queued)
            #expect(try await product.get(.upload, "/api/jobs/\(id)").json["state"] == "done")
        }
    }

    @Test func whatIsCancelledIsWhatItWas() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "documents": .strings(ids)], product)
            let id = try #require(job["id"]?.string)
            #expect(try await product.document(ids[2])["error"] == .null)
            try await product.put(ids[1], into: .extracting)
            let cancelled = try await product.post(.upload, "/api/jobs/\(id)/cancel", [:]).json
            #expect(cancelled["state"] == "cancelled" && cancelled["counts"]?["cancelled"] == 2)
            #expect(try await product.document(ids[0])["status"] == "ready")
            #expect(try await product.document(ids[1])["status"] == "extracting")
            let failed = try await product.document(ids[2])
            #expect(failed["status"] == "failed" && failed["error"]?["code"] == "cancelled")
            // The messages that were on their way find nothing to do.
            #expect(try await product.ingestAll().allSatisfy { $0 == 200 })
            #expect(try await product.document(ids[0])["status"] == "ready")
        }
    }

    @Test func whatWasBegunIsReadToItsEnd() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "documents": .strings(ids)], product)
            let id = try #require(job["id"]?.string)
            // Somebody has begun, and waits for a store that does not answer.
            try await product.sql.query("UPDATE documents SET attempt = attempt + 1 WHERE id = $1", [ids[0]])
            let cancelled = try await product.post(.upload, "/api/jobs/\(id)/cancel", [:]).json
            #expect(cancelled["counts"]?["cancelled"] == 2)
            #expect(try await product.document(ids[0])["status"] == "queued")
            #expect(try await product.document(ids[1])["status"] == "ready")
        }
    }

    @Test func whatFailedIsTriedAgain() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "documents": .strings(ids)], product)
            let id = try #require(job["id"]?.string)
            #expect(try await product.post(.upload, "/api/jobs/\(id)/retry", [:]).status == 409)
            for id in ids { try await product.put(id, into: .failed, code: "unavailable") }
            #expect(try await product.get(.upload, "/api/jobs/\(id)").json["counts"]?["failed"] == 3)
            let again = try await product.post(.upload, "/api/jobs/\(id)/retry", [:])
            #expect(again.status == 202 && again.json["state"] == "queued" && again.json["counts"]?["waiting"] == 3)
        }
    }

    @Test func ofADeletedDocumentNoNameStays() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "documents": .strings(ids)], product)
            let id = try #require(job["id"]?.string)
            #expect(try await product.send(.upload, .delete, "/api/documents/\(ids[1])").status == 200)
            let items = try await product.get(.upload, "/api/jobs/\(id)/items").json["items"]?.array ?? []
            #expect(items.map { $0["state"]?.string } == ["waiting", "deleted", "waiting"])
            #expect(items[1]["name"] == .null && items[1]["documentId"] == .null && items[0]["name"] == "1.txt")
            let rows = try await product.sql.query("SELECT count(*) AS n FROM job_items WHERE name = '2.txt'")
            let names = try rows.first?.int("n")
            #expect(names == 0)
        }
    }

    @Test func eventsTellEachChangeAndTheEnd() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "documents": .strings(ids)], product)
            let id = try #require(job["id"]?.string)
            async let heard = product.get(.upload, "/api/jobs/\(id)/events")
            for id in ids { try await product.put(id, into: .ready) }
            let events = try await heard.events
            #expect(events.last?.name == "end" && events.last?.data["state"] == "done")
            #expect(events.dropLast().allSatisfy { $0.name == "job" } && events.count >= 2)
        }
    }

    @Test func pagesOfItemsAndJobsFollowEachOther() async throws {
        try await RunningProduct.with([.upload]) { product in
            let ids = try await three(product)
            let job = try await begin(["kind": "process", "documents": .strings(ids)], product)
            let id = try #require(job["id"]?.string)
            var page = try await product.get(.upload, "/api/jobs/\(id)/items?limit=2").json
            #expect(page["items"]?.array?.count == 2 && page["next"] == "2")
            page = try await product.get(.upload, "/api/jobs/\(id)/items?limit=2&after=2").json
            #expect(page["items"]?.array?.map { $0["number"]?.int } == [3] && page["next"] == .null)
            for id in ids { try await product.put(id, into: .ready) }
            let second = try await begin(["kind": "process", "status": "ready"], product)
            let list = try await product.get(.upload, "/api/jobs?limit=1").json
            #expect(list["jobs"]?[0]?["id"] == second["id"] && list["next"] == second["id"])
            let rest = try await product.get(.upload, "/api/jobs?after=\(list["next"]?.string ?? "")").json
            #expect(rest["jobs"]?.array?.compactMap { $0["id"]?.string } == [id])
        }
    }

    @Test(
        arguments: [
            [:], ["kind": "dance"], ["kind": "process"], ["kind": "process", "documents": ["x"]],
            ["kind": "process", "documents": [], "status": "ready"], ["kind": "check", "status": "ready"],
            ["kind": "process", "status": "queued"], ["kind": "process", "status": "ready", "more": 1],
        ] as [JSONValue])
    func whatCannotBeMeantIsRefused(body: JSONValue) async throws {
        try await RunningProduct.with([.upload]) { product in
            let answer = try await product.post(.upload, "/api/jobs", body)
            #expect(answer.status == 400 && answer.json["errors"]?.array?.isEmpty == false, "\(answer.text)")
        }
    }

    @Test func whatIsNotThereIsNotFoundAndNothingToDoIsSaid() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = UUIDv7.make()
            for path in ["\(id)", "\(id)/items", "\(id)/events", "nonsense"] {
                let answer = try await product.get(.upload, "/api/jobs/\(path)")
                #expect(answer.status == 404, "\(path)")
            }
            for part in ["cancel", "retry"] {
                let answer = try await product.post(.upload, "/api/jobs/\(id)/\(part)", [:])
                #expect(answer.status == 404, "\(part)")
            }
            let nothing = try await product.post(.upload, "/api/jobs", ["kind": "process", "status": "ready"])
            #expect(nothing.status == 409)
            for query in ["limit=0", "limit=x", "after=x"] {
                let answer = try await product.get(.upload, "/api/jobs?\(query)")
                #expect(answer.status == 400, "\(query)")
            }
        }
    }
}
