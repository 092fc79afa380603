/// Takes out of a text what was meant for a terminal or a printer: colours and titles (ECMA-48), letters printed over each
/// other, and control characters, which separate what stands around them.
enum TerminalText {
    /// Longest sequence of a command that ends with a mark of its own; without that mark it is no command.
    private static let longestCommand = 4096

    /// The text as it would be seen. Line ends, tabs and form feeds stay.
    static func plain(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 32 && $0 != 9 && $0 != 10 && $0 != 12 && $0 != 13 }) else { return text }
        let scalars = Array(text.unicodeScalars)
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(scalars.count)
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            place += 1
            switch scalar.value {
            case 0x1B: place = behindCommand(scalars, place)
            case 8:
                let isUnderlined = printOver(&result, next: place < scalars.count ? scalars[place] : nil)
                if isUnderlined { place += 1 }
            // A zero, a group's end: something ends here.
            case 0, 0x1F: separate(&result, next: place < scalars.count ? scalars[place] : nil)
            case 0x0B, 0x1C...0x1E: result.append("\n")
            case 9, 10, 12, 13: result.append(scalar)
            case 0..<32: continue
            default: result.append(scalar)
            }
        }
        return String(String.UnicodeScalarView(result))
    }

    /// Where the text goes on behind the command whose escape character stands before `start`.
    private static func behindCommand(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        guard start < text.count else { return start }
        switch text[start] {
        case "[":
            let final = text[(start + 1)...].prefix(longestCommand).firstIndex { !(0x20...0x3F).contains($0.value) }
            return final.map { (0x40...0x7E).contains(text[$0].value) ? $0 + 1 : $0 } ?? text.count
        case "]", "P", "X", "^", "_":
            let rest = text[(start + 1)...].prefix(longestCommand)
            guard let end = rest.firstIndex(where: { $0.value == 7 || $0.value == 0x1B || $0.value == 0x9C }) else {
                return start + 1
            }
            return text[end].value == 0x1B && end + 1 < text.count && text[end + 1] == "\\" ? end + 2 : end + 1
        default:
            let final = text[start...].prefix(8).firstIndex { !(0x20...0x2F).contains($0.value) }
            return final.map { (0x30...0x7E).contains(text[$0].value) ? $0 + 1 : $0 } ?? text.count
        }
    }

    /// Bold letters are printed twice, underlined ones over a line or before it. Returns whether the line follows.
    private static func printOver(_ result: inout [Unicode.Scalar], next: Unicode.Scalar?) -> Bool {
        guard let last = result.last, last != "\n", last != "\u{c}" else { return false }
        if next == "_", last != "_" { return true }
        result.removeLast()
        return false
    }

    private static func separate(_ result: inout [Unicode.Scalar], next: Unicode.Scalar?) {
        guard let last = result.last, !last.properties.isWhitespace, let next, !next.properties.isWhitespace else {
            return
        }
        result.append(" ")
    }
}
