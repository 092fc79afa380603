/// Where one task waits to be told of something, by its continuation.
///
/// A second one at the same place is a mistake of the program: in the place of the first it would leave a task behind
/// that never goes on, with everything that it holds. It traps in debug builds; otherwise the newcomer is turned away.
public struct WaitingPlace<Waiter> {
    @usableFromInline var waiter: Waiter?

    /// Nobody waits.
    @inlinable public init() {}

    /// Whether somebody waits.
    @inlinable public var isTaken: Bool { waiter != nil }

    /// Takes the place. Returns `false` when it is taken; whoever asked then has to fail.
    @inlinable public mutating func take(_ newcomer: Waiter) -> Bool {
        guard waiter == nil else {
            assertionFailure("two tasks wait for the same thing")
            return false
        }
        waiter = newcomer
        return true
    }

    /// Clears the place. Returns who waited there, for the caller to resume.
    @inlinable public mutating func clear() -> Waiter? {
        let waiting = waiter
        waiter = nil
        return waiting
    }
}

extension WaitingPlace: Sendable where Waiter: Sendable {}
