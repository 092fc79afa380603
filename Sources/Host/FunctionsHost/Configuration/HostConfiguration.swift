import FoundationEssentials
import JSONCoding

/// What an app's host.json says, read and checked.
struct HostConfiguration: Sendable {
    let root: String
    /// `nil` when the app has no handler; it can then have no functions either.
    let handler: CustomHandler?
    let http: HTTPOptions
    let queues: QueueOptions
    let retry: RetryOptions?
    /// `nil` for none.
    let functionTimeout: Duration?
    /// Lower-case names of the functions to run; `nil` for all.
    let allowedFunctions: Set<String>?
    let watchedDirectories: [String]
    let watchedFiles: [String]
    /// Lowest level by category, lower-case names.
    let logLevels: [String: String]
    /// Whether the functions are `customHandler.http.routes` instead of folders.
    let usesRoutes: Bool

    /// Reads `<root>/host.json` with the environment's overrides.
    ///
    /// - Throws: `HostError` that says what is wrong and where.
    init(root: String, environment: [String: String]) throws {
        self.root = root
        let file = try HostFile.read(root: root, environment: environment)
        handler = try CustomHandler(file, root: root, environment: environment)
        usesRoutes = !(handler?.routes.isEmpty ?? true)
        let extensions = file.section("extensions")
        http = try HTTPOptions(extensions.section("http"))
        queues = try QueueOptions(
            extensions.section("queues"), processors: ProcessInfo.processInfo.activeProcessorCount,
            isDevelopment: (environment["AZURE_FUNCTIONS_ENVIRONMENT"] ?? "Development") == "Development")
        retry = try RetryOptions(file.section("retry"))
        functionTimeout = try Self.functionTimeout(file)
        let names = try file.strings("functions")
        allowedFunctions = file.section("functions").exists ? Set(names.map { $0.lowercased() }) : nil
        watchedDirectories = try file.strings("watchDirectories")
        watchedFiles = try file.strings("watchFiles")
        let levels = file.section("logging").section("logLevel")
        logLevels = Dictionary(
            (levels.value?.object?.names ?? []).compactMap { name in
                levels.string(name).map { (name.lowercased(), $0.lowercased()) }
            }
        ) { $1 }
    }

    private static func functionTimeout(_ file: ConfigurationSection) throws -> Duration? {
        guard let text = file.string("functionTimeout"), !text.isEmpty else { return .seconds(1800) }
        if text == "-1" { return nil }
        guard let span = try file.span("functionTimeout"), span >= .seconds(1) else {
            throw HostError("\(file.section("functionTimeout").place) must be at least 00:00:01, or -1 for none.")
        }
        return span
    }
}
