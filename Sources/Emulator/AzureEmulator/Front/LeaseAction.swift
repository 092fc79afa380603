import Digests
import HTTPMessages

/// One request on a lease, read from its header fields.
enum LeaseAction: Sendable {
    case acquire(id: String, duration: Int64)
    case renew(id: String)
    case change(id: String, proposed: String)
    case release(id: String)
    case breakUp(period: Int64?)

    init(_ call: StorageCall) throws(StorageFailure) {
        func id(_ name: String) throws(StorageFailure) -> String {
            guard let text = call.field(name) else { throw .missingHeader(name) }
            return try LeaseAction.normal(text, name)
        }
        func number(_ name: String, _ range: ClosedRange<Int64>) throws(StorageFailure) -> Int64? {
            guard let text = call.field(name) else { return nil }
            guard let value = Int64(text), range.contains(value) else { throw .header(name, text) }
            return value
        }
        switch call.field("x-ms-lease-action")?.lowercased() {
        case "acquire":
            guard let text = call.field("x-ms-lease-duration") else { throw .missingHeader("x-ms-lease-duration") }
            guard let duration = Int64(text), duration == -1 || (15...60).contains(duration) else {
                throw .header("x-ms-lease-duration", text)
            }
            let proposed = call.field("x-ms-proposed-lease-id") ?? UUIDv7.random()
            self = .acquire(id: try Self.normal(proposed, "x-ms-proposed-lease-id"), duration: duration)
        case "renew": self = .renew(id: try id("x-ms-lease-id"))
        case "change": self = .change(id: try id("x-ms-lease-id"), proposed: try id("x-ms-proposed-lease-id"))
        case "release": self = .release(id: try id("x-ms-lease-id"))
        case "break": self = .breakUp(period: try number("x-ms-lease-break-period", 0...60))
        case let other?: throw .header("x-ms-lease-action", other)
        case nil: throw .missingHeader("x-ms-lease-action")
        }
    }

    /// An id in the form in which ids are compared.
    static func normal(_ text: String, _ name: String) throws(StorageFailure) -> String {
        let lower = text.lowercased().filter { $0 != "{" && $0 != "}" }
        guard UUIDv7.isValid(lower) else { throw .header(name, text) }
        return lower
    }

    /// Applies the action. Returns the status and fields of the answer.
    func apply(to lease: inout Lease, now: Int64) throws(StorageFailure) -> (HTTPStatus, HTTPFields) {
        switch self {
        case .acquire(let id, let duration):
            try lease.acquire(id: id, duration: duration, now: now)
            return (.created, ["x-ms-lease-id": id])
        case .renew(let id):
            try lease.renew(id: id, now: now)
            return (.ok, ["x-ms-lease-id": id])
        case .change(let id, let proposed):
            try lease.change(id: id, to: proposed, now: now)
            return (.ok, ["x-ms-lease-id": proposed])
        case .release(let id):
            try lease.release(id: id)
            return (.ok, [:])
        case .breakUp(let period):
            return (.accepted, ["x-ms-lease-time": String(try lease.breakUp(period: period, now: now))])
        }
    }
}

extension StorageCall {
    /// The id of a lease that came with a request about something else.
    func leaseID() throws(StorageFailure) -> String? {
        guard let text = field("x-ms-lease-id") else { return nil }
        return try LeaseAction.normal(text, "x-ms-lease-id")
    }
}

extension Lease {
    /// The fields that show a lease.
    func add(to fields: inout HTTPFields, now: Int64) {
        let state = state(now)
        fields["x-ms-lease-status"] = isLocked(now) ? "locked" : "unlocked"
        fields["x-ms-lease-state"] = state.rawValue
        if state == .leased { fields["x-ms-lease-duration"] = duration < 0 ? "infinite" : "fixed" }
    }

    /// The elements of a listing that show a lease.
    func xml(_ now: Int64) -> String {
        let state = state(now)
        return
            "<LeaseStatus>\(isLocked(now) ? "locked" : "unlocked")</LeaseStatus><LeaseState>\(state.rawValue)</LeaseState>"
            + (state == .leased ? "<LeaseDuration>\(duration < 0 ? "infinite" : "fixed")</LeaseDuration>" : "")
    }
}
