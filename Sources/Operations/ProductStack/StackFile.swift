import FoundationEssentials
import Glibc
import JSONCoding
import ProgramSupport

/// What a running stack tells other commands about itself: `stack.json` in the data folder, there while it runs.
///
/// Only settings that the stack made itself are in it; what its user's environment names stays there.
public struct StackFile: Sendable {
    private let path: String

    /// The file of a data folder.
    public init(dataDirectory: String) { path = dataDirectory + "/stack.json" }

    /// The settings of the stack that runs in the folder; `nil` when none does.
    public var settings: [String: String]? {
        guard let bytes = FileManager.default.contents(atPath: path), let value = try? JSONParser.parse([UInt8](bytes)),
            let id = value["pid"]?.int.flatMap({ Int32(exactly: $0) }), Self.isStack(id)
        else { return nil }
        var settings: [String: String] = [:]
        for member in value["settings"]?.object?.members ?? [] { settings[member.name] = member.value.string }
        return settings
    }

    /// Whether a process is one of ours: after a crash its number may be another program's.
    private static func isStack(_ id: Int32) -> Bool {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe")) ?? ""
        // The file may have been replaced by a newer build meanwhile.
        return program.hasSuffix("/apus") || program.hasSuffix("/apus (deleted)")
    }

    func write(_ settings: [String: String]) throws {
        let members = settings.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        let value: JSONValue = ["pid": .int(Int64(getpid())), "settings": .object(JSONObject(members))]
        guard PrivateFile.write(value.encoded, to: path) else { throw StackError("\(path) cannot be written.") }
    }

    func remove() { unlink(path) }
}
