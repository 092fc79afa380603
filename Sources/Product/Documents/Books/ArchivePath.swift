/// Names of files in an archive, as other files in it refer to them (RFC 3986; EPUB Open Container Format 3.3, 4.2).
enum ArchivePath {
    /// The name that a reference means.
    ///
    /// - Parameters:
    ///   - reference: Relative to the folder, with `%` before the codes of characters; a fragment is left out.
    ///   - folder: Where what refers lies; empty, or with a slash at the end.
    /// - Returns: `nil` for what lies elsewhere: an address, or a place above the archive.
    static func resolved(_ reference: String, in folder: String) -> String? {
        let path = reference.prefix { $0 != "#" && $0 != "?" }
        guard !path.isEmpty, !hasScheme(path), !path.hasPrefix("//") else { return nil }
        var steps = path.hasPrefix("/") ? [] : folder.split(separator: "/").map(String.init)
        for step in path.split(separator: "/") {
            // A code may stand for a slash or a dot: it is none of a path then, but a step that no file has.
            switch step {
            case ".": continue
            case "..": guard steps.popLast() != nil else { return nil }
            default: steps.append(decoded(step))
            }
        }
        return steps.isEmpty || steps.contains("..") ? nil : steps.joined(separator: "/")
    }

    /// The folder in which a file lies, with a slash at the end; empty for the archive itself.
    static func folder(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    }

    private static func hasScheme(_ path: Substring) -> Bool {
        guard let colon = path.firstIndex(of: ":"), let first = path.utf8.first else { return false }
        return (65...90).contains(first & 0xDF) && !path[..<colon].contains("/")
    }

    /// Codes of characters become these; what is no UTF-8 stays as it is.
    private static func decoded(_ step: Substring) -> String {
        guard step.contains("%") else { return String(step) }
        var bytes: [UInt8] = []
        var rest = Array(step.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, rest.prefix(2).allSatisfy({ $0 != UInt8(ascii: "+") }),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? String(step)
    }
}
