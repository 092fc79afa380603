/// A regular expression in the syntax of Rust's `regex` crate, searched in time linear in the text.
///
/// It is a Thompson automaton run in lockstep (R. Cox, "Regular Expression Matching: the Virtual Machine Approach",
/// 2009): there is no backtracking, so no pattern takes exponential time. Unicode is always on: `\d`, `\w`, `\b` and
/// `(?i)` follow UTS #18 as the crate does. There are no groups to extract, only whether the text matches.
public struct LinearPattern: Sendable {
    /// The pattern as written.
    public let pattern: String
    private let program: RegexProgram

    /// Instructions a compiled pattern may have; counted repetitions multiply.
    public static let maximumInstructions = 20_000
    /// Bytes of UTF-8 that a pattern may have.
    public static let maximumLength = 64 << 10

    /// Compiles a pattern.
    ///
    /// - Throws: `LinearRegexError` for syntax that the crate refuses too, and for what would be too large.
    public init(_ pattern: String) throws(LinearRegexError) {
        guard pattern.utf8.count <= Self.maximumLength else {
            throw LinearRegexError("the pattern has more than \(Self.maximumLength) bytes")
        }
        var parser = RegexParser(pattern)
        let tree = try parser.parse()
        program = try RegexCompiler.compile(tree, parser.sets)
        self.pattern = pattern
    }

    /// Whether the pattern matches anywhere in the text.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the pattern matches anywhere in the UTF-8 text.
    public func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var machine = RegexMachine(program: program)
        return machine.run(text)
    }
}

extension LinearPattern: Equatable {
    public static func == (left: LinearPattern, right: LinearPattern) -> Bool { left.pattern == right.pattern }
}

/// Why a pattern is refused.
public struct LinearRegexError: Error, Sendable, CustomStringConvertible {
    /// Kinds that callers tell apart.
    public enum Kind: Sendable {
        /// The pattern is not well formed.
        case syntax
        /// The pattern could match a part of a UTF-8 character.
        case bytes
    }

    public let kind: Kind
    public let description: String

    init(_ description: String, kind: Kind = .syntax) {
        self.kind = kind
        self.description = description
    }
}
