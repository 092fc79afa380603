import Digests
import EventLoop
import FoundationEssentials
import Glibc
import HTTPMessages
import JSONCoding
import ProgramSupport

/// The keys that callers prove their rights with, in a file of the app's root
/// (docs/reference/functions-custom-handlers.md, 7.2).
@NetworkActor
final class AccessKeys {
    /// What a key opens.
    struct Rights: Sendable {
        let level: FunctionDefinition.AuthLevel
        /// The key's name; `nil` for the master key.
        let keyName: String?
        static let none = Rights(level: .anonymous, keyName: nil)
    }

    nonisolated static let fileName = "local.keys.json"

    private let path: String
    private var json: JSONValue

    /// Reads the file; one that is missing is made, with a master key and a host key.
    ///
    /// - Throws: `HostError`.
    init(root: String) throws {
        path = root + "/" + Self.fileName
        if let bytes = FileManager.default.contents(atPath: path) {
            do {
                json = try JSONParser.parse(Array(bytes), lenient: true)
            } catch {
                throw HostError("\(path) is not valid JSON: \(error).")
            }
            guard json.member("master")?.string?.isEmpty == false else {
                throw HostError("\(path) has no master key; remove the file to have one made.")
            }
        } else {
            json = [
                "master": .string(Self.newKey()), "host": ["default": .string(Self.newKey())], "functions": [:],
            ]
            try save()
        }
    }

    /// What a request's key opens for a function. The query counts only without the header.
    func rights(_ request: HTTPRequest, function: String?) -> Rights {
        guard let key = Self.given(request) else { return .none }
        if Self.equal(key, json.member("master")?.string) { return Rights(level: .admin, keyName: nil) }
        for keys in [function.flatMap { list(scope: .function($0)) }, list(scope: .host)] {
            for (name, value) in keys?.members ?? [] where Self.equal(key, value.string) {
                return Rights(level: .function, keyName: name)
            }
        }
        return .none
    }

    /// The key that a request has; `nil` for none.
    nonisolated static func given(_ request: HTTPRequest) -> String? {
        let key = request.fields["x-functions-key"] ?? request.target.parameter("code")
        return key?.isEmpty ?? true ? nil : key
    }

    // MARK: - Management

    enum Scope {
        case host
        case function(String)

        var path: [String] {
            switch self {
            case .host: ["host"]
            case .function(let name): ["functions", name]
            }
        }
    }

    /// The keys of a scope by name.
    func list(scope: Scope) -> JSONObject? {
        scope.path.reduce(.some(json)) { $0?.member($1) }?.object
    }

    /// Sets a key, made anew when no value is given. Returns the value.
    func set(_ name: String, to value: String?, scope: Scope) throws -> String {
        let key = value ?? Self.newKey()
        json = json.setting((scope.path + [name])[...], to: .string(key))
        try save()
        return key
    }

    /// Removes a key. Returns whether there was one.
    func remove(_ name: String, scope: Scope) throws -> Bool {
        guard var keys = list(scope: scope), keys[name] != nil else { return false }
        keys[name] = nil
        json = json.setting(scope.path[...], to: .object(keys))
        try save()
        return true
    }

    /// The master key, made anew on request.
    func master(renewed: Bool) throws -> String {
        if renewed {
            json = json.setting(["master"], to: .string(Self.newKey()))
            try save()
        }
        return json.member("master")?.string ?? ""
    }

    private func save() throws {
        guard PrivateFile.write(Array(json.indented.utf8), to: path) else {
            throw HostError("\(path) cannot be written.")
        }
    }

    private static func newKey() -> String { Base64URL.encode(Digest.randomBytes(42)) }

    private static func equal(_ given: String, _ key: String?) -> Bool {
        guard let key, !key.isEmpty else { return false }
        return Digest.constantTimeEqual(Array(given.utf8), Array(key.utf8))
    }
}
