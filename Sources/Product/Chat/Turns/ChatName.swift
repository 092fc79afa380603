/// Names a chat after its first message until somebody names it better.
enum ChatName {
    private static let maximumLength = 60

    /// The message's first words on one line.
    static func make(from message: String) -> String {
        let line = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard line.count > maximumLength else { return line }
        let cut = line.prefix(maximumLength)
        let words = cut.lastIndex(of: " ").map { cut[..<$0] } ?? cut
        return words + "…"
    }
}
