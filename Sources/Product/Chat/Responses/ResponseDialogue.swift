import JSONCoding
import Models
import OpenAIFaces

/// Items of a conversation as a model is given them, and the question among them.
struct ResponseDialogue: Sendable {
    /// Instructions that stand among the items.
    private(set) var instructions: [String] = []
    /// Everything but those, in order.
    private(set) var messages: [ModelMessage] = []
    /// The last user's message among them.
    private(set) var question = ""
    /// What stands before it.
    private(set) var history: [ModelMessage] = []
    /// What stands behind it: calls of functions, and what they gave.
    private(set) var following: [ModelMessage] = []

    /// Puts items together.
    ///
    /// - Parameters:
    ///   - context: What was said before.
    ///   - items: What the request brings.
    /// - Throws: `InvalidFields` when there is no question, or a call and its result do not meet.
    init(context: [ResponseItem], items: [ResponseItem]) throws {
        var calls: [String: ToolCall] = [:]
        var open: [String] = []
        var canAsk = false
        for (place, item) in (context + items).enumerated() {
            var continues = false
            switch item.content {
            case .message(.system, let text, _), .message(.developer, let text, _): instructions.append(text)
            case .message(.user, let text, _): messages.append(ModelMessage(.user, text))
            case .message(.assistant, let text, _):
                messages.append(ModelMessage(.assistant, text))
                continues = true
            case .functionCall(let id, let name, let arguments):
                let call = ToolCall(id: id, name: name, arguments: arguments)
                calls[id] = call
                open.append(id)
                // What an assistant says, and all that it asks for at once, is one message.
                if canAsk, let last = messages.popLast() {
                    messages.append(.asking(last.text, for: last.toolCalls + [call]))
                } else {
                    messages.append(.asking("", for: [call]))
                }
                continues = true
            case .functionOutput(let id, let output):
                guard let call = calls[id] else {
                    throw InvalidFields(
                        field: place < context.count ? "input" : "input[\(place - context.count)].call_id",
                        detail: "There is no function_call with the call_id '\(id.prefix(100))' before it.")
                }
                open.removeAll { $0 == id }
                messages.append(.result(output, of: call, isError: false))
            case .fileSearch: continues = canAsk
            }
            canAsk = continues
        }
        if let id = open.first {
            throw InvalidFields(
                field: "input",
                detail: "No tool output found for function call \(id.prefix(100)). Send a function_call_output with it."
            )
        }
        guard let place = messages.lastIndex(where: { $0.role == .user }) else {
            throw InvalidFields(field: "input", detail: "Must have a message of the user.")
        }
        question = messages[place].text
        if question.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            throw InvalidFields(field: "input", detail: "The last user's message is blank.")
        }
        history = Array(messages[..<place])
        following = Array(messages[(place + 1)...])
    }
}
