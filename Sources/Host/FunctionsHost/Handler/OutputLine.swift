/// The level and the text of a line that a handler wrote (docs/reference/functions-custom-handlers.md, 6.6).
struct OutputLine: Equatable {
    let level: HostConsole.Level
    let text: String
    /// Whether the line is meant for the host's own log.
    let isSystem: Bool

    private static let systemPrefix = "languageworkerconsolelog"
    private static let errorWords = ["error", "fail", "severe", "unhandled exception"]

    init(_ line: String, isError: Bool, errorStreamIsForErrorsOnly: Bool) {
        let lowered = line.lowercased()
        isSystem = lowered.hasPrefix(Self.systemPrefix)
        text = isSystem ? String(line.dropFirst(Self.systemPrefix.count)) : line
        if !isError {
            level = .information
        } else if lowered.contains("warn") {
            level = .warning
        } else if errorStreamIsForErrorsOnly || Self.errorWords.contains(where: { lowered.contains($0) }) {
            level = .error
        } else {
            level = .information
        }
    }
}
