import Catalog
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import AccessControl

struct AuditTrailTests {
    private final class Disk: Sendable {
        let batches = Mutex<[[String]]>([])
        let isBroken = Mutex(false)

        struct Gone: Error {}

        func write(_ events: [AuditEntry.Event]) async throws {
            try await Task.sleep(for: .milliseconds(5))
            if isBroken.withLock({ $0 }) { throw Gone() }
            batches.withLock { $0.append(events.map(\.action)) }
        }

        var all: [String] { batches.withLock { $0.flatMap(\.self) } }
    }

    private func trail(_ disk: Disk) -> AuditTrail {
        AuditTrail(log: Log(label: "test", level: .error)) { try await disk.write($0) }
    }

    private func event(_ action: String) -> AuditEntry.Event {
        AuditEntry.Event(
            at: "2026-11-30T00:00:00.000Z", workspace: nil, person: nil, credential: nil, action: action, object: nil,
            status: 200, address: nil, requestId: "r")
    }

    @Test func whatIsRecordedIsWrittenBeforeItsAnswer() async {
        let disk = Disk()
        let trail = trail(disk)
        await trail.record(event("a"))
        #expect(disk.all == ["a"])
    }

    @Test func whatComesSideBySideIsWrittenTogetherAndOnce() async {
        let disk = Disk()
        let trail = trail(disk)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 { group.addTask { await trail.record(event("\(number)")) } }
        }
        #expect(Set(disk.all) == Set((0..<500).map { "\($0)" }) && disk.all.count == 500)
        #expect(disk.batches.withLock { $0.count } < 50)
    }

    @Test func whatWasReadIsWrittenSoon() async {
        let disk = Disk()
        let trail = trail(disk)
        for number in 0..<3 { await trail.note(event("\(number)")) }
        #expect(await eventually { disk.all == ["0", "1", "2"] })
    }

    @Test func whatCannotBeWrittenWaitsAndHoldsNobodyUp() async {
        let disk = Disk()
        disk.isBroken.withLock { $0 = true }
        let trail = trail(disk)
        await trail.record(event("a"))
        #expect(disk.all.isEmpty)
        #expect(await trail.backlog == 1)
        disk.isBroken.withLock { $0 = false }
        await trail.record(event("b"))
        #expect(disk.all == ["a", "b"])
        #expect(await trail.backlog == 0)
    }

    @Test func whoIsRefusedTakesNobodysPlace() async {
        let disk = Disk()
        let trail = trail(disk)
        for _ in 0..<30_000 { await trail.noteRefusal(event("refused")) }
        await trail.record(event("change"))
        #expect(disk.all.contains("change"))
        #expect(disk.all.count { $0 == "refused" } <= 100)
        for _ in 0..<20_000 { await trail.note(event("read")) }
        await trail.record(event("another"))
        #expect(disk.all.contains("another"))
        #expect(await trail.backlog <= 10_000)
    }
}
