/// The handler's command line, put together and taken apart as the host does
/// (docs/reference/functions-custom-handlers.md, 1.3).
enum ArgumentLine {
    /// Replaces each `%NAME%` whose variable exists; others stay as literal text.
    static func expandVariables(_ text: String, _ environment: [String: String]) -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false).map(String.init)
        var result = parts[0]
        var index = 1
        while index < parts.count {
            // A name stands between two signs; a sign without a partner, or around an unset name, is plain text.
            if index + 1 < parts.count, let value = environment[parts[index]] {
                result += value + parts[index + 1]
                index += 2
            } else {
                result += "%" + parts[index]
                index += 1
            }
        }
        return result
    }

    /// Deletes whatever still looks like a variable: from one percent sign to the next, with something in between.
    static func deleteLeftovers(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "%") {
            let behind = rest.index(after: start)
            // At least one character between the signs, so a second sign right behind the first is part of the name.
            let from = behind < rest.endIndex ? rest.index(after: behind) : rest.endIndex
            guard let end = rest[from...].firstIndex(of: "%") else { break }
            result += rest[..<start]
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// The line for a handler: arguments, the worker's path in quotes, the worker's arguments.
    ///
    /// - Parameters:
    ///   - environment: The host's own.
    ///   - child: Variables that the host sets for the handler.
    static func make(_ handler: CustomHandler, environment: [String: String], child: [String: String]) -> String {
        var line = ""
        for argument in handler.arguments { line += " " + expandVariables(argument, environment) }
        if let path = handler.workerPath { line += " \"\(path)\"" }
        for argument in handler.workerArguments { line += " " + expandVariables(argument, environment) }
        return deleteLeftovers(expandVariables(line, child))
    }

    /// Splits a line: white space separates, double quotes group, a backslash escapes a quote.
    static func split(_ line: String) -> [String] {
        var result: [String] = []
        var current: [Character] = []
        var isQuoted = false
        var hasBegun = false
        var backslashes = 0
        func flushBackslashes(_ count: Int) { current += [Character](repeating: "\\", count: count) }
        for character in line {
            if character == "\\" {
                backslashes += 1
                hasBegun = true
                continue
            }
            if character == "\"" {
                // Pairs of backslashes before a quote stand for one each; an odd one escapes the quote.
                flushBackslashes(backslashes / 2)
                if backslashes % 2 == 1 { current.append("\"") } else { isQuoted.toggle() }
                hasBegun = true
            } else {
                flushBackslashes(backslashes)
                if (character == " " || character == "\t") && !isQuoted {
                    if hasBegun { result.append(String(current)) }
                    current = []
                    hasBegun = false
                } else {
                    current.append(character)
                    hasBegun = true
                }
            }
            backslashes = 0
        }
        flushBackslashes(backslashes)
        if hasBegun { result.append(String(current)) }
        return result
    }
}
