import Testing

@testable import AzureEmulator

/// Every action in every state, as the service's table has it.
@Suite struct LeaseTests {
    private static let own = "11111111-1111-1111-1111-111111111111"
    private static let other = "22222222-2222-2222-2222-222222222222"
    private static let now: Int64 = 1_000_000

    private func lease(_ state: Lease.State) throws -> Lease {
        var lease = Lease()
        switch state {
        case .available: break
        case .leased: try lease.acquire(id: Self.own, duration: 30, now: Self.now)
        case .expired: try lease.acquire(id: Self.own, duration: 15, now: Self.now - 20_000)
        case .breaking:
            try lease.acquire(id: Self.own, duration: 30, now: Self.now)
            _ = try lease.breakUp(period: 10, now: Self.now)
        case .broken:
            try lease.acquire(id: Self.own, duration: -1, now: Self.now)
            _ = try lease.breakUp(period: 0, now: Self.now)
        }
        #expect(lease.state(Self.now) == state)
        #expect(Lease(stored: lease.stored) == lease)
        return lease
    }

    private func code(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "OK"
        } catch {
            return (error as? StorageFailure)?.code ?? "\(error)"
        }
    }

    private static let mismatch = "LeaseIdMismatchWithLeaseOperation"
    private static let absent = "LeaseNotPresentWithLeaseOperation"

    @Test(arguments: [
        (Lease.State.available, "OK", "OK", mismatch, absent, mismatch, absent),
        (.leased, "OK", "LeaseAlreadyPresent", "OK", "OK", "OK", "OK"),
        (.expired, "OK", "OK", "OK", absent, "OK", "OK"),
        (
            .breaking, "LeaseIsBreakingAndCannotBeAcquired", "LeaseAlreadyPresent", "LeaseIsBrokenAndCannotBeRenewed",
            "LeaseIsBreakingAndCannotBeChanged", "OK", "OK"
        ),
        (.broken, "OK", "OK", "LeaseIsBrokenAndCannotBeRenewed", absent, "OK", "OK"),
    ])
    func actions(
        state: Lease.State, acquire: String, acquireOther: String, renew: String, change: String, release: String,
        breakUp: String
    ) throws {
        let lease = try lease(state)
        func attempt(_ action: (inout Lease) throws -> Void) -> String {
            var copy = lease
            return code { try action(&copy) }
        }
        #expect(attempt { try $0.acquire(id: Self.own, duration: 15, now: Self.now) } == acquire)
        #expect(attempt { try $0.acquire(id: Self.other, duration: 15, now: Self.now) } == acquireOther)
        #expect(attempt { try $0.renew(id: Self.own, now: Self.now) } == renew)
        #expect(attempt { try $0.renew(id: Self.other, now: Self.now) } == Self.mismatch)
        #expect(attempt { try $0.change(id: Self.own, to: Self.other, now: Self.now) } == change)
        #expect(attempt { try $0.release(id: Self.own) } == release)
        #expect(attempt { try $0.release(id: Self.other) } == Self.mismatch)
        #expect(attempt { _ = try $0.breakUp(period: nil, now: Self.now) } == breakUp)
    }

    @Test func breakingTakesTheShorterTime() throws {
        var finite = try lease(.leased)
        #expect(try finite.breakUp(period: nil, now: Self.now) == 30)
        #expect(try finite.breakUp(period: 60, now: Self.now) == 30)
        #expect(try finite.breakUp(period: 5, now: Self.now) == 5)
        var endless = Lease()
        try endless.acquire(id: Self.own, duration: -1, now: Self.now)
        #expect(try endless.breakUp(period: nil, now: Self.now) == 0)
        #expect(endless.state(Self.now) == .broken)
    }

    @Test func writesNeedTheID() throws {
        func check(_ state: Lease.State, _ id: String?) throws -> String {
            let lease = try lease(state)
            return code { try lease.checkWrite(id, now: Self.now, kind: "Blob") }
        }
        #expect(try check(.leased, nil) == "LeaseIdMissing")
        #expect(try check(.leased, Self.other) == "LeaseIdMismatchWithBlobOperation")
        #expect(try check(.leased, Self.own) == "OK")
        #expect(try check(.available, Self.own) == "LeaseNotPresentWithBlobOperation")
        #expect(try check(.expired, Self.own) == "LeaseLost")
        #expect(try check(.expired, nil) == "OK")
    }
}
