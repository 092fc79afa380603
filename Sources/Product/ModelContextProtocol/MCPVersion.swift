/// Revisions of the Model Context Protocol, by the day of their release.
enum MCPVersion {
    /// Those in which a client says hello first (`initialize`), the oldest first. 2025-03-26 is left out, for it alone has
    /// several messages in one body.
    static let handshake = ["2024-11-05", "2025-06-18", "2025-11-25"]
    /// Those in which every request says what it needs to.
    static let stateless = ["2026-07-28"]
    /// What a client is offered that asks for one we do not know.
    static let offered = "2025-11-25"
}
