public import JSONCoding

/// What a client may show and hand to a model.
public protocol MCPResources: Sendable {
    /// Descriptions of addresses with variables (RFC 6570).
    var templates: [JSONValue] { get }

    /// A page of descriptions.
    ///
    /// - Parameter cursor: The `next` of the page before.
    /// - Throws: `MCPFailure` for a cursor that is none.
    func list(after cursor: String?) async throws -> (resources: [JSONValue], next: String?)

    /// What is at an address; `nil` when there is nothing for whoever asks.
    func read(_ address: String) async throws -> [JSONValue]?
}
