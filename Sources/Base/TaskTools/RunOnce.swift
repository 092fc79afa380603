/// Work that has to be done once before anything else, by whoever comes first; the others wait for it. A failure is
/// tried again by the next caller.
public actor RunOnce {
    private var running: Task<Void, any Error>?

    /// Nothing done yet.
    public init() {}

    /// Returns when the work has been done, by this call or an earlier one.
    public func ensure(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = running ?? Task { try await work() }
        running = task
        do {
            try await task.value
        } catch {
            // Another caller may have begun again already.
            if running == task { running = nil }
            throw error
        }
    }
}
