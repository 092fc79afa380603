import TextSearch

/// How headers, which are ASCII, carry other characters.
public enum EncodedWords {
    /// A field with its encoded words as text (RFC 2047), such as `=?utf-8?B?w6k=?=`; spaces between two of them are none.
    public static func decoded(_ value: String) -> String {
        var result = ""
        var rest = value[...]
        var isBehindWord = false
        while let start = rest.firstRange(of: "=?") {
            let before = rest[..<start.lowerBound]
            let pieces = rest[start.upperBound...].split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
            guard pieces.count == 4, pieces[3].hasPrefix("="), let text = word(pieces[0], pieces[1], pieces[2]) else {
                result += rest[..<start.upperBound]
                rest = rest[start.upperBound...]
                isBehindWord = false
                continue
            }
            if !isBehindWord || before.contains(where: { !$0.isWhitespace }) { result += before }
            result += text
            rest = pieces[3].dropFirst()
            isBehindWord = true
        }
        return (result + rest).filter { !$0.isNewline }
    }

    /// A parameter's extended value (RFC 8187), such as `UTF-8''na%C3%AFve.txt`; `nil` when it is none.
    public static func extended(_ value: String) -> String? {
        let pieces = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard pieces.count == 3, let encoding = TextEncoding(label: String(pieces[0])) else { return nil }
        var bytes: [UInt8] = []
        var rest = Array(pieces[2].utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = code(rest) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return encoding.text(of: bytes)
    }

    /// What Base64 stands for (RFC 2045, section 6.8); line ends and what else is not of its alphabet is passed over.
    ///
    /// Foundation's would add five megabytes to the program that reads documents.
    public static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 3 / 4)
        var (bits, count) = (UInt32(0), 0)
        for byte in bytes {
            let value: UInt8
            switch byte {
            case 65...90: value = byte - 65
            case 97...122: value = byte - 71
            case 48...57: value = byte + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): return result
            default: continue
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return result
    }

    /// What the quoted-printable encoding stands for (RFC 2045, section 6.7).
    ///
    /// - Parameter isHeader: In headers a low line is a space (RFC 2047, section 4.2).
    public static func quotedPrintable(_ bytes: ArraySlice<UInt8>, isHeader: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                result.append(isHeader && byte == UInt8(ascii: "_") ? 32 : byte)
                continue
            }
            if let code = code(rest) {
                result.append(code)
                rest = rest.dropFirst(2)
            } else if rest.first == 10 || rest.starts(with: [13, 10]) {
                rest = rest.dropFirst(rest.first == 10 ? 1 : 2)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func word(_ label: Substring, _ encoding: Substring, _ text: Substring) -> String? {
        guard let charset = TextEncoding(label: String(label)) else { return nil }
        return switch encoding.lowercased() {
        case "b": charset.text(of: base64(Array(text.utf8)[...]))
        case "q": charset.text(of: quotedPrintable(Array(text.utf8)[...], isHeader: true))
        default: nil
        }
    }

    /// Two hexadecimal digits.
    private static func code(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        let digits = bytes.prefix(2)
        guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
