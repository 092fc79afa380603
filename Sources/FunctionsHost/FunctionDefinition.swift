import FoundationEssentials
import HTTPMessages
import JSONCoding

/// One function of an app, out of its function.json.
struct FunctionDefinition: Sendable {
    enum Trigger: Sendable {
        case http(methods: [String], route: RouteTemplate)
        case queue(name: String, connection: String)
        case timer(CronSchedule, runOnStartup: Bool)
    }

    let name: String
    /// Name of the trigger's binding.
    let binding: String
    let trigger: Trigger
    /// Whether HTTP may be passed on as it is: exactly one trigger in and one `http` out.
    let isPlainHTTP: Bool

    /// Reads every function of an app in the host's order, by name without regard to case. A fault is reported for
    /// its function, and the others run.
    static func all(in root: String, prefix: String, environment: [String: String], report: (String) -> Void)
        -> [FunctionDefinition]
    {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted { $0.lowercased() < $1.lowercased() }.compactMap { name in
            guard let bytes = FileManager.default.contents(atPath: "\(root)/\(name)/function.json") else { return nil }
            do {
                let json = try JSONParser.parse(Array(bytes), lenient: true)
                if json.member("disabled")?.bool == true { return nil }
                return try FunctionDefinition(name: name, json: json, prefix: prefix, environment: environment)
            } catch {
                report("function \(name) is left out: \(error)")
                return nil
            }
        }
    }

    init(name: String, json: JSONValue, prefix: String, environment: [String: String]) throws {
        guard Self.isName(name) else {
            throw HostError("a function's name begins with a letter and has letters, digits, - and _.")
        }
        let bindings = json.member("bindings")?.array ?? []
        let triggers = bindings.filter { $0.member("type")?.string?.lowercased().hasSuffix("trigger") ?? false }
        guard triggers.count == 1, let trigger = triggers.first else {
            throw HostError("function.json needs exactly one trigger, it has \(triggers.count).")
        }
        guard let binding = trigger.member("name")?.string, !binding.isEmpty else {
            throw HostError("the trigger has no name.")
        }
        self.name = name
        self.binding = binding
        isPlainHTTP = bindings.count == 2 && bindings.contains { $0.member("type")?.string?.lowercased() == "http" }
        func setting(_ key: String) -> String? {
            trigger.member(key)?.string.map { HostConfiguration.expanded($0, environment) }
        }
        switch trigger.member("type")?.string?.lowercased() {
        case "httptrigger":
            let route = (setting("route") ?? name).trimmingSlashes
            let first = route.lowercased()
            guard !first.hasPrefix("admin"), !first.hasPrefix("runtime") else {
                throw HostError("routes that begin with admin or runtime are the host's own.")
            }
            let full = [prefix.trimmingSlashes, route].filter { !$0.isEmpty }.joined(separator: "/")
            let methods = (trigger.member("methods")?.array ?? []).compactMap(\.string).map { $0.uppercased() }
            self.trigger = .http(methods: methods, route: try RouteTemplate(full))
        case "queuetrigger":
            guard let queue = setting("queueName"), !queue.isEmpty else {
                throw HostError("the queue trigger has no queueName.")
            }
            self.trigger = .queue(
                name: queue, connection: trigger.member("connection")?.string ?? "AzureWebJobsStorage")
        case "timertrigger":
            guard let text = setting("schedule") else { throw HostError("the timer trigger has no schedule.") }
            self.trigger = .timer(try CronSchedule(text), runOnStartup: trigger.member("runOnStartup")?.bool ?? false)
        case let type: throw HostError("the trigger type \(type ?? "") is not supported by this host.")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (65...90).contains(first & 0xDF), name.utf8.count <= 128 else {
            return false
        }
        return name.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0 & 0xDF) || $0 == 45 || $0 == 95 }
    }

    /// Whether the function takes a method.
    func accepts(_ method: HTTPMethod) -> Bool {
        guard case .http(let methods, _) = trigger else { return false }
        return methods.isEmpty || methods.contains(method.rawValue.uppercased())
    }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var text = self[...]
        while text.hasPrefix("/") { text = text.dropFirst() }
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
