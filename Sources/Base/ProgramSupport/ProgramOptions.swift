import Glibc
import Telemetry

/// The command line of one of our programs: `--name value`, `--name=value`, flags and words.
public struct ProgramOptions: Sendable {
    /// One option.
    public struct Option: Sendable {
        let name: String
        let placeholder: String?
        let help: String

        /// An option with a value, or a flag when `placeholder` is `nil`.
        public init(_ name: String, _ placeholder: String? = nil, _ help: String) {
            self.name = name
            self.placeholder = placeholder
            self.help = help
        }
    }

    private var values: [(name: String, value: String)] = []
    /// Arguments that are no options, in order.
    public private(set) var words: [String] = []

    /// Reads the arguments. `--help` and `--version` are answered here and end the program; a mistake ends it
    /// with a message and code 64 (`EX_USAGE`).
    public init(program: String, usage: String, summary: String, options: [Option], arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                words.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if name == "help" { Self.leave(Self.help(program, usage, summary, options), code: 0) }
            if name == "version" { Self.leave("\(program) \(Product.version)\n", code: 0) }
            guard let option = options.first(where: { $0.name == name }) else {
                Self.fail(program, "unknown option --\(name)")
            }
            if option.placeholder == nil {
                guard parts.count == 1 else { Self.fail(program, "--\(name) takes no value") }
                values.append((name, ""))
            } else if parts.count == 2 {
                values.append((name, String(parts[1])))
            } else if let value = rest.popFirst() {
                values.append((name, value))
            } else {
                Self.fail(program, "--\(name) needs a value")
            }
        }
        self.program = program
    }

    private let program: String

    /// The last value given for an option.
    public func value(_ name: String) -> String? { values.last { $0.name == name }?.value }

    /// Every value given for an option.
    public func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

    /// Whether a flag was given.
    public func flag(_ name: String) -> Bool { value(name) != nil }

    /// A port number; ends the program when it is none.
    public func port(_ name: String, default standard: UInt16) -> UInt16 {
        guard let text = value(name) else { return standard }
        guard let port = UInt16(text) else {
            Self.fail(program, "--\(name) must be a port from 0 to 65535, not \(text)")
        }
        return port
    }

    /// A whole number within bounds; ends the program when it is none.
    public func number(_ name: String, default standard: Int, in bounds: ClosedRange<Int>) -> Int {
        guard let text = value(name) else { return standard }
        guard let number = Int(text), bounds.contains(number) else {
            Self.fail(
                program, "--\(name) must be a number from \(bounds.lowerBound) to \(bounds.upperBound), not \(text)")
        }
        return number
    }

    /// Ends the program with a message about its use.
    public func fail(_ message: String) -> Never { Self.fail(program, message) }

    private static func fail(_ program: String, _ message: String) -> Never {
        writeAll("\(program): \(message)\nTry '\(program) --help'.\n", to: STDERR_FILENO)
        exit(64)
    }

    private static func leave(_ text: String, code: Int32) -> Never {
        writeAll(text, to: STDOUT_FILENO)
        exit(code)
    }

    private static func help(_ program: String, _ usage: String, _ summary: String, _ options: [Option]) -> String {
        var text = "\(summary)\n\nUsage: \(program) \(usage)\n\nOptions:\n"
        let all = options + [Option("help", nil, "Show this text."), Option("version", nil, "Show the version.")]
        let left = all.map { "  --\($0.name)\($0.placeholder.map { " " + $0 } ?? "")" }
        let width = (left.map(\.count).max() ?? 0) + 2
        for (option, start) in zip(all, left) {
            text += start + String(repeating: " ", count: width - start.count) + option.help + "\n"
        }
        return text
    }
}
