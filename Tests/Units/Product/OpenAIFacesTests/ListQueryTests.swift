import Catalog
import HTTPMessages
import JSONCoding
import OpenAIFaces
import Testing

/// The parameters of lists.
struct ListQueryTests {
    private static func read(_ query: String) throws -> ListedPage {
        let request = HTTPRequest(
            method: .get, target: HTTPTarget("/v1/vector_stores?" + query), fields: [:], body: .bytes([]), id: "r")
        return try ListQuery.read(request, allowed: ["filter"]) { $0.hasPrefix("vs_") ? $0 : nil }
    }

    @Test func theyAreRead() throws {
        #expect(try Self.read("") == ListedPage(limit: 20))
        #expect(
            try Self.read("limit=7&order=asc&after=vs_1&filter=x")
                == ListedPage(limit: 7, isAscending: true, after: "vs_1"))
        #expect(try Self.read("before=vs_2&after=") == ListedPage(limit: 20, before: "vs_2"))
    }

    @Test(
        arguments: [
            ("limit", "limit=0"), ("limit", "limit=101"), ("limit", "limit=x"), ("order", "order=up"),
            ("after", "after=x"),
            ("wish", "wish=1"),
        ])
    func mistakesAreNamed(_ field: String, _ query: String) {
        do {
            _ = try Self.read(query)
            Issue.record("\(query) was taken")
        } catch {
            #expect((error as? InvalidFields)?.problems.first?.field == field)
        }
    }

    @Test func aPageSaysWhetherThereAreMore() {
        let entries = (1...3).map { JSONValue.object(["id": .string("e\($0)")]) }
        let page = ListForm.json(entries, limit: 2)
        #expect(page["has_more"]?.bool == true && page["first_id"] == "e1" && page["last_id"] == "e2")
        let backwards = ListForm.json(entries, limit: 2, isBackwards: true)
        #expect(backwards["first_id"] == "e2" && backwards["last_id"] == "e3")
        #expect(ListForm.json([], limit: 2)["last_id"] == .null)
    }
}
