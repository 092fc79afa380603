import JSONCoding
import ProgramSupport
import Settings

/// The presets of a deployment: files `*.json` of one folder.
struct PresetLibrary: Sendable {
    private static let folderVariable = "APUS_PRESETS"
    private static let standardVariable = "APUS_PRESET"
    private static let maximumBytes = 64 << 10
    private static let maximumFiles = 50

    let all: [Preset]
    /// The deployment's.
    let standard: Preset

    /// Reads `APUS_PRESETS`, a folder (the one beside the executable when not set), and `APUS_PRESET`, the default's id.
    ///
    /// - Returns: `nil` when there is no preset at all, which is noted as a problem.
    init?(_ settings: inout SettingsReader) {
        let folder = settings.optional(Self.folderVariable) ?? ProgramLife.executableFolder + "/assistants"
        let files = (Folder.names(in: folder) ?? []).filter { $0.hasSuffix(".json") }.sorted()
        var presets: [Preset] = []
        for file in files.prefix(Self.maximumFiles) {
            guard let bytes = SmallFile.read(folder + "/" + file, atMost: Self.maximumBytes) else {
                settings.add(Self.folderVariable, "has the file \(file), which cannot be read or has more than 64 KiB")
                continue
            }
            do {
                presets.append(try Preset(JSONParser.parse(bytes)))
            } catch let error as InvalidFields {
                for problem in error.problems {
                    settings.add(Self.folderVariable, "\(file): \(problem.field): \(problem.detail)")
                }
            } catch {
                settings.add(Self.folderVariable, "\(file) is not JSON: \(error)")
            }
        }
        let wanted = settings.optional(Self.standardVariable)
        if presets.isEmpty, settings.optional(Self.folderVariable) == nil { presets = [.plain] }
        guard let first = presets.first(where: { $0.id == wanted ?? "general" }) ?? presets.first else {
            settings.add(Self.folderVariable, "names \(folder), where there are no presets")
            return nil
        }
        if let wanted, first.id != wanted {
            let known = presets.map(\.id).joined(separator: ", ")
            settings.add(Self.standardVariable, "names the preset '\(wanted)'; there are \(known)")
        }
        all = presets
        standard = first
    }

    /// The preset of that id; the deployment's for `nil`, and for one that is no longer there.
    func preset(_ id: String?) -> Preset { all.first { $0.id == id } ?? standard }

    func knows(_ id: String) -> Bool { all.contains { $0.id == id } }
}
