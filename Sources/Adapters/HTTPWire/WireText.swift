public import HTTPMessages

/// Builds heads and chunks, and tells what may stand in them.
public enum WireText {
    /// A head: its first line, fields, and lines that are complete already.
    public static func head(_ start: String, _ fields: HTTPFields, _ extra: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += start.utf8
        bytes += "\r\n".utf8
        for field in fields.all {
            bytes += field.name.utf8
            bytes += ": ".utf8
            bytes += field.value.utf8
            bytes += "\r\n".utf8
        }
        bytes += extra.utf8
        bytes += "\r\n".utf8
        return bytes
    }

    /// A chunk with its content (RFC 9112, section 7.1).
    public static func chunk(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count + 16)
        bytes += String(content.count, radix: 16).utf8
        bytes += "\r\n".utf8
        bytes += content
        bytes += "\r\n".utf8
        return bytes
    }

    /// The end of a chunked body.
    public static let lastChunk = Array("0\r\n\r\n".utf8)

    /// Token characters (RFC 9110, section 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        case 33, 35, 36, 37, 38, 39, 42, 43, 45, 46, 94, 95, 96, 124, 126: true
        default: false
        }
    }

    /// What may stand in a field's value (RFC 9110, section 5.5).
    static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 32 && byte != 127 || byte == 9 }
}
