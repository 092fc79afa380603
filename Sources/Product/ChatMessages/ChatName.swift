/// Names a chat after its first message until somebody names it better.
public enum ChatName {
    private static let maximumLength = 60

    /// The message's first words on one line.
    public static func make(from message: String) -> String {
        // PostgreSQL has no text with the character 0.
        let line = message.split { $0.isWhitespace || $0 == "\0" }.joined(separator: " ")
        guard line.count > maximumLength else { return line }
        let cut = line.prefix(maximumLength)
        let words = cut.lastIndex(of: " ").map { cut[..<$0] } ?? cut
        return words + "…"
    }
}
