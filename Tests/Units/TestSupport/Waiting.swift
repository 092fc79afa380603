import Synchronization

/// A test's own failure.
public struct TestFailure: Error, CustomStringConvertible {
    public let message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

/// Waits until the condition holds, at most `limit`; returns whether it did. The limit is generous, since a busy machine
/// may take long for anything; a test that passes does not wait for it.
public func eventually(within limit: Duration = .seconds(180), _ condition: () async throws -> Bool) async rethrows
    -> Bool
{
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}

/// Something that happens once.
public final class Flag: Sendable {
    private let value = Atomic(false)
    public init() {}
    public func set() { value.store(true, ordering: .sequentiallyConsistent) }
    public var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
}

/// A number that grows.
public final class Tally: Sendable {
    private let count = Atomic(0)
    public init() {}
    @discardableResult
    public func add(_ number: Int = 1) -> Int { count.wrappingAdd(number, ordering: .sequentiallyConsistent).newValue }
    public var value: Int { count.load(ordering: .sequentiallyConsistent) }
}
