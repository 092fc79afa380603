import FoundationEssentials
import JSONCoding

/// The `customHandler` section: how the handler is started and called.
struct CustomHandler: Sendable {
    enum Mode: Sendable { case envelope, forwarding, proxying }

    /// An HTTP function that needs no function.json.
    struct Route: Sendable {
        let route: String?
        let level: String?
    }

    var executable: String
    var workerPath: String?
    var arguments: [String]
    var workerArguments: [String]
    var workingDirectory: String
    var usesErrorStreamForErrorsOnly = true
    var mode = Mode.envelope
    /// Whether forwarded requests go to `/<FunctionName>`: the deprecated `httpWorker` section.
    var forwardsToFunctionName = false
    /// `nil` lets the system choose.
    var port: UInt16?
    var initializationTimeout = Duration.seconds(30)
    var routes: [Route] = []
    var defaultLevel = "function"
    /// What the developer should know though it is no error.
    var warnings: [String] = []

    /// Reads the section; `nil` when the file has none.
    init?(_ file: ConfigurationSection, root: String, environment: [String: String]) throws {
        let current = file.section("customHandler")
        let isOld = !current.exists
        let section = isOld ? file.section("httpWorker") : current
        guard section.exists else { return nil }
        let description = section.section("description")
        guard description.exists else { throw HostError("\(description.place) is missing; it says what to start.") }
        guard let given = description.string("defaultExecutablePath"), !given.isEmpty else {
            throw HostError("\(description.place).defaultExecutablePath is missing; it names the handler's executable.")
        }
        func absolute(_ path: String?) -> String {
            guard let path, !path.isEmpty else { return root }
            return path.hasPrefix("/") ? path : root + "/" + path
        }
        let expanded = ArgumentLine.expandVariables(given, environment)
        let local = absolute(description.string("workerDirectory")) + "/" + expanded
        let isLocal = !expanded.hasPrefix("/") && FileManager.default.fileExists(atPath: local)
        executable = isLocal ? local : expanded
        workerPath = description.string("defaultWorkerPath").map { ArgumentLine.expandVariables($0, environment) }
        if workerPath?.isEmpty == true { workerPath = nil }
        arguments = try description.strings("arguments")
        workerArguments = try description.strings("workerArguments")
        workingDirectory = absolute(description.string("workingDirectory"))
        usesErrorStreamForErrorsOnly = try description.flag("useStdErrorStreamForErrorsOnly", default: true)
        if let time = try section.span("initializationTimeout") {
            guard time > .zero else { throw HostError("\(section.place).initializationTimeout must be above zero.") }
            initializationTimeout = time
        }
        if let type = section.string("type"), type.lowercased() != "http" {
            warnings.append("\(section.place).type is \(type); a custom handler is always called by http.")
        }
        if isOld {
            mode = .forwarding
            forwardsToFunctionName = true
            warnings.append("\(section.place) is deprecated; use customHandler.")
        } else {
            if try section.flag("enableForwardingHttpRequest", default: false) { mode = .forwarding }
            if try section.flag("enableProxyingHttpRequest", default: false) { mode = .proxying }
            try readHTTP(section)
        }
    }

    private mutating func readHTTP(_ section: ConfigurationSection) throws {
        if let text = section.string("port"), !text.isEmpty {
            guard let number = UInt16(text), number > 0 else {
                throw HostError("\(section.place).port must be a port from 1 to 65535, not \(text).")
            }
            port = number
        }
        let http = section.section("http")
        if let level = http.string("defaultAuthorizationLevel") {
            guard FunctionDefinition.AuthLevel(name: level) != nil else {
                throw HostError(
                    "\(http.place).defaultAuthorizationLevel must be anonymous, function or admin, not \(level).")
            }
            defaultLevel = level
        }
        routes = (http.value?.member("routes")?.array ?? []).map {
            Route(route: $0.member("route")?.string, level: $0.member("authorizationLevel")?.string)
        }
    }
}
