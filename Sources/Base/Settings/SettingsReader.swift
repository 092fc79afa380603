public import Telemetry

/// A value that must not be shown: its description is masked.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The value itself; say why when you use it.
    public let value: String

    /// Hides a value.
    public init(_ value: String) { self.value = value }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
}

/// Reads settings from environment variables and collects every problem, so that all of them are reported in one
/// message at start.
public struct SettingsReader: Sendable {
    private let environment: [String: String]
    private var problems: [(name: String, detail: String)] = []

    /// Starts reading.
    public init(_ environment: [String: String]) {
        self.environment = environment
        for (name, value) in environment where value.hasPrefix("@Microsoft.KeyVault(") {
            problems.append(
                (
                    name,
                    "still holds a Key Vault reference, so the platform could not resolve it; check the reference and "
                        + "that the app's identity may read the secret"
                ))
        }
    }

    /// A text; empty counts as missing.
    public func optional(_ name: String) -> String? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        return value
    }

    /// A text that must be set.
    public mutating func required(_ name: String, _ meaning: String) -> String {
        guard let value = optional(name) else {
            problems.append((name, "is not set; it has to be \(meaning)"))
            return ""
        }
        return value
    }

    /// Names of the variables that are set and begin so, in the order of the alphabet.
    public func names(beginningWith prefix: String) -> [String] {
        environment.filter { $0.key.hasPrefix(prefix) && !$0.value.isEmpty }.keys.sorted()
    }

    /// A secret, if set.
    public func secret(_ name: String) -> Secret? { optional(name).map { Secret($0) } }

    /// The base of an http or https URL without its final slash; required when there is no default.
    public mutating func url(_ name: String, default standard: String? = nil) -> String {
        guard let value = optional(name) ?? standard else {
            problems.append((name, "is not set; it has to be a URL such as http://127.0.0.1:8000"))
            return ""
        }
        guard value.hasPrefix("http://") || value.hasPrefix("https://") else {
            problems.append((name, "is not a URL that begins with http:// or https://"))
            return ""
        }
        return value.hasSuffix("/") ? String(value.dropLast()) : value
    }

    /// A whole number within bounds.
    public mutating func int(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = optional(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            problems.append((name, "is not a whole number from \(range.lowerBound) to \(range.upperBound)"))
            return standard
        }
        return value
    }

    /// `APUS_LOG`.
    public mutating func logLevel() -> Log.Level {
        guard let level = Log.Level(name: optional("APUS_LOG") ?? "") else {
            problems.append(("APUS_LOG", "is none of debug, info, warning, error"))
            return .info
        }
        return level
    }

    /// Notes a problem that the caller found.
    public mutating func add(_ name: String, _ detail: String) { problems.append((name, detail)) }

    /// Ends reading.
    ///
    /// - Throws: `SettingsError` with every problem.
    public func finish() throws(SettingsError) {
        guard problems.isEmpty else { throw SettingsError(problems: problems.map { "\($0.name) \($0.detail)" }) }
    }
}

/// Everything that is wrong with the settings.
public struct SettingsError: Error, CustomStringConvertible {
    /// One sentence for each variable, names first.
    public let problems: [String]

    /// Reports problems.
    public init(problems: [String]) { self.problems = problems }

    public var description: String { "The settings are not usable:\n" + problems.map { "  * \($0)\n" }.joined() }
}
