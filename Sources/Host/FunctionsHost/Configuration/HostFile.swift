import FoundationEssentials
import JSONCoding

/// An app's host.json with the environment's overrides in it
/// (docs/reference/functions-custom-handlers.md, 1; `HostJsonFileConfigurationSource` of the host).
enum HostFile {
    /// Prefix of the variables that override the file.
    private static let prefix = "azurefunctionsjobhost"
    /// Names behind the prefix that a variable may have.
    private static let deepest = 64

    /// Reads `<root>/host.json`; a file that is missing is written with what it would say.
    ///
    /// - Throws: `HostError` that names the file and what is wrong with it.
    static func read(root: String, environment: [String: String]) throws -> ConfigurationSection {
        let path = root + "/host.json"
        let place = "\(path):"
        var json = try content(path)
        switch json.member("version") {
        case nil where json.object?.isEmpty == true: json = json.setting(["version"], to: "2.0")
        case nil: throw HostError("\(place) the required property version is missing; add \"version\": \"2.0\".")
        case "2.0": break
        case let version?:
            throw HostError("\(place) version is \(version.string ?? version.text); the host knows \"2.0\" only.")
        }
        let overrides = overrides(environment)
        let profile =
            overrides.last { $0.path == ["configurationprofile"] }?.value ?? json.member("configurationProfile")?.string
        if let preset = try HostProfile.preset(profile ?? "", place: place) { json = preset.merging(json) }
        for (path, text) in overrides {
            guard path.count <= deepest else {
                throw HostError("a variable \(prefix)__\(path[0])__… has more than \(deepest) names.")
            }
            // The two lists of arguments may be given whole, as JSON in text form.
            let isList = ["arguments", "workerarguments"].contains(path.last ?? "")
            let list = isList && text.hasPrefix("[") ? try? JSONParser.parse(text, lenient: true) : nil
            json = json.setting(path[...], to: list ?? .string(text))
        }
        return ConfigurationSection(place: place, value: json)
    }

    private static func content(_ path: String) throws -> JSONValue {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            guard !FileManager.default.fileExists(atPath: path) else { throw HostError("\(path) cannot be read.") }
            let standard: JSONValue = [
                "version": "2.0",
                "extensionBundle": ["id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"],
            ]
            // A root that cannot be written to is no reason not to start.
            try? Data(standard.encoded).write(to: URL(fileURLWithPath: path))
            return standard
        }
        let json: JSONValue
        do {
            json = try JSONParser.parse(Array(bytes), lenient: true)
        } catch {
            throw HostError("\(path) is not valid JSON: \(error).")
        }
        guard json.object != nil else { throw HostError("\(path) must hold a JSON object.") }
        return json
    }

    private static func overrides(_ environment: [String: String]) -> [(path: [String], value: String)] {
        environment.compactMap { name, value in
            let parts = name.lowercased().replacing("__", with: ":").split(separator: ":").map(String.init)
            guard parts.count > 1, parts[0] == prefix else { return nil }
            return (Array(parts.dropFirst()), value)
        }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }
}
