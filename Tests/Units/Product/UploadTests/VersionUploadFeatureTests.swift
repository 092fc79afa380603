import AzureStorage
import Catalog
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// Files whose name is there already, and what is said of documents, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
struct VersionUploadFeatureTests {
    private func upload(_ text: String, _ query: String, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(
            .upload, .post, "/api/upload?name=Policy.txt&" + query,
            fields: ["Content-Type": "application/octet-stream"],
            body: text.bytes)
    }

    private func patch(_ id: String, _ body: JSONValue, _ product: RunningProduct) async throws -> AppAnswer {
        try await product.send(
            .upload, .patch, "/api/documents/\(id)", fields: ["Content-Type": "application/json"], body: body.encoded)
    }

    private func blobs(_ product: RunningProduct) async throws -> Int {
        try await product.storage.blobs.list(BlobPaths.container, prefix: "default/").count
    }

    @Test func whoAsksIsToldWhichDocumentThereIsAndNothingIsStored() async throws {
        try await RunningProduct.with([.upload]) { product in
            let first = try await product.added("The deductible is $500.", name: "Policy.txt")
            let asked = try await upload("The deductible is $900.", "onExisting=ask", product)
            #expect(asked.status == 409 && asked.json["code"] == "name_exists")
            #expect(asked.json["existing"]?["id"]?.string == first && asked.json["existing"]?["name"] == "Policy.txt")
            #expect(asked.json["existing"]?["createdAt"]?.string != nil)
            #expect(asked.json["choices"] == ["replace", "keep", "skip"])
            let skipped = try await upload("The deductible is $900.", "onExisting=skip", product).json["documents"]?[0]
            #expect(skipped?["skipped"] == true && skipped?["id"]?.string == first)
            for choice in OnExisting.allCases {
                let same = try await upload("The deductible is $500.", "onExisting=\(choice)", product)
                #expect(same.status == 202 && same.json["documents"]?[0]?["duplicate"] == true, "\(choice)")
            }
            #expect(try await product.queued() == [first])
            #expect(try await blobs(product) == 1)
            #expect(try await upload("x", "onExisting=overwrite", product).json["errors"]?[0]?["field"] == "onExisting")
            // Without the field both are there, as ever.
            let beside = try await upload("The deductible is $900.", "", product).json["documents"]?[0]
            // Bytes that one of them has are no question, whichever is the newest.
            let again = try await upload("The deductible is $500.", "onExisting=ask", product).json["documents"]?[0]
            #expect(again?["duplicate"] == true && again?["id"]?.string == first)
            #expect(beside?["version"] == 1 && beside?["duplicate"] == nil && beside?["skipped"] == nil)
        }
    }

    @Test func aNewVersionTakesOverAndTheOldOneStaysReadable() async throws {
        try await RunningProduct.with([.upload]) { product in
            let first = try await product.added("The deductible is $500.", name: "Policy.txt")
            try await product.ingestAll()
            let answer = try await upload("The deductible is $900.", "onExisting=replace", product)
            let second = try #require(answer.json["documents"]?[0]?["id"]?.string)
            #expect(answer.json["documents"]?[0]?["versionOf"]?.string == first)
            #expect(try await product.document(first)["supersededAt"] == nil)
            try await product.ingestAll()
            let old = try await product.document(first)
            #expect(old["supersededBy"]?.string == second && old["supersededAt"]?.string != nil)
            let text = try await product.get(.upload, "/api/documents/\(first)/text?page=1")
            #expect(text.text.contains("$500"))
            #expect(try await product.get(.upload, "/api/documents/\(first)/content").text.contains("$500"))
            func listed(_ query: String) async throws -> [JSONValue?] {
                try await product.get(.upload, "/api/documents?\(query)").json["documents"]?.array?.map { $0["id"] }
                    ?? []
            }
            #expect(try await listed("") == [.string(second)])
            #expect(try await listed("versions=all") == [.string(second), .string(first)])
            #expect(try await listed("versions=\(first)") == [.string(second), .string(first)])
            #expect(try await product.get(.upload, "/api/documents?versions=old").status == 400)
            // Going back is a step of its own.
            let restored = try await product.send(.upload, .post, "/api/documents/\(first)/restore")
            #expect(restored.status == 200 && restored.json["version"] == 3)
            #expect(try await listed("") == [.string(first)])
            #expect(try await product.send(.upload, .post, "/api/documents/\(first)/restore").status == 409)
        }
    }

