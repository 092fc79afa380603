import FoundationEssentials
import JSONCoding

/// The functions of an app in the host's order, and what is wrong with those that are left out.
struct FunctionCatalog: Sendable {
    /// By name without regard to case; the order in which routes are tried.
    private(set) var functions: [FunctionDefinition] = []
    /// Faults by function.
    private(set) var errors: [(name: String, detail: String)] = []

    /// Reads every function of an app.
    ///
    /// - Throws: `HostError` for what concerns the app as a whole.
    init(_ configuration: HostConfiguration, environment: [String: String]) throws {
        let files = Self.names(in: configuration.root)
        if configuration.usesRoutes {
            guard files.isEmpty else {
                throw HostError(
                    "customHandler.http.routes and function.json files exclude each other; remove the routes, or these: \(files.joined(separator: ", "))."
                )
            }
            guard environment["FUNCTIONS_WORKER_RUNTIME"].map({ $0.lowercased() == "custom" }) ?? true else {
                throw HostError("customHandler.http.routes needs the setting FUNCTIONS_WORKER_RUNTIME to be custom.")
            }
            addRoutes(configuration, environment)
            return
        }
        for name in files {
            if let allowed = configuration.allowedFunctions, !allowed.contains(name.lowercased()) { continue }
            let path = "\(configuration.root)/\(name)/function.json"
            do {
                guard let bytes = FileManager.default.contents(atPath: path) else {
                    throw HostError("function.json cannot be read.")
                }
                let json: JSONValue
                do {
                    json = try JSONParser.parse(Array(bytes), lenient: true)
                } catch {
                    throw HostError("function.json is not valid JSON: \(error).")
                }
                if let script = json.member("scriptFile")?.string,
                    !FileManager.default.fileExists(atPath: "\(configuration.root)/\(name)/\(script)")
                {
                    throw HostError("the scriptFile \(script) does not exist.")
                }
                add(
                    try FunctionDefinition(
                        name: name, json: json, configuration: configuration, environment: environment))
            } catch {
                errors.append((name, String(describing: error)))
            }
        }
    }

    /// The function of that name, without regard to case.
    func function(_ name: String) -> FunctionDefinition? {
        functions.first { $0.name.lowercased() == name.lowercased() }
    }

    private mutating func add(_ function: FunctionDefinition) {
        if let other = functions.first(where: { $0.name.lowercased() == function.name.lowercased() }) {
            errors.append((function.name, "its name differs from \(other.name) by case only."))
        } else if let other = functions.first(where: { Self.conflicts($0, function) }) {
            errors.append((function.name, "its route conflicts with the route of the function \(other.name)."))
        } else {
            functions.append(function)
        }
    }

    private static func conflicts(_ left: FunctionDefinition, _ right: FunctionDefinition) -> Bool {
        guard case .http(let one) = left.trigger, case .http(let two) = right.trigger,
            one.route.lowercased() == two.route.lowercased()
        else { return false }
        guard let some = one.methods, let others = two.methods, !some.isEmpty, !others.isEmpty else { return true }
        return !Set(some).isDisjoint(with: others)
    }

    /// The folders of a root that hold a function.json, in the host's order.
    static func names(in root: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/function.json") }
            .sorted { ($0.lowercased(), $0) < ($1.lowercased(), $1) }
    }

    private mutating func addRoutes(_ configuration: HostConfiguration, _ environment: [String: String]) {
        guard let handler = configuration.handler else { return }
        let methods: [JSONValue] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"]
        for (index, entry) in handler.routes.enumerated() {
            // A bad route keeps its number, so that the others' names do not change with it.
            let name = "http-handler\(index + 1)"
            do {
                guard let route = entry.route, route.contains(where: { !$0.isWhitespace }) else {
                    throw HostError("the route is empty.")
                }
                let json: JSONValue = [
                    "bindings": [
                        [
                            "type": "httpTrigger", "direction": "in", "name": "req", "route": .string(route),
                            "authLevel": .string(entry.level ?? handler.defaultLevel), "methods": .array(methods),
                        ],
                        ["type": "http", "direction": "out", "name": "res"],
                    ]
                ]
                add(
                    try FunctionDefinition(
                        name: name, json: json, configuration: configuration, environment: environment))
            } catch {
                errors.append((name, String(describing: error)))
            }
        }
    }
}
