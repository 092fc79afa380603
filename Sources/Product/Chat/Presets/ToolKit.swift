import JSONCoding
import Models
import Tools

/// The tools of one answer.
struct ToolKit: Sendable {
    let tools: [any Tool]

    /// The preset's tools among all there are.
    init(_ all: [any Tool], for preset: Preset, usesDocuments: Bool) {
        tools = all.filter { tool in
            if tool.kind == .documents, !usesDocuments { return false }
            return preset.tools.contains(tool.specification.name)
                || preset.tools.contains("*") && tool.kind == .declared
        }
    }

    /// No tools.
    init() { tools = [] }

    var specifications: [ToolSpecification] { tools.map(\.specification) }

    /// What a tool works with; `nil` when there is none of that name.
    func kind(of name: String) -> ToolKind? { tools.first { $0.specification.name == name }?.kind }

    /// Runs a call whose arguments fit the tool's schema, and which the user wants if it changes something.
    ///
    /// - Throws: `ToolFailure` for what the model can mend, `ToolProposal` for what the user has to confirm, and what the
    ///   tool throws.
    func run(_ call: ToolCall, in turn: ToolTurn) async throws -> ToolOutcome {
        try turn.egress.countCall()
        guard let tool = tools.first(where: { $0.specification.name == call.name }) else {
            let known = tools.map(\.specification.name).joined(separator: ", ")
            throw ToolFailure("There is no tool \(call.name.prefix(64)). Tools: \(known.isEmpty ? "none" : known).")
        }
        guard let arguments = try? JSONParser.parse(call.arguments) else {
            throw ToolFailure("The arguments are not JSON. Send one JSON object.")
        }
        let problems = JSONSchema(tool.specification.parameters).problems(arguments)
        guard problems.isEmpty else {
            throw ToolFailure(problems.map { "\($0.field): \($0.detail)" }.joined(separator: " "))
        }
        if tool.wantsConfirmation, !turn.isWanted(call.name, arguments) { throw try ToolProposal(call.name, arguments) }
        return try await tool.run(arguments, in: turn)
    }
}
