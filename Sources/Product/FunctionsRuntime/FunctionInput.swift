import Digests
public import JSONCoding

/// An input binding's value as a function wants it.
///
/// The host writes texts, numbers and lists as JSON inside a string, objects as they are, bytes as base64, and older
/// hosts wrote texts plainly; each reader copes with all of them (docs/reference/functions-custom-handlers.md, 3.2).
public struct FunctionInput: Sendable {
    private let written: JSONValue

    init(_ written: JSONValue) { self.written = written }

    /// The text: what is inside the quotes, or the value as it is.
    public var text: String {
        guard let text = written.string else { return written.text }
        if let inner = try? JSONParser.parse(text), let unquoted = inner.string { return unquoted }
        return text
    }

    /// The bytes of a binary input; the text's bytes where it is not base64.
    public var bytes: [UInt8] {
        guard let text = written.string else { return written.encoded }
        return Base64.decode(text) ?? Array(self.text.utf8)
    }

    /// The value as JSON: an object, or what the text holds.
    ///
    /// - Throws: `JSONSyntaxError` when the text is not JSON.
    public func json() throws -> JSONValue {
        guard written.string != nil else { return written }
        return try JSONParser.parse(text)
    }

    /// The value's JSON as bytes: an object's, or what the text holds.
    public var encoded: [UInt8] { written.string == nil ? written.encoded : Array(text.utf8) }
}
