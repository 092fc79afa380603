import Digests
public import JSONCoding

/// An output binding's value.
///
/// The host decodes every text that happens to be base64, so texts go out encoded: `test` and `done` would be damaged
/// otherwise (docs/reference/functions-custom-handlers.md, 3.8). Give the binding no `dataType: binary`.
public struct FunctionOutput: Sendable, Equatable {
    let value: JSONValue

    /// A text: one queue message, or a blob's content.
    public static func text(_ text: String) -> FunctionOutput { .bytes(Array(text.utf8)) }

    /// Bytes: a blob's content.
    public static func bytes(_ bytes: [UInt8]) -> FunctionOutput {
        FunctionOutput(value: .string(Base64.encode(bytes)))
    }

    /// JSON: one queue message, a blob's content, an item or a list of items of Cosmos DB.
    public static func json(_ value: JSONValue) -> FunctionOutput { FunctionOutput(value: value) }

    /// Several queue messages; one that has to arrive letter for letter is better sent as `text`.
    public static func messages(_ messages: [JSONValue]) -> FunctionOutput { FunctionOutput(value: .array(messages)) }
}
