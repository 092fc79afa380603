import CCrypto

/// Base64 in the standard alphabet with padding (RFC 4648, section 4).
public enum Base64 {
    /// What is encoded in one call of the library, whose lengths are 32 bits wide; a multiple of three.
    private static let piece = 3 << 20
    private static let padding = UInt8(ascii: "=")

    /// Encodes bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        // The library ends what it writes with a zero.
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4 + 1) { text in
            var written = 0
            bytes.withUnsafeBufferPointer { bytes in
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    guard let from = bytes.baseAddress, let to = text.baseAddress else { return }
                    let count = Int32(truncatingIfNeeded: min(piece, bytes.count - start))
                    written += Int(EVP_EncodeBlock(to + written, from + start, count))
                }
            }
            return written
        }
    }

    /// Decodes text; `nil` when it is not base64.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let padded = text.suffix(2).reversed().prefix { $0 == padding }.count
        // The library takes white space around the text, and a letter of padding anywhere for a zero.
        guard text.count % 4 == 0, text.count <= Int32.max, !text.dropLast(padded).contains(padding) else { return nil }
        guard let from = text.baseAddress, !text.isEmpty else { return [] }
        var isBase64 = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { buffer, filled in
            guard let to = buffer.baseAddress else { return }
            let decoded = Int(EVP_DecodeBlock(to, from, Int32(truncatingIfNeeded: text.count)))
            isBase64 = decoded == buffer.count
            filled = isBase64 ? decoded - padded : 0
        }
        return isBase64 ? bytes : nil
    }
}
