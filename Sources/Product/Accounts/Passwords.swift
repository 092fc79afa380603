import HTTPMessages
import Problems
import Synchronization
import TaskTools

/// Makes and compares password hashes: few at a time, since each takes memory and a core on purpose.
final class Passwords: Sendable {
    private static let atOnce = 2
    private static let mostWaiting = 32

    private let slots = Slots(Passwords.atOnce)
    private let present = Atomic(0)

    /// Refuses early what would have to wait too long.
    ///
    /// - Throws: `Problem` 503.
    func requireRoom() throws {
        if present.load(ordering: .relaxed) >= Self.atOnce + Self.mostWaiting { throw Self.busy }
    }

    /// Hashes a new password.
    ///
    /// - Throws: `Problem` 503 when too many wait.
    func hash(_ password: String) async throws -> PasswordHash {
        guard let hash = try await run({ PasswordHash(password) }) else {
            throw Problem(.internalServerError, "The password could not be kept. Please try again.")
        }
        return hash
    }

    /// Whether a hash is of a password.
    ///
    /// - Throws: `Problem` 503 when too many wait.
    func verify(_ password: String, _ hash: PasswordHash) async throws -> Bool {
        try await run { hash.matches(password) }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws -> Value {
        let count = present.wrappingAdd(1, ordering: .relaxed).newValue
        defer { present.wrappingSubtract(1, ordering: .relaxed) }
        guard count <= Self.atOnce + Self.mostWaiting else { throw Self.busy }
        return try await slots.run { try await BlockingCalls.run(work) }
    }

    private static let busy = Problem(
        .serviceUnavailable, "Too many people sign in at the moment. Please try again in a few seconds.",
        headers: ["Retry-After": "5"])
}
