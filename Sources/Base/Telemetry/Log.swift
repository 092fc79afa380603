import Glibc
import Synchronization

/// Writes one JSON object per line to standard error: time, level, label, message, request id, trace, fields.
///
/// Messages are constants and data goes in fields, so that lines can be searched. Secrets never get here.
public struct Log: Sendable {
    /// How much a line matters.
    public enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error

        /// Reads `APUS_LOG`; `nil` for a word that is no level.
        public init?(name: String) {
            switch name {
            case "debug": self = .debug
            case "info", "": self = .info
            case "warning": self = .warning
            case "error": self = .error
            default: return nil
            }
        }

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// The request that the current task works for; shows in every line.
    @TaskLocal public static var requestID: String?

    private let label: String
    private let level: Level

    /// A log whose lines carry the label; lines below `level` are dropped.
    public init(label: String, level: Level = .info) {
        self.label = label
        self.level = level
    }

    /// For whoever looks into how it works.
    public func debug(_ message: String, _ fields: @autoclosure () -> [String: String] = [:]) {
        write(.debug, "debug", message, fields)
    }

    /// What an operator wants to see happen.
    public func info(_ message: String, _ fields: @autoclosure () -> [String: String] = [:]) {
        write(.info, "info", message, fields)
    }

    /// Something is wrong but was coped with.
    public func warning(_ message: String, _ fields: @autoclosure () -> [String: String] = [:]) {
        write(.warning, "warning", message, fields)
    }

    /// Something failed.
    public func error(_ message: String, _ fields: @autoclosure () -> [String: String] = [:]) {
        write(.error, "error", message, fields)
    }

    private func write(_ lineLevel: Level, _ name: String, _ message: String, _ fields: () -> [String: String]) {
        guard lineLevel >= level else { return }
        var line = "{\"time\":\"\(Timestamp.now())\",\"level\":\"\(name)\",\"label\":"
        appendQuoted(label, to: &line)
        line += ",\"message\":"
        appendQuoted(message, to: &line)
        if let id = Self.requestID {
            line += ",\"requestId\":"
            appendQuoted(id, to: &line)
        }
        if let context = Span.current?.context {
            line += ",\"traceId\":\"\(context.traceIDText)\",\"spanId\":\"\(context.spanIDText)\""
        }
        for (key, value) in fields().sorted(by: { $0.key < $1.key }) {
            line += ","
            appendQuoted(key, to: &line)
            line += ":"
            appendQuoted(value, to: &line)
        }
        line += "}\n"
        writeAll(line, to: STDERR_FILENO)
    }
}

/// Writes the whole text to a descriptor in as few calls as the system allows; gives up on an error,
/// since there is nowhere left to report it.
public func writeAll(_ text: String, to descriptor: Int32) { writeAll(Array(text.utf8), to: descriptor) }

/// Writes all bytes to a descriptor, as `writeAll(_:to:)` does with text.
public func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        sent += count
    }
}

private func appendQuoted(_ text: String, to line: inout String) {
    line += "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": line += "\\\""
        case "\\": line += "\\\\"
        case "\n": line += "\\n"
        case "\t": line += "\\t"
        default:
            if scalar.value < 32 {
                line += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }
    line += "\""
}
