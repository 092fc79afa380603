/// A lease on a container or blob, as a value: what each action makes of each state ("Lease Blob";
/// docs/reference/azure-storage.md, 2.7).
struct Lease: Sendable, Equatable {
    enum State: String, Sendable {
        case available, leased, expired, breaking, broken
    }

    /// Lower-case id; empty when there never was a lease or it was released.
    private(set) var id = ""
    /// Seconds; -1 for ever.
    private(set) var duration: Int64 = 0
    /// End of a finite lease, in milliseconds.
    private(set) var expires: Int64 = 0
    /// End of the breaking period, in milliseconds; 0 when the lease is not being broken.
    private(set) var breaks: Int64 = 0

    init() {}

    /// Reads the stored form.
    init(stored: String) {
        guard !stored.isEmpty else { return }
        let parts = stored.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, let duration = Int64(parts[1]), let expires = Int64(parts[2]),
            let breaks = Int64(parts[3])
        else { return }
        (id, self.duration, self.expires, self.breaks) = (String(parts[0]), duration, expires, breaks)
    }

    /// The stored form; empty for none.
    var stored: String { id.isEmpty ? "" : "\(id) \(duration) \(expires) \(breaks)" }

    func state(_ now: Int64) -> State {
        if id.isEmpty { return .available }
        if breaks > 0 { return breaks > now ? .breaking : .broken }
        return duration < 0 || expires > now ? .leased : .expired
    }

    /// Whether writes need the id.
    func isLocked(_ now: Int64) -> Bool { [.leased, .breaking].contains(state(now)) }

    // MARK: - Actions

    mutating func acquire(id proposed: String, duration: Int64, now: Int64) throws(StorageFailure) {
        switch state(now) {
        case .leased where id != proposed: throw Self.present
        case .breaking:
            throw id == proposed
                ? Self.conflict(
                    "LeaseIsBreakingAndCannotBeAcquired",
                    "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is broken."
                )
                : Self.present
        default: begin(proposed, duration, now)
        }
    }

    mutating func renew(id given: String, now: Int64) throws(StorageFailure) {
        guard !id.isEmpty, id == given else { throw Self.mismatch }
        guard breaks == 0 else {
            throw Self.conflict(
                "LeaseIsBrokenAndCannotBeRenewed",
                "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.")
        }
        begin(id, duration, now)
    }

    mutating func change(id given: String, to proposed: String, now: Int64) throws(StorageFailure) {
        switch state(now) {
        case .available, .expired, .broken: throw Self.notPresent
        case .breaking:
            throw id == given
                ? Self.conflict(
                    "LeaseIsBreakingAndCannotBeChanged",
                    "The lease ID matched, but the lease is currently in breaking state and cannot be changed.")
                : Self.mismatch
        case .leased:
            guard id == given || id == proposed else { throw Self.mismatch }
            id = proposed
        }
    }

    mutating func release(id given: String) throws(StorageFailure) {
        guard !id.isEmpty, id == given else { throw Self.mismatch }
        self = Lease()
    }

    /// Breaks the lease. Returns the seconds until it is broken.
    mutating func breakUp(period: Int64?, now: Int64) throws(StorageFailure) -> Int64 {
        switch state(now) {
        case .available: throw Self.notPresent
        case .broken: return 0
        case .expired: breaks = now
        case .leased:
            let remaining = duration < 0 ? Int64.max : max(0, expires - now)
            let wanted = period.map { $0 * 1000 } ?? (duration < 0 ? 0 : remaining)
            breaks = now + min(wanted, remaining)
        case .breaking:
            if let period { breaks = min(breaks, now + period * 1000) }
        }
        return max(0, (breaks - now + 999) / 1000)
    }

    /// A write through an ended lease makes the resource available again.
    mutating func noteWrite(now: Int64) { if [.expired, .broken].contains(state(now)) { self = Lease() } }

    private mutating func begin(_ id: String, _ duration: Int64, _ now: Int64) {
        self.id = id
        self.duration = duration
        expires = duration < 0 ? 0 : now + duration * 1000
        breaks = 0
    }

    // MARK: - Checks

    /// Checks the id that came with a write or delete.
    ///
    /// - Parameter kind: `Blob` or `Container`, for the error's name.
    func checkWrite(_ given: String?, now: Int64, kind: String) throws(StorageFailure) {
        if isLocked(now) {
            guard let given else {
                throw StorageFailure(
                    412, "LeaseIdMissing",
                    "There is currently a lease on the \(kind.lowercased()) and no lease ID was specified in the request."
                )
            }
            guard given == id else { throw Self.mismatch(kind) }
        } else if given != nil {
            throw ended(kind)
        }
    }

    /// Checks the id that came with a read; none is needed.
    func checkRead(_ given: String?, now: Int64, kind: String) throws(StorageFailure) {
        guard let given else { return }
        guard isLocked(now) else { throw ended(kind) }
        guard given == id else { throw Self.mismatch(kind) }
    }

    private func ended(_ kind: String) -> StorageFailure {
        id.isEmpty
            ? StorageFailure(
                412, "LeaseNotPresentWith\(kind)Operation", "There is currently no lease on the \(kind.lowercased()).")
            : StorageFailure(
                412, "LeaseLost",
                "A lease ID was specified, but the lease for the \(kind.lowercased()) has expired.")
    }

    private static func mismatch(_ kind: String) -> StorageFailure {
        StorageFailure(
            412, "LeaseIdMismatchWith\(kind)Operation",
            "The lease ID specified did not match the lease ID for the \(kind.lowercased()).")
    }

    private static func conflict(_ code: String, _ message: String) -> StorageFailure {
        StorageFailure(409, code, message)
    }

    private static let present = conflict("LeaseAlreadyPresent", "There is already a lease present.")
    private static let mismatch = conflict(
        "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the resource.")
    private static let notPresent = conflict(
        "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the resource.")
}
