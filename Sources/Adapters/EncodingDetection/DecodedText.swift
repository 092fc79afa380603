public import TextEncodings

/// Text that was read from bytes in some encoding.
public struct DecodedText: Sendable, Equatable {
    /// The text, without a byte-order mark.
    public let text: String
    /// What the bytes were taken for.
    public let encoding: TextEncoding
    /// Bytes that are nothing in that encoding. In text that is UTF-8 otherwise they were read as Windows-1252, as from a
    /// file that two programs have written to; elsewhere they are U+FFFD.
    public let faults: Int

    /// Reads bytes as what they are: a byte-order mark counts before all else, then UTF-16 and UTF-32 by their zeros, then
    /// UTF-8 where it is that, then what the document says, then what its letters suggest.
    ///
    /// - Parameter label: What the document says of itself, such as in HTML's `meta`.
    public init(_ bytes: [UInt8], label: String? = nil) {
        if let encoding = TextEncoding.marked(bytes), encoding != .utf8 {
            self = Self.convert(bytes[...], encoding)
            return
        }
        // A mark of UTF-8 in front of something else says nothing.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let declared = label.flatMap { TextEncoding(label: $0) }
        if Self.isShifted(bytes) {
            self = Self.convert(bytes[...], declared ?? EncodingDetector.shifted(bytes[...]))
            return
        }
        if let text = String(validating: bytes, as: UTF8.self) {
            self.init(text: text, encoding: .utf8, faults: 0)
            return
        }
        if let mostly = Self.mostlyUTF8(bytes) {
            self = mostly
            return
        }
        // A label is wrong more often than a text has many characters that its encoding does not know.
        if let declared, !declared.name.hasPrefix("UTF") {
            let text = Self.convert(bytes[...], declared)
            let others = bytes.count { $0 >= 0x80 }
            if text.faults * 8 <= others || text.faults <= 2 && text.faults * 2 <= others {
                self = text
                return
            }
        }
        self = Self.convert(bytes[...], EncodingDetector.encoding(of: bytes[...]))
    }

    private init(text: String, encoding: TextEncoding, faults: Int) {
        // The mark is no part of the text.
        self.text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        self.encoding = encoding
        self.faults = faults
    }

    private static func convert(_ bytes: ArraySlice<UInt8>, _ encoding: TextEncoding) -> DecodedText {
        if encoding == .utf8 { return repairedUTF8(Array(bytes)).text }
        if let (text, faults) = encoding.decode(bytes) {
            return DecodedText(text: text, encoding: encoding, faults: faults)
        }
        // A C library without its converters still reads Latin letters.
        let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        return DecodedText(text: text, encoding: .windows1252, faults: bytes.count { (0x80...0x9F).contains($0) })
    }

    /// Whether it is text of seven bits that shifts between alphabets (ISO/IEC 2022).
    private static func isShifted(_ bytes: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte >= 0x80 { return false }
            if previous == 0x1B, byte == UInt8(ascii: "$") { return true }
            previous = byte
        }
        return false
    }

    /// The text, where nearly all of what is not ASCII is UTF-8; `nil` where it is something else.
    private static func mostlyUTF8(_ bytes: [UInt8]) -> DecodedText? {
        let (text, sequences) = repairedUTF8(bytes)
        return sequences > 0 && text.faults * 4 <= sequences ? text : nil
    }

    /// The text with bytes that are no UTF-8 read as Windows-1252, and how many characters beyond ASCII are UTF-8.
    private static func repairedUTF8(_ bytes: [UInt8]) -> (text: DecodedText, sequences: Int) {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var (sequences, faults, place) = (0, 0, 0)
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let scalar):
                if scalar.count > 1 { sequences += 1 }
                result += scalar
                place += scalar.count
            case .error(let length):
                for byte in bytes[place..<min(place + length, bytes.count)] {
                    result += TextEncoding.windows1252Text(of: byte).utf8
                }
                faults += length
                place += length
            case .emptyInput:
                let text = DecodedText(text: String(decoding: result, as: UTF8.self), encoding: .utf8, faults: faults)
                return (text, sequences)
            }
        }
    }
}
