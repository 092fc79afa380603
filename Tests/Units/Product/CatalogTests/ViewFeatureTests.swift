import Digests
import Postgres
import ProductFixture
import Testing

@testable import Catalog

/// What somebody sees of a workspace, and what nobody may see.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ViewFeatureTests {
    private let anna = UUIDv7.make()
    private let ben = UUIDv7.make()

    /// Runs a test in which the two are people.
    private func with(_ body: (RunningProduct) async throws -> Void) async throws {
        try await RunningProduct.with([]) { product in
            for person in [anna, ben] {
                try await product.sql.query(
                    "INSERT INTO people (id, login, login_key, name, password) VALUES ($1::uuid, $2, $2, $2, 'x')",
                    [person, person])
            }
            try await body(product)
        }
    }

    private func added(_ name: String, to chat: String? = nil, _ view: WorkspaceCatalog) async throws -> String {
        try await view.addDocument(
            .init(
                id: UUIDv7.make(), name: name, mediaType: "text/plain", bytes: 1,
                sha256: Digest.hex(Digest.sha256(Array(name.utf8))), chatId: chat)
        ).document.id
    }

    @Test func aChatIsSeenByWhoBeganItAlone() async throws {
        try await with { product in
            let index = product.catalog.index
            let (annas, bens) = (index.view(of: "default", for: anna), index.view(of: "default", for: ben))
            let chat = UUIDv7.make()
            _ = try await annas.createChat(chat, name: "Swifts of Lisbon")
            #expect(try await annas.countMessages(chat, added: 1, text: text("The swifts return in May.")))
            let query = try ChatQuery("swifts")
            #expect(try await annas.search(query, limit: 5, after: nil).count == 2)
            #expect(try await annas.chats(limit: 5, before: nil).map(\.id) == [chat])
            // To somebody else it is as if it were not there, in every way of asking for it.
            #expect(try await bens.chat(chat) == nil)
            #expect(try await bens.chats(limit: 5, before: nil).isEmpty)
            #expect(try await bens.chats(after: nil, limit: 5).isEmpty)
            #expect(try await bens.search(query, limit: 5, after: nil).isEmpty)
            #expect(try await bens.renameChat(chat, to: "mine") == nil)
            #expect(try await bens.markChatDeleting(chat) == nil)
            await #expect(throws: PostgresError.self) { try await bens.createChat(chat, name: "mine") }
            #expect(try await annas.chat(chat)?.name == "Swifts of Lisbon")
            // The product itself works for everybody.
            #expect(try await product.catalog.chat(chat) != nil)
        }
    }

    @Test func aChatsOwnDocumentsGoWithIt() async throws {
        try await with { product in
            let index = product.catalog.index
            let (annas, bens) = (index.view(of: "default", for: anna), index.view(of: "default", for: ben))
            let chat = UUIDv7.make()
            _ = try await annas.createChat(chat, name: "x")
            let own = try await added("own", to: chat, annas)
            let shared = try await added("shared", annas)
            #expect(try await Set(annas.documents(chatId: nil, limit: 5, after: nil).map(\.id)) == [own, shared])
            #expect(try await bens.documents(chatId: nil, limit: 5, after: nil).map(\.id) == [shared])
            #expect(try await bens.documents(chatId: chat, limit: 5, after: nil).isEmpty)
            #expect(try await bens.document(own) == nil)
            #expect(try await bens.requeue(own) == nil)
            #expect(try await bens.markDeleting(own) == false)
            await #expect(throws: ChatGone.self) { try await added("other", to: chat, bens) }
            // Not even that the same bytes are there.
            await #expect(throws: ChatGone.self) { try await added("own", to: chat, bens) }
        }
    }

    @Test func withAPersonGoTheirChatsAndNothingOfThemComesAfter() async throws {
        try await with { product in
            let index = product.catalog.index
            let annas = index.view(of: "default", for: anna)
            let (chat, other) = (UUIDv7.make(), UUIDv7.make())
            _ = try await annas.createChat(chat, name: "x")
            _ = try await index.view(of: "default", for: ben).createChat(other, name: "y")
            let own = try await added("own", to: chat, annas)
            #expect(try await index.deletePerson(anna))
            #expect(try await product.catalog.chat(chat) == nil)
            #expect(try await product.catalog.document(own)?.isDeleting == true)
            #expect(try await product.catalog.chat(other) != nil)
            // A backup has either all of it or nothing.
            let kept = try await index.snapshot()
            #expect(kept.rows(of: "chats").count == 1 && kept.rows(of: "documents").isEmpty)
            // Who they are is known elsewhere for some seconds more.
            await #expect(throws: PersonGone.self) { try await annas.createChat(UUIDv7.make(), name: "z") }
            await #expect(throws: PersonGone.self) {
                try await annas.beginImport(UUIDv7.make(), name: "z", preset: nil)
            }
        }
    }

    @Test func chatsFromBeforeAnybodySignedInAreEverybodys() async throws {
        try await with { product in
            let chat = UUIDv7.make()
            _ = try await product.catalog.createChat(chat, name: "x")
            let annas = product.catalog.index.view(of: "default", for: anna)
            #expect(try await annas.chat(chat) != nil)
            #expect(try await annas.renameChat(chat, to: "y")?.name == "y")
        }
    }

    @Test func aChatsIdLeadsNowhereInAnotherWorkspace() async throws {
        try await with { product in
            try await product.sql.query("INSERT INTO workspaces (id) VALUES ('other')")
            let other = product.catalog.index.view(of: "other", for: anna)
            let chat = UUIDv7.make()
            _ = try await product.catalog.createChat(chat, name: "x")
            await #expect(throws: PostgresError.self) { try await other.createChat(chat, name: "y") }
            #expect(try await product.catalog.chat(chat)?.name == "x")
            await #expect(throws: ChatGone.self) { try await added("a", to: chat, other) }
            // The database refuses what the application has forgotten to ask.
            await #expect(throws: PostgresError.self) {
                try await product.sql.query(
                    """
                    INSERT INTO documents (id, workspace_id, chat_id, name, media_type, bytes, sha256, status)
                    VALUES ($1, 'other', $2, 'a', 'text/plain', 1, 'a', 'queued')
                    """, [UUIDv7.make(), chat])
            }
            await #expect(throws: PostgresError.self) {
                try await product.sql.query(
                    """
                    INSERT INTO feedback (workspace_id, chat_id, answer_id, rating, question, model)
                    VALUES ('other', $1, $1, 'up', 'q', 'm')
                    """, [chat])
            }
        }
    }

    @Test func whatIsStuckAnywhereIsPutBackForItsWorkspace() async throws {
        try await RunningProduct.with([]) { product in
            try await product.sql.query("INSERT INTO workspaces (id) VALUES ('other')")
            let other = product.catalog.index.view(of: "other")
            let id = try await added("a", other)
            #expect(try await product.catalog.index.workspaces() == ["default", "other"])
            #expect(try await product.catalog.claim(id) == nil)
            #expect(try await other.claim(id) != nil)
        }
    }

    private func text(_ text: String) -> ChatText? {
        ChatText(id: UUIDv7.make(), role: "assistant", createdAt: "2026-11-20T10:00:00.000Z", text: text)
    }
}
