import ChatMessages
import JSONCoding

extension ChatMessage {
    /// What of a citation tells others where a quote is from; ids, which could open something, are not among it.
    private static let shownOfCitations = ["n", "name", "page", "quote", "sentence", "support", "url"]

    /// What others see of the message: who said what when, and the quotes.
    var shared: ChatMessage {
        ChatMessage(
            id: "", chatId: "", workspaceId: "", role: role, text: text, createdAt: createdAt, model: model,
            citations: citations.map { citation in
                .object(
                    JSONObject(
                        Self.shownOfCitations.compactMap { name in citation[name].map { (name, $0) } }))
            }, finishReason: finishReason)
    }

    /// The wire form of a message that `shared` has made.
    var sharedJSON: JSONValue {
        [
            "role": .string(role), "text": .string(text), "createdAt": .string(createdAt), "model": .optional(model),
            "finishReason": .optional(finishReason), "citations": .array(citations),
        ]
    }
}
