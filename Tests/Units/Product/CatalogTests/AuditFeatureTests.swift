import Digests
import Postgres
import ProductFixture
import Testing

@testable import Catalog

/// Who did what, on a real server: nothing is changed without being noticed.
@Suite(.enabled(if: RunningProduct.hasDatabase, "\(RunningProduct.noDatabase)"))
struct AuditFeatureTests {
    private let anna = UUIDv7.make()

    private func event(_ number: Int, at time: String = "2026-11-30T10:00:00.000Z", workspace: String? = "default")
        -> AuditEntry.Event
    {
        AuditEntry.Event(
            at: time, workspace: workspace, person: anna, credential: "session 1", action: "DELETE /api/documents/{id}",
            object: "\(number)", status: 200, address: "192.0.2.1", requestId: "r\(number)")
    }

    @Test func eachEntryFollowsTheOneBefore() async throws {
        try await RunningProduct.with([]) { product in
            let index = product.catalog.index
            #expect(try await index.auditState() == .intact(0))
            try await index.addAudit([event(1), event(2)])
            try await index.addAudit([event(3, workspace: "other")])
            #expect(try await index.auditState() == .intact(3))
            let entries = try await index.audit(.init(), limit: 10, before: nil)
            #expect(entries.map(\.number) == [3, 2, 1] && entries.last?.event == event(1))
            #expect(try await index.audit(.init(), limit: 1, before: 3).map(\.number) == [2])
            var filter = CatalogDatabase.AuditFilter()
            filter.workspace = "other"
            #expect(try await index.audit(filter, limit: 10, before: nil).map(\.number) == [3])
            filter.workspace = nil
            filter.person = UUIDv7.make()
            #expect(try await index.audit(filter, limit: 10, before: nil).isEmpty)
        }
    }

    @Test func writersSideBySideMakeOneChain() async throws {
        try await RunningProduct.with([]) { product in
            let index = product.catalog.index
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 { group.addTask { try await index.addAudit([event(number), event(number)]) } }
                try await group.waitForAll()
            }
            #expect(try await index.auditState() == .intact(60))
        }
    }

    @Test(arguments: [
        "UPDATE audit SET object = 'x' WHERE number = 2", "DELETE FROM audit WHERE number = 2",
        "UPDATE audit SET number = 9 WHERE number = 2",
    ])
    func whatIsChangedIsRefusedAndFoundWhereItIsForced(change: String) async throws {
        try await RunningProduct.with([]) { product in
            let index = product.catalog.index
            try await index.addAudit((1...4).map { event($0) })
            await #expect(throws: PostgresError.self) { try await product.sql.query(change) }
            await #expect(throws: PostgresError.self) { try await product.sql.query("TRUNCATE audit") }
            #expect(try await index.auditState() == .intact(4))
            try await product.sql.query("ALTER TABLE audit DISABLE TRIGGER audit_kept")
            try await product.sql.query(change)
            let state = try await index.auditState()
            #expect([.broken(at: 2), .broken(at: 3)].contains(state))
        }
    }

    @Test func whatIsOldGoesAndTheRestIsStillAChain() async throws {
        try await RunningProduct.with([]) { product in
            let index = product.catalog.index
            try await index.addAudit([
                event(1, at: "2020-01-01T00:00:00.000Z"), event(2, at: "2020-01-02T00:00:00.000Z"),
            ])
            try await index.addAudit([event(3, at: "2999-01-01T00:00:00.000Z")])
            #expect(try await index.removeAudit(olderThanDays: 30) == 2)
            #expect(try await index.removeAudit(olderThanDays: 30) == 0)
            #expect(try await index.auditState() == .intact(1))
            try await index.addAudit([event(4, at: "2020-01-01T00:00:00.000Z")])
            #expect(try await index.auditState() == .intact(2))
            // What is young holds what came after it.
            #expect(try await index.removeAudit(olderThanDays: 30) == 0)
        }
    }

    @Test func whenAllIsGoneTheNextEntryGoesOn() async throws {
        try await RunningProduct.with([]) { product in
            let index = product.catalog.index
            try await index.addAudit([event(1, at: "2020-01-01T00:00:00.000Z")])
            #expect(try await index.removeAudit(olderThanDays: 30) == 1)
            try await index.addAudit([event(2)])
            #expect(try await index.audit(.init(), limit: 5, before: nil).map(\.number) == [2])
            #expect(try await index.auditState() == .intact(1))
        }
    }
}
