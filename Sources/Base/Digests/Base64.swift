import FoundationEssentials

/// Base64 in the standard alphabet with padding (RFC 4648, section 4).
public enum Base64 {
    /// Encodes bytes.
    public static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Decodes text; `nil` when it is not base64.
    public static func decode(_ text: String) -> [UInt8]? {
        // Foundation takes "====" for a byte; there are never more than two of padding.
        text.hasSuffix("===") ? nil : Data(base64Encoded: text).map { Array($0) }
    }
}
