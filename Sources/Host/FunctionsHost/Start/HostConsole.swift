import Dispatch
import Glibc
import JSONCoding
import Synchronization
import Telemetry

/// What the host prints: aligned, coloured lines for people, or JSON lines for programs.
///
/// Lines are gathered and written by a queue of its own, so that a terminal that does not keep up holds nothing else
/// up; what it cannot take in time is dropped and counted.
public final class HostConsole: Sendable {
    /// How lines look.
    public enum Format: Sendable { case plain, coloured, json }

    /// Levels as host.json names them.
    enum Level: Int, Comparable, Sendable {
        case trace, debug, information, warning, error, none

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        init?(name: String) {
            switch name.lowercased() {
            case "trace": self = .trace
            case "debug": self = .debug
            case "information": self = .information
            case "warning": self = .warning
            case "error", "critical": self = .error
            case "none": self = .none
            default: return nil
            }
        }

        var word: String {
            switch self {
            case .trace, .debug: "debug"
            case .information, .none: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }
    }

    private static let limit = 4 << 20
    /// Lines of this long are written at once: under load a thread that is woken for each would cost more than they do.
    private static let gathering = DispatchTimeInterval.milliseconds(10)

    private struct State {
        var pending: [UInt8] = []
        var clock = ConsoleClock()
        var isWriting = false
        var dropped = 0
        var width = 8
    }

    private let format: Format
    private let minimum: Level
    private let queue = DispatchQueue(label: "apus.console")
    private let state = Mutex(State())

    /// A console.
    ///
    /// - Parameter isVerbose: Shows what is of use to somebody who looks into how it works.
    public init(_ format: Format, isVerbose: Bool) {
        self.format = format
        minimum = isVerbose ? .debug : .information
    }

    /// Makes room for the longest of the names.
    func align(_ names: [String]) {
        let longest = min(28, names.map(\.count).max() ?? 0)
        state.withLock { $0.width = max($0.width, longest) }
    }

    /// Whether lines of a level are shown at all.
    func shows(_ level: Level) -> Bool { level >= minimum }

    /// Writes a line.
    ///
    /// - Parameter source: The function, `handler` or `host`.
    func line(_ level: Level, _ source: String, _ message: String, _ fields: [(String, String)] = []) {
        guard shows(level) else { return }
        append { state in
            if format == .json {
                Self.json(level, source, message, fields, to: &state.pending)
            } else {
                text(level, source, message, fields, &state)
            }
        }
    }

    /// Writes a line that a handler has written, as it is where programs read along.
    func output(_ level: Level, _ line: String) {
        guard format != .json else { return append { $0.pending += (line + "\n").utf8 } }
        guard let entry = line.hasPrefix("{") ? try? JSONParser.parse(line) : nil,
            let message = entry["message"]?.string
        else { return self.line(level, "handler", line) }
        let known = ["time", "level", "label", "message"]
        let own = entry["level"]?.string.flatMap { Level(name: $0 == "info" ? "information" : $0) }
        self.line(
            own ?? level, "handler", message,
            (entry.object?.members ?? []).filter { !known.contains($0.name) }.map {
                ($0.name, $0.value.string ?? $0.value.text)
            })
    }

    /// Writes text as it is, not as a line of the log: the table of functions.
    public func plain(_ text: String) {
        if format == .json { writeAll(text, to: STDOUT_FILENO) } else { append { $0.pending += text.utf8 } }
    }

    /// A text in a colour where there are colours.
    func coloured(_ text: String, _ code: Int) -> String {
        format == .coloured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Returns when everything has been written.
    public func flush() { queue.sync { drain() } }

    private func append(_ add: (inout State) -> Void) {
        let starts = state.withLock { state in
            guard state.pending.count < Self.limit else {
                state.dropped += 1
                return false
            }
            add(&state)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if starts { queue.asyncAfter(deadline: .now() + Self.gathering) { self.drain() } }
    }

    private func drain() {
        let bytes = state.withLock { state in
            var bytes: [UInt8] = []
            swap(&bytes, &state.pending)
            if state.dropped > 0 { bytes += "(\(state.dropped) lines were dropped)\n".utf8 }
            state.dropped = 0
            state.isWriting = false
            return bytes
        }
        // JSON lines go where our other programs' logs go.
        writeAll(bytes, to: format == .json ? STDERR_FILENO : STDOUT_FILENO)
    }

    private static func json(
        _ level: Level, _ source: String, _ message: String, _ fields: [(String, String)], to bytes: inout [UInt8]
    ) {
        var object: JSONObject = [
            "time": .string(Timestamp.now()), "level": .string(level.word), "label": "functions-host",
            "message": .string(message),
        ]
        if source != "host" { object["function"] = .string(source) }
        for (name, value) in fields { object[name] = .string(value) }
        JSONValue.object(object).write(to: &bytes)
        bytes.append(10)
    }

    /// Two of these are written for each call of a function, so they are put together byte by byte.
    private func text(
        _ level: Level, _ source: String, _ message: String, _ fields: [(String, String)], _ state: inout State
    ) {
        let isColoured = format == .coloured
        func colour(_ code: StaticString) {
            if isColoured { "\u{1B}[\(code)m".utf8.forEach { state.pending.append($0) } }
        }
        colour("90")
        state.clock.append(to: &state.pending)
        colour("0")
        state.pending += "  ".utf8
        if isColoured { state.pending += (source == "host" ? "\u{1B}[35m" : "\u{1B}[36m").utf8 }
        state.pending += source.utf8
        colour("0")
        for _ in source.utf8.count..<max(source.utf8.count, state.width) { state.pending.append(32) }
        state.pending += "  ".utf8
        if level == .error { colour("31") }
        if level == .warning { colour("33") }
        if level == .error { state.pending += "ERROR ".utf8 }
        if level == .warning { state.pending += "WARNING ".utf8 }
        state.pending += message.utf8
        for (name, value) in fields {
            state.pending += "  ".utf8
            state.pending += name.utf8
            state.pending.append(61)
            state.pending += value.utf8
        }
        if level >= .warning { colour("0") }
        state.pending.append(10)
    }
}

/// The time of day as `hh:mm:ss.mmm`; what does not change within a second is kept.
struct ConsoleClock {
    private var second = 0
    private var digits: [UInt8] = []

    mutating func append(to bytes: inout [UInt8]) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        if now.tv_sec != second {
            second = now.tv_sec
            digits = Array(Timestamp.format(milliseconds: Int64(second) * 1000).utf8.dropFirst(11).prefix(9))
        }
        bytes += digits
        let milliseconds = now.tv_nsec / 1_000_000
        for divisor in [100, 10, 1] { bytes.append(48 + UInt8(truncatingIfNeeded: milliseconds / divisor % 10)) }
    }
}
