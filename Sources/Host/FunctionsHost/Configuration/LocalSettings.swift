import FoundationEssentials
import JSONCoding

/// local.settings.json: what Azure keeps in an app's settings, for a developer's machine
/// (docs/reference/functions-custom-handlers.md, 8.1).
struct LocalSettings: Sendable {
    var port: UInt16?
    var address: String?
    /// Origins that browsers may call from; `["*"]` for all.
    var corsOrigins: [String] = []
    var corsCredentials = false
    /// The environment of host and handler, the file's values included.
    var environment: [String: String]
    var warnings: [String] = []

    /// Reads `<root>/local.settings.json`, if there is one.
    ///
    /// - Throws: `HostError` that names the place.
    init(root: String, environment: [String: String]) throws {
        self.environment = environment
        let path = root + "/local.settings.json"
        guard let bytes = FileManager.default.contents(atPath: path) else { return }
        let json: JSONValue
        do {
            json = try JSONParser.parse(Array(bytes), lenient: true)
        } catch {
            throw HostError("\(path) is not valid JSON: \(error).")
        }
        let file = ConfigurationSection(place: "\(path):", value: json)
        if json.member("IsEncrypted") == nil {
            warnings.append("\(path) does not say IsEncrypted: false; its values are taken as plain text.")
        } else if try file.flag("IsEncrypted", default: false) {
            throw HostError(
                "\(path) is encrypted, which only the program that wrote it can undo; set IsEncrypted to false.")
        }
        add(json.member("Values"), place: "\(path): Values")
        for (name, value) in json.member("ConnectionStrings")?.object?.members ?? [] {
            let text = value.string ?? value.member("ConnectionString")?.string
            set("ConnectionStrings:\(name)", text, place: "\(path): ConnectionStrings.\(name)")
        }
        let host = file.section("Host")
        if let number = try host.int("LocalHttpPort", in: 0...65_535) { port = UInt16(clamping: number) }
        address = host.string("LocalHttpAddress")
        corsOrigins = Self.origins(host.string("CORS") ?? "")
        corsCredentials = try host.flag("CORSCredentials", default: false)
    }

    /// The origins of a list separated by commas.
    static func origins(_ text: String) -> [String] {
        text.split(separator: ",").map { origin in
            var trimmed = String(origin.filter { $0 != " " })
            while trimmed.hasSuffix("/") { trimmed.removeLast() }
            return trimmed
        }
    }

    private mutating func add(_ values: JSONValue?, place: String) {
        for (name, value) in values?.object?.members ?? [] {
            let section = ConfigurationSection(place: place, value: values)
            set(name, value.object == nil && value.array == nil ? section.string(name) : nil, place: "\(place).\(name)")
        }
    }

    private mutating func set(_ name: String, _ text: String?, place: String) {
        guard let text else {
            warnings.append("\(place) is not a text and is skipped; values cannot be nested.")
            return
        }
        guard environment[name] == nil else {
            warnings.append("\(place) is skipped: the environment has the variable already.")
            return
        }
        environment[name] = text
    }
}
