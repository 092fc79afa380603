import Catalog
import Digests
import JSONCoding
import Postgres
import ProductFixture
import TestSupport
import Testing

/// Texts of chats on a real server: what is kept, found, and gone with its chat.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ChatTextsFeatureTests {
    private func chat(_ name: String, _ texts: [String], _ catalog: WorkspaceCatalog) async throws -> String {
        let id = UUIDv7.make()
        _ = try await catalog.createChat(id, name: name)
        for (number, text) in texts.enumerated() {
            let role = number % 2 == 0 ? "user" : "assistant"
            let second = number < 10 ? "0\(number)" : "\(number)"
            let copy = try #require(
                ChatText(id: UUIDv7.make(), role: role, createdAt: "2026-01-01T00:00:\(second).000Z", text: text))
            #expect(try await catalog.countMessages(id, added: 1, text: copy))
        }
        return id
    }

    private func found(_ query: String, _ catalog: WorkspaceCatalog) async throws -> [String] {
        try await catalog.search(ChatQuery(query), limit: 50, after: nil).map(\.text)
    }

    private static let sentences = [
        "The pumps were running all night.", "Die Prüfungen der Anlagen sind fällig.",
        "Los plazos de entrega son de ocho días y no se cambian.", "Договоры подписаны и отправлены.",
        "社員食堂は十一時に開きます。", "Part AB-1234-X fits; 1,200.50 € to pay.", "Le café préféré à côté de la gare.",
        "ราคาสินค้าทั้งหมด", "It’s the ﬁlter — don’t touch 'it' \\ here.",
    ]

    private static let queries: [(String, Int?)] = [
        ("pump", 0), ("RUNNING", 0), ("ran all nights", nil), ("run night", 0), ("prüfung", 1), ("PRUFUNGEN anlage", 1),
        ("plazo", 2), ("entregas", 2), ("договор", 3), ("食堂", 4), ("社員食堂", 4), ("食", 4), ("堂食", nil), ("食社", nil),
        ("ab-1234", 5), ("1234-AB", nil), ("1,200.50", 5), ("cafe prefere", 6), ("CAFÉ", 6), ("ราคา", 7), ("filter", 8),
        ("dont", 8), ("DON'T touch", 8), ("pum", 0), ("pu", nil), ("pump anlage", nil), ("the", 0), ("\\' | !('q", nil),
        ("':* & b", nil),
    ]

    @Test func wordsAreFoundWhateverTheirFormAndScript() async throws {
        try await RunningProduct.with([]) { product in
            _ = try await chat("Untitled", Self.sentences, product.catalog)
            for (query, sentence) in Self.queries {
                let texts = try await found(query, product.catalog)
                guard let sentence else {
                    #expect(texts.isEmpty, "\(query)")
                    continue
                }
                let text = Self.sentences[sentence]
                #expect(texts.contains(text), "\(query): \(texts)")
                let places = try ChatQuery(query).places(in: text)
                #expect(!places.isEmpty && places.allSatisfy { $0.upperBound <= text.unicodeScalars.count }, "\(query)")
            }
        }
    }

    @Test func theBestComesFirstAndPagesDoNotOverlap() async throws {
        try await RunningProduct.with([]) { product in
            let filler = String(repeating: "Something else is said here. ", count: 20)
            _ = try await chat("About pumps", ["no word of it"], product.catalog)
            _ = try await chat("x", [filler + "valve", "valve", "valve " + filler + "seal"], product.catalog)
            #expect(try await found("valve", product.catalog).first == "valve")
            #expect(try await found("pumps", product.catalog) == ["About pumps"])
            _ = try await chat("y", (0..<23).map { _ in "One and the same gasket." }, product.catalog)
            let query = try ChatQuery("gasket")
            var ids: [String] = []
            var place: ChatHit.Place?
            repeat {
                let page = try await product.catalog.search(query, limit: 5, after: place)
                ids += page.map(\.id)
                // What comes meanwhile is in its own place and moves nothing.
                if ids.count == 10 { _ = try await chat("z", ["A new gasket."], product.catalog) }
                place = page.last.flatMap { ChatHit.Place(ChatHit.Place(of: $0).text) }
            } while place != nil && ids.count < 60
            #expect(ids.count >= 23 && Set(ids).count == ids.count)
        }
    }

    @Test func textsGoWithTheirChatAndAreCounted() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let gone = try await chat("gone", ["the gasket", "of the pump"], catalog)
            let other = try await chat("stays", ["another gasket"], catalog)
            #expect(try await found("gasket", catalog).count == 2)
            _ = try await catalog.markChatDeleting(gone)
            #expect(try await found("gasket", catalog) == ["another gasket"])
            let late = try #require(
                ChatText(id: UUIDv7.make(), role: "user", createdAt: "2026-01-01T00:00:00.000Z", text: "late gasket"))
            #expect(try await !catalog.keepTexts([late], of: gone))
            #expect(try await !catalog.countMessages(gone, added: 1, text: late))
            #expect(try await catalog.removeChat(gone).rows == 3)
            #expect(try await product.sql.query("SELECT DISTINCT chat_id FROM chat_texts").count == 1)
            #expect(try await catalog.countTexts(in: other) == 1)
            let stranger = CatalogDatabase(database: product.sql).view(of: "other")
            #expect(try await found("gasket", stranger).isEmpty)
            #expect(try await !stranger.keepTexts([late], of: other))
        }
    }

    @Test func aTextIsKeptOnceAndItsNewVersionTakesItsPlace() async throws {
        try await RunningProduct.with([]) { product in
            let id = try await chat("c", [], product.catalog)
            func text(_ text: String, _ message: String) throws -> ChatText {
                try #require(
                    ChatText(id: message, role: "assistant", createdAt: "2026-01-01T00:00:00.000Z", text: text))
            }
            let message = UUIDv7.make()
            #expect(try await product.catalog.keepTexts([text("first\0gasket", message)], of: id))
            #expect(try await product.catalog.keepTexts([text("second gasket", message)], of: id))
            #expect(try await found("gasket", product.catalog) == ["first gasket"])
            #expect(try await product.catalog.countMessages(id, added: 0, text: text("third gasket", message)))
            #expect(try await found("gasket", product.catalog) == ["third gasket"])
            let huge = String(repeating: "wort\u{E9}", count: 3) + (0..<60_000).map { " w\($0)é" }.joined()
            #expect(try await product.catalog.keepTexts([text(huge, UUIDv7.make())], of: id))
            #expect(try await found("w17é", product.catalog).count == 1)
            let run = String(repeating: "x", count: 100_000)
            #expect(try await product.catalog.keepTexts([text(run, UUIDv7.make())], of: id))
            #expect(ChatText(id: "x", role: "user", createdAt: "", text: "") == nil)
            #expect(ChatText(id: message, role: "system", createdAt: "", text: "") == nil)
        }
    }

    @Test func namesAreFoundAsTheyAreNow() async throws {
        try await RunningProduct.with([]) { product in
            let id = try await chat("Purchase of gaskets", [], product.catalog)
            try await product.catalog.suggestName(id, "Purchase of valves")
            #expect(try await found("gaskets", product.catalog).isEmpty)
            let hit = try await product.catalog.search(ChatQuery("valve"), limit: 5, after: nil).first
            #expect(hit?.id == id && hit?.chatId == id && hit?.role == nil && hit?.text == "Purchase of valves")
            _ = try await product.catalog.renameChat(id, to: "Seals")
            #expect(try await found("valve", product.catalog).isEmpty)
            #expect(try await found("seal", product.catalog) == ["Seals"])
        }
    }
}
