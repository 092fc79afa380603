import EventLoop

/// The connections of a server. When there are too many, those go that keep it waiting: a caller who opens many and says
/// nothing over them keeps nobody else out, and not even its own new ones.
@NetworkActor
final class ConnectionTable {
    /// One in so many of an address's waiting connections goes at once, so that looking through all costs little for each.
    private static let share = 8
    /// Milliseconds that a caller has for its first words in any case; until some are up, others wait to be accepted.
    private static let patience: Int64 = 250

    private let limit: Int
    private var open: [ObjectIdentifier: ServerConnection] = [:]

    nonisolated init(limit: Int) { self.limit = limit }

    var count: Int { open.count }
    var all: some Collection<ServerConnection> { open.values }

    func add(_ connection: ServerConnection) { open[ObjectIdentifier(connection)] = connection }
    func remove(_ connection: ServerConnection) { open[ObjectIdentifier(connection)] = nil }

    /// Whether one more connection has room, after some others may have had to go.
    ///
    /// - Parameter isShort: Whether something has to go in any case, since the process runs out of descriptors.
    func makeRoom(isShort: Bool) -> Bool {
        guard isShort || open.count >= limit else { return true }
        let now = MonotonicTime.now
        var waiting: [UInt64: [(time: Int64, connection: ServerConnection)]] = [:]
        for connection in open.values {
            guard let time = connection.keptWaiting(now), time >= Self.patience else { continue }
            waiting[connection.peer.network, default: []].append((time, connection))
        }
        guard let most = waiting.values.max(by: { $0.count < $1.count }) else { return false }
        for (_, connection) in most.sorted(by: { $0.time > $1.time }).prefix(max(1, most.count / Self.share)) {
            remove(connection)
            connection.cut()
        }
        return true
    }
}
