import Digests
import JSONCoding
import Telemetry

/// Substitution in binding values (docs/reference/functions-custom-handlers.md, 2.4): `%setting%` when a function is
/// read, `{expression}` for each invocation.
enum BindingExpression {
    /// Replaces each `%name%` by the setting.
    ///
    /// - Throws: `HostError` when a setting is unknown or a percent sign has no partner.
    static func resolveSettings(_ text: String, _ environment: [String: String], place: String) throws -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false).map(String.init)
        guard parts.count % 2 == 1 else {
            throw HostError("\(place): \(text) has a percent sign without a partner; settings are written %name%.")
        }
        return try parts.enumerated().map { index, part in
            guard index % 2 == 1 else { return part }
            guard let value = environment[part] else {
                throw HostError("\(place): %\(part)% does not resolve; there is no setting \(part).")
            }
            return value
        }.joined()
    }

    /// Replaces each `{expression}` by what the trigger says.
    ///
    /// - Throws: `HostError` when there is no such value.
    static func resolve(_ text: String, _ metadata: JSONObject) throws -> String {
        guard text.contains("{") else { return text }
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw HostError("the binding value \(text) has a brace without a partner.")
            }
            result += rest[..<open]
            result += try value(String(rest[rest.index(after: open)..<close]), metadata)
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private static func value(_ expression: String, _ metadata: JSONObject) throws -> String {
        let parts = expression.split(separator: ":", maxSplits: 1).map(String.init)
        let name = parts.first ?? ""
        let format = parts.count == 2 ? parts[1] : nil
        switch name.lowercased() {
        case "rand-guid", "sys.randguid":
            let id = UUIDv7.random()
            return format == "N" ? id.filter { $0 != "-" } : id
        case "datetime", "sys.utcnow": return time(format)
        default: break
        }
        var found = JSONValue.object(metadata)
        for step in name.split(separator: ".") {
            guard let next = found.member(String(step)) else {
                throw HostError("the binding expression {\(expression)} has no value in this invocation.")
            }
            found = next
        }
        // Texts in metadata are JSON inside a string.
        guard let text = found.string else { return found.text }
        return (try? JSONParser.parse(text))?.string ?? text
    }

    /// The time in UTC, by the .NET format letters that stand in file and queue names.
    private static func time(_ format: String?) -> String {
        let now = Timestamp.now()
        guard let format else { return String(now.prefix(19)) + "Z" }
        let parts = now.split { "-T:.Z".contains($0) }.map(String.init)
        guard parts.count >= 7 else { return now }
        var result = format
        for (letters, value) in [
            ("yyyy", parts[0]), ("MM", parts[1]), ("dd", parts[2]), ("HH", parts[3]), ("mm", parts[4]),
            ("ss", parts[5]),
            ("fff", parts[6]),
        ] {
            result = result.replacing(letters, with: value)
        }
        return result
    }
}
