extension JSONValue {
    /// The value as compact JSON in UTF-8.
    public var encoded: [UInt8] {
        var result: [UInt8] = []
        write(to: &result)
        return result
    }

    /// The value as compact JSON text.
    public var text: String { String(decoding: encoded, as: UTF8.self) }

    /// Appends the value as compact JSON. Numbers that JSON cannot carry become `null`.
    public func write(to result: inout [UInt8]) {
        switch self {
        case .null: result += "null".utf8
        case .bool(let value): result += (value ? "true" : "false").utf8
        case .int(let value): result += String(value).utf8
        case .double(let value):
            if value.isFinite { result += value.description.utf8 } else { result += "null".utf8 }
        case .string(let value): JSONText.write(value, to: &result)
        case .array(let values):
            result.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                value.write(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let object):
            result.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                JSONText.write(member.name, to: &result)
                result.append(UInt8(ascii: ":"))
                member.value.write(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }
}

/// Writes the pieces that large answers are put together from without a tree of values.
public enum JSONText {
    /// Appends a string with its quotes.
    public static func write(_ text: String, to result: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        result.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): result += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 10: result += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 13: result += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 9: result += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<32:
                result += "\\u00".utf8
                result += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
    }

    /// Appends a list of floats, each as the shortest decimal that gives it back.
    public static func write(_ values: some Sequence<Float>, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "["))
        var isFirst = true
        for value in values {
            if !isFirst { result.append(UInt8(ascii: ",")) }
            isFirst = false
            if value.isFinite { result += value.description.utf8 } else { result += "null".utf8 }
        }
        result.append(UInt8(ascii: "]"))
    }
}
