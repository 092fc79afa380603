public import JSONCoding

/// An answer as a terminal shows it: its text, and its citations as footnotes.
public enum AnswerText {
    private static let longestQuote = 240

    /// The footnotes below an answer, a line for each place that is cited; empty when it cites nothing.
    ///
    /// - Parameter answer: The data of `done`, or a whole answer.
    public static func footnotes(_ answer: JSONValue) -> [String] {
        var lines: [String] = []
        for citation in answer["citations"]?.array ?? [] {
            guard let number = citation["n"]?.int, let name = citation["name"]?.string else { continue }
            let place = citation["url"]?.string ?? citation["page"]?.int.map { "page \($0)" } ?? ""
            let quote = (citation["quote"]?.string ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let shown = quote.count > longestQuote ? quote.prefix(longestQuote) + "…" : quote[...]
            var line = "[\(number)] \(name), \(place)"
            if !shown.isEmpty { line += ": “\(shown)”" }
            if citation["support"] == "unsupported" { line += " (does not bear the sentence out)" }
            line = printable(line)
            if !lines.contains(line) { lines.append(line) }
        }
        return lines
    }

    /// JSON on one line, in which nothing commands a terminal: JSON itself lets U+007F to U+009F stand as they are.
    public static func line(_ json: JSONValue) -> String {
        var line = ""
        for scalar in json.text.unicodeScalars {
            if (0x7F...0x9F).contains(scalar.value) {
                line += "\\u00" + String(scalar.value, radix: 16)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line + "\n"
    }

    /// Text without what would command the terminal: documents and models may say anything.
    public static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { scalar in
                    scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control
                }))
    }
}
