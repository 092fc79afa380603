/// A language model that writes answers.
public protocol ChatModel: Sendable {
    /// Name in `APUS_MODELS`, e.g. `openai:gpt-4.1-mini`.
    var id: String { get }
    /// The part before the colon.
    var provider: String { get }
    /// Limits, prices and habits.
    var settings: ModelSettings { get }

    /// Writes an answer; calls `emit` for each event in order. Ends early when `emit` throws or the task is cancelled,
    /// which also ends the request to the service.
    ///
    /// - Throws: `ModelServiceError`, and what `emit` throws.
    func answer(_ request: ModelRequest, emit: @escaping @Sendable (ModelEvent) async throws -> Void) async throws
}
