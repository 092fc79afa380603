public import JSONCoding
public import Models
public import Retrieval

/// What a tool works with. It decides where the tool may be used, and how long what it says stays true.
public enum ToolKind: Sendable {
    /// The workspace's documents.
    case documents
    /// Pages of the web.
    case web
    /// A service that the operator declares.
    case declared
}

/// Something that a model may have done while it answers.
public protocol Tool: Sendable {
    /// What it works with.
    var kind: ToolKind { get }

    /// What the model gets to know of it.
    var specification: ToolSpecification { get }

    /// Whether it runs only when the user has ordered or confirmed just this call.
    var wantsConfirmation: Bool { get }

    /// Does it.
    ///
    /// - Parameters:
    ///   - arguments: An object that fits the specification's schema.
    ///   - turn: What was said so far.
    /// - Throws: `ToolFailure`, in words for the model; other errors are failures of ours.
    func run(_ arguments: JSONValue, in turn: ToolTurn) async throws -> ToolOutcome
}

extension Tool {
    public var wantsConfirmation: Bool { false }
}

/// What a tool may know of the answer that it is part of.
public struct ToolTurn: Sendable {
    /// Documents that the answer may draw on.
    public let documents: [String]
    /// What may be sent out of the house.
    public let egress: EgressGuard
    /// Calls that were put before the user, any of which the question may confirm.
    public let proposals: [ToolProposal]

    /// Describes a turn.
    public init(documents: [String], egress: EgressGuard, proposals: [ToolProposal] = []) {
        self.documents = documents
        self.egress = egress
        self.proposals = proposals
    }

    /// Whether the question orders just this call, or confirms it.
    public func isWanted(_ tool: String, _ arguments: JSONValue) -> Bool {
        egress.isOrdered(tool, arguments)
            || proposals.contains { $0.isConfirmed(by: egress.question, for: tool, arguments) }
    }
}

/// What a tool found.
public struct ToolOutcome: Sendable {
    /// For the model, beside the sources.
    public let text: String
    /// For people, in a few words.
    public let summary: String
    /// What may be cited; numbered by whoever shows it to the model.
    public let sources: [FoundPassage]

    /// Makes an outcome.
    public init(text: String, summary: String, sources: [FoundPassage] = []) {
        self.text = text
        self.summary = summary
        self.sources = sources
    }
}

/// Why a tool could not do what it was asked, in words for the model.
public struct ToolFailure: Error, Sendable, CustomStringConvertible {
    public let description: String

    /// Says what is wrong and what to do instead.
    public init(_ description: String) { self.description = description }
}
