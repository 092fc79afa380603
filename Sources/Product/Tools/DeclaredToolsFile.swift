import HTTPClient
import HTTPMessages
import JSONCoding
import Models
import ProgramSupport
import Settings
import TextSearch

/// The operator's file of HTTP tools, `APUS_TOOLS`.
enum DeclaredToolsFile {
    private static let variable = "APUS_TOOLS"
    private static let maximumBytes = 1 << 20
    private static let maximumTools = 64

    /// The tools that the file declares; what is wrong with it is noted as a problem of the settings.
    static func read(_ settings: inout SettingsReader, client: HTTPSession) -> [DeclaredTool] {
        guard let path = settings.optional(variable) else { return [] }
        guard let bytes = SmallFile.read(path, atMost: maximumBytes) else {
            settings.add(variable, "names a file that cannot be read, or one of more than 1 MiB")
            return []
        }
        guard let json = try? JSONParser.parse(bytes), let list = json["tools"]?.array, list.count <= maximumTools
        else {
            settings.add(variable, "has to hold one JSON object with \"tools\", a list of at most \(maximumTools)")
            return []
        }
        var tools: [DeclaredTool] = []
        for (index, entry) in list.enumerated() {
            do {
                tools.append(try tool(entry, &settings, client))
            } catch let error as InvalidFields {
                for problem in error.problems {
                    settings.add(variable, "tools[\(index)].\(problem.field): \(problem.detail)")
                }
            } catch {
                settings.add(variable, "tools[\(index)] cannot be read")
            }
        }
        return tools
    }

    private static func tool(
        _ json: JSONValue, _ settings: inout SettingsReader, _ client: HTTPSession
    ) throws -> DeclaredTool {
        var reader = try FieldReader(
            json, allowed: ["name", "description", "parameters", "method", "url", "headers", "confirmed"])
        let name = reader.requiredString("name", length: 1...64)
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
        }
        if !isPlain { reader.add("name", "Must have letters, digits, - and _ only; models accept no others.") }
        let description = reader.requiredString("description", length: 1...4000)
        let methodName = reader.string("method", length: 3...6) ?? "GET"
        let methods: [HTTPMethod] = [.get, .post, .put, .patch, .delete]
        let method = methods.first { $0.rawValue == methodName }
        if method == nil { reader.add("method", "Must be GET, POST, PUT, PATCH or DELETE.") }
        let url = reader.requiredString("url", length: 8...2000)
        // An argument must not decide where the operator's secrets go.
        var template: URLTemplate?
        do { template = try URLTemplate(url) } catch { if !url.isEmpty { reader.add("url", error.description) } }
        let confirmed = reader.string("confirmed", length: 1...20)
        if let confirmed, confirmed != "always" { reader.add("confirmed", "Must be always, or left out.") }
        let parameters = json["parameters"] ?? ["type": "object", "properties": [:]]
        if parameters["type"]?.string != "object" {
            reader.add("parameters", "Must be a JSON Schema of type object.")
        }
        var fields = HTTPFields()
        for (field, value) in json["headers"]?.object?.members ?? [] {
            guard let text = value.string, let filled = fill(text, settings) else {
                reader.add("headers.\(field)", "Must be a text whose ${NAME} are settings that are set.")
                continue
            }
            fields[field] = filled
        }
        try reader.finish()
        guard let template else { throw InvalidFields(field: "url", detail: "Required.") }
        return DeclaredTool(
            specification: ToolSpecification(name: name, description: description, parameters: parameters),
            method: method ?? .get, url: template, fields: fields, client: client,
            isAlwaysConfirmed: confirmed != nil)
    }

    /// Puts settings in the place of `${NAME}`; `nil` when one is not set or the text would break out of its line.
    private static func fill(_ text: String, _ settings: SettingsReader) -> String? {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}"),
                let value = settings.optional(String(rest[start.upperBound..<end]))
            else { return nil }
            result += rest[..<start.lowerBound] + value
            rest = rest[rest.index(after: end)...]
        }
        result += rest
        return result.utf8.contains { $0 < 32 } ? nil : result
    }
}
