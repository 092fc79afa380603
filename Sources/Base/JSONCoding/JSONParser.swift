/// Reads JSON text strictly as RFC 8259 says, with a limit on nesting.
public struct JSONParser: ~Copyable {
    private let bytes: [UInt8]
    private var index = 0
    private let maximumDepth: Int
    private let lenient: Bool

    private init(_ bytes: [UInt8], maximumDepth: Int, lenient: Bool) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.lenient = lenient
    }

    /// Parses one value that fills the whole text.
    ///
    /// - Parameter lenient: Also takes comments, single-quoted strings and trailing commas, as the Functions
    ///   host does in host.json.
    /// - Throws: `JSONSyntaxError` with the place and the reason.
    public static func parse(
        _ bytes: [UInt8], maximumDepth: Int = 128, lenient: Bool = false
    ) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth, lenient: lenient)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.index = 3 }
        let value = try parser.value(depth: 0)
        try parser.skipSpace()
        guard parser.index == bytes.count else { throw parser.error("unexpected text after the value") }
        return value
    }

    /// Parses text.
    public static func parse(_ text: String, lenient: Bool = false) throws(JSONSyntaxError) -> JSONValue {
        try parse(Array(text.utf8), lenient: lenient)
    }

    private func error(_ reason: String) -> JSONSyntaxError {
        let before = bytes.prefix(index)
        let line = before.count(where: { $0 == 10 }) + 1
        let column = index - (before.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1
        return JSONSyntaxError(line: line, column: column, reason: reason)
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() throws(JSONSyntaxError) {
        while let byte = current {
            switch byte {
            case 32, 9, 10, 13: index += 1
            case UInt8(ascii: "/") where lenient: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSONSyntaxError) {
        let kind = index + 1 < bytes.count ? bytes[index + 1] : 0
        if kind == UInt8(ascii: "/") {
            while let byte = current, byte != 10 { index += 1 }
        } else if kind == UInt8(ascii: "*") {
            index += 2
            while index + 1 < bytes.count, bytes[index] != UInt8(ascii: "*") || bytes[index + 1] != UInt8(ascii: "/") {
                index += 1
            }
            guard index + 1 < bytes.count else { throw error("comment without an end") }
            index += 2
        } else {
            throw error("unexpected character")
        }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth < maximumDepth else { throw error("nested more than \(maximumDepth) levels deep") }
        try skipSpace()
        guard let byte = current else { throw error("unexpected end of the text") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string(quote: byte))
        case UInt8(ascii: "'") where lenient: return .string(try string(quote: byte))
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        guard bytes[index...].starts(with: word.utf8) else { throw error("unexpected character") }
        index += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        index += 1
        var result = JSONObject()
        try skipSpace()
        if current == UInt8(ascii: "}") {
            index += 1
            return .object(result)
        }
        while true {
            try skipSpace()
            guard let quote = current, quote == UInt8(ascii: "\"") || lenient && quote == UInt8(ascii: "'") else {
                throw error("expected a member name in double quotes")
            }
            let name = try string(quote: quote)
            guard Self.isComparable(name) else {
                throw error("a member name has more than \(Self.longestRun) bytes without an ASCII character")
            }
            try skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("expected ':' after a member name") }
            index += 1
            result[name] = try value(depth: depth + 1)
            if try endsAfterComma(UInt8(ascii: "}")) { return .object(result) }
        }
    }

    /// Names are compared as Swift's strings in many places, and that takes time that grows with the square of the marks
    /// on one character.
    private static let longestRun = 512

    private static func isComparable(_ name: String) -> Bool {
        guard name.utf8.count > longestRun else { return true }
        var run = 0
        for byte in name.utf8 {
            run = byte < 128 ? 0 : run + 1
            if run > longestRun { return false }
        }
        return true
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        index += 1
        var result: [JSONValue] = []
        try skipSpace()
        if current == UInt8(ascii: "]") {
            index += 1
            return .array(result)
        }
        while true {
            result.append(try value(depth: depth + 1))
            if try endsAfterComma(UInt8(ascii: "]")) { return .array(result) }
        }
    }

    private mutating func endsAfterComma(_ end: UInt8) throws(JSONSyntaxError) -> Bool {
        try skipSpace()
        if current == end {
            index += 1
            return true
        }
        guard current == UInt8(ascii: ",") else { throw error("expected ',' or the end of the list") }
        index += 1
        guard lenient else { return false }
        try skipSpace()
        guard current == end else { return false }
        index += 1
        return true
    }

    private mutating func string(quote: UInt8) throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        while let byte = current, byte != quote, byte != UInt8(ascii: "\\"), byte >= 32 { index += 1 }
        if current == quote {
            guard let text = String(validating: bytes[start..<index], as: UTF8.self) else {
                throw error("text is not UTF-8")
            }
            index += 1
            return text
        }
        var result = Array(bytes[start..<index])
        while let byte = current {
            index += 1
            if byte == quote {
                guard let text = String(validating: result, as: UTF8.self) else { throw error("text is not UTF-8") }
                return text
            }
            if byte == UInt8(ascii: "\\") {
                try appendEscape(to: &result)
            } else if byte < 32 {
                throw error("control character in a string")
            } else {
                result.append(byte)
            }
        }
        throw error("string without an end")
    }

    private mutating func appendEscape(to result: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw error("string without an end") }
        index += 1
        switch byte {
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "'") where lenient: result.append(byte)
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            var scalar = UInt32(unit)
            if (0xD800..<0xDC00).contains(unit) {
                guard bytes[index...].starts(with: "\\u".utf8) else { throw error("half a surrogate pair") }
                index += 2
                let low = try hexUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
                scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
            }
            guard let character = Unicode.Scalar(scalar) else { throw error("half a surrogate pair") }
            result += Array(String(Character(character)).utf8)
        default: throw error("unknown escape in a string")
        }
    }

    private mutating func hexUnit() throws(JSONSyntaxError) -> UInt16 {
        guard index + 4 <= bytes.count,
            bytes[index..<index + 4].allSatisfy({ (48...57).contains($0) || (65...70).contains($0 & 0xDF) }),
            let value = UInt16(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw error("bad \\u escape") }
        index += 4
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        var isInteger = true
        if current == UInt8(ascii: "-") { index += 1 }
        let firstDigit = index
        skipDigits()
        guard index > firstDigit else { throw error("unexpected character") }
        guard bytes[firstDigit] != 48 || index == firstDigit + 1 else { throw error("number with a leading zero") }
        if current == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            let fraction = index
            skipDigits()
            guard index > fraction else { throw error("number without digits after the point") }
        }
        if let byte = current, byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isInteger = false
            index += 1
            if let sign = current, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
            let exponent = index
            skipDigits()
            guard index > exponent else { throw error("number without an exponent") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw error("number out of range") }
        return .double(value)
    }

    private mutating func skipDigits() {
        while let byte = current, (48...57).contains(byte) { index += 1 }
    }
}

/// The text is not JSON.
public struct JSONSyntaxError: Error, CustomStringConvertible {
    /// Line and column of the fault, from 1.
    public let line: Int
    public let column: Int
    /// What is wrong there; contains nothing of the text itself.
    public let reason: String

    public var description: String { "\(reason) at line \(line) column \(column)" }
}
