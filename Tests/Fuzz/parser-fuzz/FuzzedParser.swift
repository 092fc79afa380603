/// A parser that meets bytes from outside. It may refuse them; it may not trap, hang, or take memory without end, and what
/// it read has to hold together.
struct FuzzedParser: Sendable {
    let name: String
    let read: @Sendable ([UInt8]) -> Void

    init(_ name: String, _ read: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.read = read
    }

    /// One that reads text.
    static func text(_ name: String, _ read: @escaping @Sendable (String) -> Void) -> FuzzedParser {
        FuzzedParser(name) { read(String(decoding: $0, as: UTF8.self)) }
    }

    static let all: [FuzzedParser] = messages + languages + documents + services

    /// Stops the run where something that must hold does not.
    static func must(_ holds: Bool, _ what: @autoclosure () -> String) {
        guard holds else { fatalError(what()) }
    }
}
