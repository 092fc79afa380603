import JSONCoding
import ProgramSupport
import Settings

/// The operator's file of per-model settings, `APUS_MODEL_SETTINGS`:
/// `{"models": {"openai:gpt-4.1-mini": {"temperature": 0.1}, "*": {"firstTokenSeconds": 10}}}`.
struct ModelSettingsFile {
    private static let maximumBytes = 1 << 20
    private static let variable = "APUS_MODEL_SETTINGS"

    private var models: [(name: String, settings: JSONValue)] = []

    /// Reads the file, if one is set; what is wrong with it is noted as a problem of the settings.
    init(_ settings: inout SettingsReader) {
        guard let path = settings.optional(Self.variable) else { return }
        guard let bytes = SmallFile.read(path, atMost: Self.maximumBytes) else {
            settings.add(Self.variable, "names a file that cannot be read, or one of more than 1 MiB")
            return
        }
        do {
            let json = try JSONParser.parse(bytes)
            guard let object = json["models"]?.object, json.object?.names == ["models"] else {
                settings.add(Self.variable, "has to hold one object, \"models\", with an entry for each model")
                return
            }
            models = object.members.map { ($0.name, $0.value) }
            for (name, entry) in models {
                var trial = ModelSettings()
                do {
                    try trial.apply(entry)
                } catch let error as InvalidFields {
                    for problem in error.problems {
                        settings.add(Self.variable, "models.\(name).\(problem.field): \(problem.detail)")
                    }
                }
            }
        } catch {
            settings.add(Self.variable, "is not JSON: \(error)")
        }
    }

    /// The defaults with what the file says: for all models first (`*`), then for this one.
    func applied(to defaults: ModelSettings, model id: String) -> ModelSettings {
        var result = defaults
        for wanted in ["*", id] {
            // Each entry was tried when the file was read.
            for entry in models where entry.name == wanted { try? result.apply(entry.settings) }
        }
        return result
    }
}
