/// Text in Markdown that runs nothing and fetches nothing wherever it is shown.
enum MarkdownText {
    /// A text in one line without any markup.
    static func inline(_ text: String) -> String {
        var result = ""
        for character in text.split(whereSeparator: \.isWhitespace).joined(separator: " ") {
            if "\\`*_[]<>#|~!&$".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// Markdown without HTML and pictures, which the page shows as text, too.
    static func safe(_ text: String) -> String { marked(text, [:]).text }

    /// The same, with an answer's `[n]` as marks of footnotes.
    ///
    /// - Parameter labels: Footnotes by the answer's numbers; what has none stays as it is.
    /// - Returns: The text, and the footnotes that it has marks of.
    static func marked(_ text: String, _ labels: [Int: Int]) -> (text: String, used: Set<Int>) {
        var used: Set<Int> = []
        var fence: (mark: Character, count: Int)?
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
            let run = fenceRun(line)
            if let open = fence {
                if let run, run.mark == open.mark, run.count >= open.count, run.isBare { fence = nil }
                return String(line)
            }
            if let run {
                fence = (run.mark, run.count)
                return String(line)
            }
            return markedLine(line, labels, &used)
        }
        // What is not closed would take in everything behind it.
        let closing = fence.map { [String(repeating: $0.mark, count: $0.count)] } ?? []
        return ((lines + closing).joined(separator: "\n"), used)
    }

    /// The marks with which a line opens or closes a block of code (CommonMark 0.31, section 4.5).
    private static func fenceRun(_ line: Substring) -> (mark: Character, count: Int, isBare: Bool)? {
        let start = line.drop { $0 == " " }
        guard line.count - start.count < 4, let mark = start.first, mark == "`" || mark == "~" else { return nil }
        let count = start.prefix { $0 == mark }.count
        let rest = start.dropFirst(count)
        guard count >= 3, mark == "~" || !rest.contains("`") else { return nil }
        return (mark, count, rest.allSatisfy(\.isWhitespace))
    }

    private static func markedLine(_ line: Substring, _ labels: [Int: Int], _ used: inout Set<Int>) -> String {
        var result = ""
        var rest = line
        while let character = rest.first {
            if character == "`" {
                let ticks = rest.prefix { $0 == "`" }
                let code = codeSpan(rest, ticks.count)
                result += code ?? ticks
                rest = rest.dropFirst((code ?? ticks).count)
            } else if character == "[", let (n, length) = citation(rest), let label = labels[n] {
                used.insert(label)
                result += "[^\(label)]"
                rest = rest.dropFirst(length)
            } else {
                switch character {
                case "<": result += "&lt;"
                case "!" where rest.dropFirst().first == "[": result += "\\!"
                default: result.append(character)
                }
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Code between two runs of so many backticks; `nil` when nothing closes it.
    private static func codeSpan(_ text: Substring, _ count: Int) -> Substring? {
        var index = text.index(text.startIndex, offsetBy: count)
        while index < text.endIndex {
            guard text[index] == "`" else {
                index = text.index(after: index)
                continue
            }
            let run = text[index...].prefix { $0 == "`" }
            if run.count == count { return text[..<run.endIndex] }
            index = run.endIndex
        }
        return nil
    }

    /// `[n]` at the beginning of a text, unless it is a link.
    private static func citation(_ text: Substring) -> (n: Int, length: Int)? {
        let digits = text.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let behind = text.dropFirst(1 + digits.count)
        guard (1...6).contains(digits.count), let n = Int(digits), behind.first == "]", behind.dropFirst().first != "("
        else { return nil }
        return (n, digits.count + 2)
    }
}