    @Test func receiptsCountWhatWentAndSayWhatIsLeft() async throws {
        try await RunningProduct.with([.upload]) { product in
            var ids: [String] = []
            for price in [500, 700, 900] {
                let answer = try await upload("The deductible is $\(price).", "onExisting=replace", product)
                ids.append(try #require(answer.json["documents"]?[0]?["id"]?.string))
                try await product.ingestAll()
            }
            let current = try await product.send(.upload, .delete, "/api/documents/\(ids[2])")
            #expect(current.json["rows"] == 1 && current.json["blobs"] == 2 && current.json["versionsLeft"] == 2)
            #expect(try await product.get(.upload, "/api/documents").json["documents"] == [])
            #expect(try await product.document(ids[0])["supersededBy"] == .null)
            let rest = try await product.send(.upload, .delete, "/api/documents/\(ids[0])?versions=all")
            #expect(rest.json["rows"] == 2 && rest.json["blobs"] == 4 && rest.json["passages"] == 2)
            #expect(try await blobs(product) == 0)
            #expect(try await product.send(.upload, .delete, "/api/documents/\(ids[0])?versions=all").status == 404)
            #expect(try await product.send(.upload, .delete, "/api/documents/\(ids[0])?versions=old").status == 400)
        }
    }

    @Test func tagsAndFactsAreSaidChangedAndInherited() async throws {
        try await RunningProduct.with([.upload]) { product in
            let first = try await upload(
                "The deductible is $500.", "tags=HR,%20Benefits%20&author=Jo&date=2024-05-01", product
            ).json["documents"]?[0]
            let id = try #require(first?["id"]?.string)
            #expect(first?["tags"] == ["hr", "benefits"] && first?["author"] == "Jo" && first?["date"] == "2024-05-01")
            let changed = try await patch(id, ["tags": ["hr"], "source": "Intranet", "author": .null], product)
            #expect(changed.status == 200 && changed.json["tags"] == ["hr"] && changed.json["author"] == .null)
            #expect(changed.json["source"] == "Intranet" && changed.json["date"] == "2024-05-01")
            for body: JSONValue in [[:], ["tags": "hr"], ["name": "x"], ["date": "soon"]] {
                #expect(try await patch(id, body, product).status == 400)
            }
            #expect(try await patch("x", ["tags": []], product).status == 404)
            let second = try await upload("The deductible is $900.", "onExisting=replace&date=2025-05-01", product)
                .json["documents"]?[0]
            #expect(second?["tags"] == ["hr"] && second?["source"] == "Intranet" && second?["date"] == "2025-05-01")
            let other = try await product.added("Nothing is said of this.", name: "b.txt")
            func listed(_ query: String) async throws -> [String] {
                let answer = try await product.get(.upload, "/api/documents?versions=all&\(query)")
                return (answer.json["documents"]?.array ?? []).compactMap { $0["id"]?.string }
            }
            #expect(try await listed("tag=HR").count == 2)
            #expect(try await listed("tag=hr&tag=benefits").isEmpty)
            #expect(try await listed("tag=hr&before=2025-01-01") == [id])
            // What has no date is of the day on which it came.
            #expect(try await listed("after=2025-06-01") == [other])
            #expect(try await listed("source=Intranet").count == 2)
            // The page before, and a day, in one.
            #expect(try await listed("after=2024-01-01&after=\(other)").count == 2)
            #expect(try await product.get(.upload, "/api/documents?after=yesterday").status == 400)
        }
    }

    @Test func aFormThatIsRefusedTakesItsNewVersionsBack() async throws {
        try await RunningProduct.with([.upload]) { product in
            let first = try await product.added("The deductible is $500.", name: "Policy.txt")
            try await product.ingestAll()
            let form = [
                "onExisting\"\r\n\r\nreplace", "file\"; filename=\"Policy.txt\"\r\n\r\nIt is $900.", "other\"\r\n\r\nx",
            ]
            let body = form.map { "--b\r\nContent-Disposition: form-data; name=\"\($0)\r\n" }.joined() + "--b--\r\n"
            let answer = try await product.send(
                .upload, .post, "/api/upload", fields: ["Content-Type": "multipart/form-data; boundary=b"],
                body: body.bytes)
            #expect(answer.status == 400)
            try await product.ingestAll()
            #expect(try await product.catalog.searchableDocuments(chatId: nil, only: nil) == [first])
            #expect(try await blobs(product) == 2)
        }
    }

    @Test func questionsSeeTheCurrentVersionAndWhatTheirScopeNames() async throws {
        try await RunningProduct.with([.upload, .chat], settings: ["APUS_MODELS": "extractive"]) { product in
            let first = try await upload("The deductible of the plan is $500.", "tags=plan&date=2024-01-01", product)
            let id = try #require(first.json["documents"]?[0]?["id"]?.string)
            try await product.ingestAll()
            func answer(_ scope: JSONObject = [:]) async throws -> String {
                var body = scope
                body["question"] = "What is the deductible of the plan?"
                return try await product.post(.chat, "/api/ask", .object(body)).json["text"]?.string ?? ""
            }
            #expect(try await answer().contains("$500"))
            _ = try await upload("The deductible of the plan is $900.", "onExisting=replace&date=2025-01-01", product)
            #expect(try await answer().contains("$500"))
            try await product.ingestAll()
            for scope: JSONObject in [[:], ["documents": [.string(id)]], ["tags": ["Plan"]], ["after": "2025-01-01"]] {
                let text = try await answer(scope)
                #expect(text.contains("$900") && !text.contains("$500"), "\(scope)")
            }
            for scope: JSONObject in [["tags": ["plan", "other"]], ["before": "2025-01-01"], ["language": "de"]] {
                let text = try await answer(scope)
                #expect(!text.contains("$900") && !text.contains("$500"), "\(scope)")
            }
            let chat = try await product.chat(["message": "What is the deductible of the plan?", "tags": ["other"]])
            #expect(chat.json["passages"] == [])
            let wrong = try await product.post(.chat, "/api/ask", ["question": "x", "before": "soon"])
            #expect(wrong.status == 400 && wrong.json["errors"]?[0]?["field"] == "before")
        }
    }
}
