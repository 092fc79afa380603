import AzureStorage
import Catalog
import Digests
import HTTPMessages
import JSONCoding
import ProductFixture
import TestSupport
import Testing

/// `/api/documents/{id}/pages/…`, over real sockets and stores.
@Suite(.serialized, .enabled(if: RunningProduct.canSearch, "\(RunningProduct.noSearch)"))
struct PageFeatureTests {
    private func blobs(_ product: RunningProduct) async throws -> [String] {
        try await product.storage.blobs.list(BlobPaths.container, prefix: "default/")
            .map { String($0.split(separator: "/").last ?? "") }.sorted()
    }

    private func added(_ product: RunningProduct) async throws -> String {
        let answer = try await product.upload(SampleFiles.pdf(["One page.", "Another page."]), name: "a.pdf")
        return try #require(answer.json["documents"]?[0]?["id"]?.string)
    }

    @Test func aPageIsDrawnOnceAndKept() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await added(product)
            try await product.ingestAll()
            let path = "/api/documents/\(id)/pages/2"
            let first = try await product.get(.upload, path)
            #expect(first.status == 200 && first.fields["content-type"] == "image/jpeg")
            #expect(first.bytes.starts(with: [0xFF, 0xD8]) && first.fields["cache-control"] == "private, no-cache")
            let kept = BlobPaths.picture(workspace: "default", document: id, page: 2, width: 800)
            #expect(try await product.storage.blobs.get(BlobPaths.container, kept) == first.bytes)
            // What is kept is what comes, by whichever width it was asked for.
            try await product.storage.blobs.put("kept".bytes, to: BlobPaths.container, kept, contentType: "image/jpeg")
            for width in ["1", "799", "800"] {
                #expect(try await product.get(.upload, path + "?width=" + width).text == "kept")
            }
            let large = try await product.get(.upload, path + "?width=801")
            #expect(large.bytes.count > first.bytes.count)
            #expect(try await product.get(.upload, path + "?width=100000").bytes == large.bytes)
            let tag = try #require(first.fields["etag"])
            #expect(tag != large.fields["etag"])
            let again = try await product.send(.upload, .get, path, fields: ["If-None-Match": tag])
            #expect(again.status == 304 && again.bytes.isEmpty && again.fields["etag"] == tag)
        }
    }

    @Test func wordsHavePlacesInTheTextOfTheDocument() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await added(product)
            try await product.ingestAll()
            let text = try await product.get(.upload, "/api/documents/\(id)/text?page=2").json["pages"]?[0]
            let start = try #require(text?["start"]?.int)
            let answer = try await product.get(.upload, "/api/documents/\(id)/pages/2/words")
            let words = try #require(answer.json.array)
            #expect(words.map { $0["start"]?.int } == [start, start + 8])
            #expect(words.map { $0["end"]?.int } == [start + 7, start + 13])
            for word in words {
                #expect(word.object?.names == ["start", "end", "box"])
                let box = (word["box"]?.array ?? []).compactMap(\.double)
                #expect(box.count == 4 && box.allSatisfy { (0...1).contains($0) } && box[0] < box[2] && box[1] < box[3])
            }
            #expect(try await product.get(.upload, "/api/documents/\(id)/pages/2/words").bytes == answer.bytes)
            #expect(try await blobs(product).contains("page-2-words.json"))
        }
    }

    @Test func whatIsKeptGoesWithTheDocument() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await added(product)
            try await product.ingestAll()
            for part in ["1", "1?width=1600", "2", "2/words"] {
                #expect(try await product.get(.upload, "/api/documents/\(id)/pages/\(part)").status == 200)
            }
            #expect(
                try await blobs(product) == [
                    "original", "page-1-1600.jpg", "page-1-800.jpg", "page-2-800.jpg", "page-2-words.json", "text.json",
                ])
            let receipt = try await product.send(.upload, .delete, "/api/documents/\(id)")
            #expect(receipt.json == ["rows": 1, "blobs": 6, "passages": 2])
            #expect(try await blobs(product).isEmpty)
            #expect(try await product.get(.upload, "/api/documents/\(id)/pages/1").status == 404)
        }
    }

    @Test func whatIsNotThereAndWhatIsNonsenseIsSaid() async throws {
        try await RunningProduct.with([.upload]) { product in
            let id = try await added(product)
            #expect(try await product.get(.upload, "/api/documents/\(id)/pages/1").status == 409)
            #expect(try await product.get(.upload, "/api/documents/\(id)/pages/1/words").status == 409)
            let other = try await product.added("words", name: "a.txt")
            try await product.ingestAll()
            for number in ["0", "3", "99999999999999999999"] {
                for part in [number, number + "/words"] {
                    let answer = try await product.get(.upload, "/api/documents/\(id)/pages/\(part)")
                    #expect(answer.status == 404 && answer.json["detail"]?.string?.contains("has 2 pages") == true)
                }
            }
            for number in ["x", "-1", "1.5", "%20"] {
                let answer = try await product.get(.upload, "/api/documents/\(id)/pages/\(number)")
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "page", "\(number)")
            }
            for width in ["", "x", "0", "-800", "1e3", "100001", "99999999999999999999"] {
                let answer = try await product.get(.upload, "/api/documents/\(id)/pages/1?width=\(width)")
                #expect(answer.status == 400 && answer.json["errors"]?[0]?["field"] == "width", "\(width)")
            }
            let text = try await product.get(.upload, "/api/documents/\(other)/pages/1")
            #expect(text.status == 404 && text.json["detail"]?.string?.contains("Only PDFs") == true)
            #expect(try await product.get(.upload, "/api/documents/\(UUIDv7.make())/pages/1").status == 404)
            #expect(try await blobs(product) == ["original", "original", "text.json", "text.json"])
        }
    }

    /// More than may be drawn side by side: all come, one after the other.
    @Test func manyPagesAtOnceAllCome() async throws {
        try await RunningProduct.with([.upload]) { product in
            let pages = (1...8).map { "Page \($0) of them." }
            let answer = try await product.upload(SampleFiles.pdf(pages), name: "a.pdf")
            let id = try #require(answer.json["documents"]?[0]?["id"]?.string)
            try await product.ingestAll()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...8 {
                    for part in ["\(number)", "\(number)/words"] {
                        group.addTask { try await product.get(.upload, "/api/documents/\(id)/pages/\(part)").status }
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses == [Int](repeating: 200, count: 16))
        }
    }
}
