/// The level and the text of a line that a handler wrote (functions-custom-handlers reference, section 6.6).
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

/// Hides credentials in text that is shown.
enum CredentialMask {
    private static let markers = ["accountkey=", "sharedaccesskey=", "sig=", "password=", "pwd=", "accesskey="]

    /// The text with the values behind well-known names replaced.
    static func masked(_ text: String) -> String {
        var result = text
        for marker in markers {
            var from = result.startIndex
            while let found = result[from...].lowercased().firstRange(of: marker) {
                let offset = result[from...].lowercased().distance(
                    from: result[from...].lowercased().startIndex, to: found.upperBound)
                let start = result.index(from, offsetBy: min(offset, result.distance(from: from, to: result.endIndex)))
                let end = result[start...].firstIndex { ";& \"'".contains($0) } ?? result.endIndex
                result.replaceSubrange(start..<end, with: "***")
                from = result.index(start, offsetBy: 3)
            }
        }
        return result
    }
}
