import Digests
public import JSONCoding
import TextSearch

/// A call that has not been run because the user has to confirm it.
///
/// Its code is random and kept with the answer: neither a document nor the model can know one beforehand, and it stands for
/// just these arguments.
public struct ToolProposal: Error, Sendable, Equatable {
    private static let codeBytes = 4
    /// Longer arguments nobody would read before confirming them.
    private static let maximumCharacters = 2000

    public let tool: String
    public let arguments: JSONValue
    public let code: String

    /// What the user answers to have it run.
    public var phrase: String { "run \(tool) \(code)" }

    /// Proposes a call.
    ///
    /// - Throws: `ToolFailure` when its arguments are too long to be put before somebody.
    public init(_ tool: String, _ arguments: JSONValue) throws(ToolFailure) {
        guard arguments.text.unicodeScalars.count <= Self.maximumCharacters else {
            throw ToolFailure(
                "The arguments are too long for the user to confirm: at most \(Self.maximumCharacters) characters.")
        }
        self.init(tool, arguments, code: Digest.hex(Digest.randomBytes(Self.codeBytes)))
    }

    /// A proposal that was made before.
    public init(_ tool: String, _ arguments: JSONValue, code: String) {
        self.tool = tool
        self.arguments = arguments
        self.code = code
    }

    /// Whether a message confirms it, and a call is the one that it stands for.
    func isConfirmed(by message: String, for tool: String, _ arguments: JSONValue) -> Bool {
        self.tool == tool && self.arguments == arguments && message.contains(word: phrase)
    }

    /// For the user, in markdown. What the model wrote stands in a block that it cannot end.
    public var explanation: String {
        let text = arguments.text
        var fence = "```"
        while text.contains(fence) { fence += "`" }
        return """
            `\(tool)` changes something and has not been run. It was to be called with

            \(fence)
            \(text)
            \(fence)

            To have it run like this, answer: `\(phrase)`
            """
    }
}
