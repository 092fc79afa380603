/// An element of a small document that is read as a whole, such as an answer of a storage service.
public struct XMLNode: Sendable, Equatable {
    /// Local name, without its namespace prefix.
    public let name: String
    /// Attributes by local name.
    public let attributes: [String: String]
    /// Text directly inside this element, pieces joined.
    public let text: String
    public let children: [XMLNode]

    /// The first child of that name.
    public subscript(_ name: String) -> XMLNode? { children.first { $0.name == name } }

    /// The children of that name.
    public func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }
}

/// The document is not well-formed, or too deep.
public struct XMLParseError: Error, Sendable {
    public let reason: String
    /// Whether a limit was passed rather than the syntax broken.
    public var isExcessive = false
}

/// Writes element content and attribute values.
public enum XMLText {
    /// Escapes text for element content and attribute values. Characters that XML 1.0 cannot carry are left out.
    public static func escape(_ text: String) -> String {
        // Most texts need nothing.
        let isPlain = text.utf8.allSatisfy { $0 >= 32 && $0 < 127 && $0 != 38 && $0 != 60 && $0 != 62 && $0 != 34 }
        if isPlain { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#xD;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default: if isAllowed(scalar) { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }

    /// Whether XML 1.0 can carry the character.
    public static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 32 && scalar.value != 0xFFFE && scalar.value != 0xFFFF || [9, 10, 13].contains(scalar.value)
    }
}
