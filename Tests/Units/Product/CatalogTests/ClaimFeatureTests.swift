import Catalog
import Digests
import Postgres
import ProductFixture
import Synchronization
import TestSupport
import Testing

/// What happened, in order.
private final class Events: Sendable {
    private let list = Mutex<[String]>([])

    var all: [String] { list.withLock { $0 } }
    func note(_ event: String) { list.withLock { $0.append(event) } }
}

/// Whose turn it is to work on a document, on a real server.
@Suite(.serialized, .enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct ClaimFeatureTests {
    private func added(_ name: String, chatId: String? = nil, _ catalog: WorkspaceCatalog) async throws -> String {
        try await catalog.addDocument(
            .init(id: UUIDv7.make(), name: name, mediaType: "text/plain", bytes: 1, sha256: name, chatId: chatId)
        ).document.id
    }

    @Test func whoeverClaimsLastMayWrite() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await added("a", catalog)
            let first = try #require(try await catalog.claim(id))
            #expect(first.document.status == .extracting)
            let second = try #require(try await catalog.claim(id))
            #expect(try await catalog.renew(first) == false)
            #expect(try await catalog.renew(second))
            await #expect(throws: ClaimLost.self) { try await catalog.whileHeld(first) {} }
            #expect(try await catalog.whileHeld(second) { 7 } == 7)
            await #expect(throws: ClaimLost.self) { try await catalog.setFailed(first, code: "x", detail: "y") }
            try await catalog.setEmbedding(second)
            #expect(try await catalog.document(id)?.status == .embedding)
            #expect(try await catalog.claim(UUIDv7.make()) == nil)
            #expect(try await catalog.claim("no id") == nil)
        }
    }

    /// The heart of it: after the mark nothing is written, and what was being written is there to be counted.
    @Test func aDeletionWaitsForAWriteAndThenForbidsEveryOther() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await added("a", catalog)
            let claim = try #require(try await catalog.claim(id))
            let events = Events()
            let isWriting = Gate()
            let mayEnd = Gate()
            let write = Task {
                try await catalog.whileHeld(claim) {
                    isWriting.open()
                    while !mayEnd.isOpen { try await Task.sleep(for: .milliseconds(5)) }
                    events.note("written")
                }
            }
            while !isWriting.isOpen { try await Task.sleep(for: .milliseconds(5)) }
            let deletion = Task {
                let isMarked = try await catalog.markDeleting(id)
                events.note("marked")
                return isMarked
            }
            // Cancelling does not end the write behind its lock's back.
            write.cancel()
            try await Task.sleep(for: .milliseconds(200))
            #expect(events.all.isEmpty)
            mayEnd.open()
            try await write.value
            #expect(try await deletion.value)
            #expect(events.all == ["written", "marked"])
            await #expect(throws: ClaimLost.self) { try await catalog.whileHeld(claim) {} }
        }
    }

    @Test func aWriteThatFailsLetsGo() async throws {
        struct Failure: Error {}
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await added("a", catalog)
            let claim = try #require(try await catalog.claim(id))
            for _ in 0..<20 {
                await #expect(throws: Failure.self) { try await catalog.whileHeld(claim) { throw Failure() } }
            }
            #expect(try await catalog.markDeleting(id))
        }
    }

    @Test func givingUpSparesWhatHasMovedSince() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let id = try await added("a", catalog)
            let row = try await product.sql.query("SELECT extract(epoch FROM now())::bigint AS now")
            let now = Int64(try #require(row.first).int("now"))
            #expect(try await catalog.giveUp(id, unmovedSince: now - 60, error: ("unavailable", "x")) == false)
            let claim = try #require(try await catalog.claim(id))
            #expect(try await catalog.giveUp(id, unmovedSince: now + 60, error: ("unavailable", "x")))
            #expect(try await catalog.document(id)?.status == .failed)
            // Nobody works on it any more, and failed documents are left alone.
            #expect(try await catalog.renew(claim) == false)
            #expect(try await catalog.giveUp(id, unmovedSince: now + 60, error: ("other", "x")) == false)
        }
    }

    @Test func nothingIsAddedToAChatThatIsBeingDeleted() async throws {
        try await RunningProduct.with([]) { product in
            let catalog = product.catalog
            let chat = UUIDv7.make()
            _ = try await catalog.createChat(chat, name: "c")
            let own = try await added("a", chatId: chat, catalog)
            #expect(try await catalog.markChatDeleting(chat) == [own])
            await #expect(throws: ChatGone.self) { try await added("b", chatId: chat, catalog) }
            await #expect(throws: ChatGone.self) { try await added("c", chatId: UUIDv7.make(), catalog) }
            #expect(try await catalog.removeChat(chat).rows == 1)
        }
    }
}
