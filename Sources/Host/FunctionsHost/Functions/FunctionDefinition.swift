import HTTPMessages
import JSONCoding

/// One function of an app, read and checked (docs/reference/functions-custom-handlers.md, 2).
struct FunctionDefinition: Sendable {
    enum AuthLevel: Int, Sendable {
        case anonymous, function, admin

        init?(name: String) {
            switch name.lowercased() {
            case "anonymous": self = .anonymous
            case "function": self = .function
            case "admin": self = .admin
            default: return nil
            }
        }
    }

    enum Trigger: Sendable {
        case http(HTTPTrigger)
        case queue(name: String, connection: String)
        case timer(CronSchedule, runOnStartup: Bool, useMonitor: Bool)
        case blob(BlobPattern, connection: String)
    }

    struct HTTPTrigger: Sendable {
        /// As written; `nil` for all.
        let methods: [String]?
        let level: AuthLevel
        /// The route below the prefix, without outer slashes.
        let route: String
        /// Prefix and route.
        let template: RouteTemplate
        private let upper: Set<String>

        init(methods: [String]?, level: AuthLevel, route: String, prefix: String) throws {
            self.methods = methods
            self.level = level
            self.route = route
            template = try RouteTemplate([prefix, route].filter { !$0.isEmpty }.joined(separator: "/"))
            upper = Set((methods ?? []).map { $0.uppercased() })
        }

        func accepts(_ method: HTTPMethod) -> Bool {
            methods == nil || upper.contains(method.rawValue) || upper.contains(method.rawValue.uppercased())
        }
    }

    let name: String
    let trigger: Trigger
    /// The trigger's binding.
    let binding: BindingDefinition
    /// Every input but the trigger.
    let inputs: [BindingDefinition]
    let outputs: [BindingDefinition]
    let isDisabled: Bool
    let retry: RetryOptions?
    /// The function.json as it was read.
    let json: JSONValue

    /// Whether HTTP may be passed on as it is: exactly one trigger in and one `http` out.
    var isPlainHTTP: Bool {
        guard case .http = trigger else { return false }
        return inputs.isEmpty && outputs.count == 1 && outputs[0].type == "http"
    }

    /// The HTTP output, named or `$return`.
    var httpOutput: BindingDefinition? { outputs.first { $0.type == "http" } }

    /// What the function is called by, as the console shows it.
    var triggerName: String { binding.section.string("type") ?? binding.type }

    /// Reads a definition.
    ///
    /// - Throws: `HostError` that says which rule is broken.
    init(name: String, json: JSONValue, configuration: HostConfiguration, environment: [String: String]) throws {
        guard Self.isName(name) else {
            throw HostError(
                "the name is not valid; it must be a letter followed by up to 127 letters, digits, _ or -, and not host."
            )
        }
        self.name = name
        self.json = json
        let file = ConfigurationSection(place: "function.json:", value: json)
        guard let list = json.member("bindings")?.array, !list.isEmpty else {
            throw HostError("function.json has no bindings.")
        }
        let bindings = try list.enumerated().map { try BindingDefinition($1, number: $0) }
        let triggers = bindings.filter(\.isTrigger)
        guard let trigger = triggers.first, triggers.count == 1 else {
            throw HostError("function.json needs exactly one trigger; it has \(triggers.count).")
        }
        guard Set(bindings.map(\.name)).count == bindings.count else {
            throw HostError("function.json has two bindings of one name; names must be unique.")
        }
        binding = trigger
        inputs = bindings.filter { $0.direction == .in && !$0.isTrigger }
        outputs = bindings.filter { $0.direction == .out }
        if let output = outputs.first(where: { $0.type == "http" }), trigger.type != "httptrigger" {
            throw HostError("the output \(output.name) answers a request, but the trigger is no httpTrigger.")
        }
        isDisabled = Self.isDisabled(name, json, environment)
        retry = try RetryOptions(file.section("retry")) ?? configuration.retry
        self.trigger = try Self.trigger(trigger, name, configuration, environment)
        // What a binding needs is checked now rather than at the first call.
        for binding in inputs + outputs where binding.type != "http" { try DataBinding.check(binding, environment) }
    }

    private static func trigger(
        _ binding: BindingDefinition, _ name: String, _ configuration: HostConfiguration,
        _ environment: [String: String]
    ) throws -> Trigger {
        let connection = binding.section.string("connection").flatMap { $0.isEmpty ? nil : $0 } ?? Connections.standard
        switch binding.type {
        case "httptrigger":
            let route = (try binding.optional("route", environment) ?? name).trimmingSlashes
            guard !route.lowercased().hasPrefix("admin"), !route.lowercased().hasPrefix("runtime") else {
                throw HostError("the route \(route) is reserved: routes must not begin with admin or runtime.")
            }
            let text = binding.section.string("authLevel") ?? "function"
            guard let level = AuthLevel(name: text) else {
                throw HostError("authLevel must be anonymous, function or admin, not \(text).")
            }
            let methods = binding.section.section("methods").exists ? try binding.section.strings("methods") : nil
            return .http(
                try HTTPTrigger(methods: methods, level: level, route: route, prefix: configuration.http.routePrefix))
        case "queuetrigger":
            let queue = try binding.required("queueName", environment).lowercased()
            return .queue(name: queue, connection: connection)
        case "timertrigger":
            return .timer(
                try CronSchedule(try binding.required("schedule", environment)),
                runOnStartup: try binding.section.flag("runOnStartup", default: false),
                useMonitor: try binding.section.flag("useMonitor", default: true))
        default:
            let source = binding.section.string("source") ?? "LogsAndContainerScan"
            guard source.lowercased() == "logsandcontainerscan" else {
                throw HostError("the blob trigger's source \(source) is not supported by this host.")
            }
            return .blob(try BlobPattern(try binding.required("path", environment)), connection: connection)
        }
    }

    private static func isDisabled(_ name: String, _ json: JSONValue, _ environment: [String: String]) -> Bool {
        for setting in ["AzureWebJobs.\(name).Disabled", "AzureWebJobs_\(name)_Disabled"] {
            if let text = environment[setting] { return isTrue(text) }
        }
        switch json.member("disabled") {
        case .bool(let flag): return flag
        // Once a text named a setting.
        case .string(let setting): return isTrue(environment[setting] ?? setting)
        default: return false
        }
    }

    private static func isTrue(_ text: String) -> Bool { text == "1" || text.lowercased() == "true" }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (65...90).contains(first & 0xDF), first > 64, name.utf8.count <= 128,
            name.lowercased() != "host"
        else { return false }
        return name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
        }
    }
}
