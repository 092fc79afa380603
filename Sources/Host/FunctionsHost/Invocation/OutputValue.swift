import Digests
import JSONCoding

/// A value that an output binding gets, after the base64 rule (docs/reference/functions-custom-handlers.md, 3.8).
enum OutputValue: Sendable, Equatable {
    case bytes([UInt8])
    case json(JSONValue)

    /// A text that is valid base64 becomes bytes, unless the binding says `dataType: binary`.
    init(_ value: JSONValue, _ binding: BindingDefinition) {
        guard let text = value.string, binding.dataType != "binary", let bytes = Self.decodeBase64(text) else {
            self = .json(value)
            return
        }
        self = .bytes(bytes)
    }

    /// Decodes base64 with its padding, white space ignored as .NET does; `nil` for anything else.
    static func decodeBase64(_ text: String) -> [UInt8]? {
        let compact = text.filter { !$0.isWhitespace }
        guard !compact.isEmpty, compact.utf8.count % 4 == 0 else { return nil }
        return Base64.decode(compact)
    }

    /// The content of a blob: text as UTF-8, JSON compact, bytes as they are.
    var content: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .json(.string(let text)): Array(text.utf8)
        case .json(let value): value.encoded
        }
    }

    /// The messages of a queue: one for each element of a list.
    var messages: [[UInt8]] {
        switch self {
        case .bytes(let bytes):
            // Decoded text that holds JSON is treated as text that holds JSON.
            guard let text = String(validating: bytes, as: UTF8.self) else { return [bytes] }
            return Self.messages(of: text)
        case .json(.array(let values)): return values.map { Self.message($0) }
        case .json(.string(let text)): return Self.messages(of: text)
        case .json(let value): return [Self.message(value)]
        }
    }

    private static func messages(of text: String) -> [[UInt8]] {
        let isList = text.hasPrefix("[") && text.hasSuffix("]")
        guard isList || text.hasPrefix("{") && text.hasSuffix("}"), let json = try? JSONParser.parse(text) else {
            return [Array(text.utf8)]
        }
        return isList ? (json.array ?? []).map { message($0) } : [message(json)]
    }

    private static func message(_ value: JSONValue) -> [UInt8] {
        switch value {
        case .string(let text): Array(text.utf8)
        case .object, .array: Array(value.indented.utf8)
        default: value.encoded
        }
    }
}

extension JSONValue {
    /// The value over several lines, two blanks for each level, as Newtonsoft.Json writes it.
    var indented: String { indented(by: "") }

    private func indented(by margin: String) -> String {
        let inner = margin + "  "
        switch self {
        case .array(let values) where !values.isEmpty:
            return "[\n" + values.map { inner + $0.indented(by: inner) }.joined(separator: ",\n") + "\n\(margin)]"
        case .object(let object) where !object.isEmpty:
            let lines = object.members.map {
                inner + JSONValue.string($0.name).text + ": " + $0.value.indented(by: inner)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        default: return text
        }
    }
}
