import Digests
import FoundationEssentials
import HTTPMessages
import JSONCoding
import Synchronization

/// The user-assigned identities of the machine that the emulator stands for. They are kept in the data folder, so that
/// an id that a client was configured with goes on being the same identity's.
final class UserIdentities: Sendable {
    /// One identity, which requests for tokens name by any of its three ids.
    struct Identity: Sendable, Equatable {
        let name: String
        let clientID: String
        /// The object id of its service principal.
        let principalID: String

        /// The id of the resource, as a plan that makes the identity has it.
        var resourceID: String {
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/apus/providers/"
                + "Microsoft.ManagedIdentity/userAssignedIdentities/\(name)"
        }

        var json: JSONValue {
            [
                "name": .string(name), "clientId": .string(clientID), "principalId": .string(principalID),
                "resourceId": .string(resourceID),
            ]
        }
    }

    private let path: String
    private let state: Mutex<[Identity]>

    /// Reads the folder's identities and adds those that the command line asks for.
    init(directory: String, assigned: [(name: String, clientID: String?)]) throws {
        path = directory + "/identities.json"
        var known: [Identity] = []
        if let data = FileManager.default.contents(atPath: path) {
            known = (try JSONParser.parse(Array(data)).array ?? []).compactMap { item in
                guard let name = item["name"]?.string, let client = item["clientId"]?.string,
                    let principal = item["principalId"]?.string
                else { return nil }
                return Identity(name: name, clientID: client, principalID: principal)
            }
        }
        state = Mutex(known)
        for (name, clientID) in assigned { _ = try assign(name, clientID: clientID) }
    }

    /// Names of resources of this kind: 3 to 128 letters, digits, hyphens and underscores.
    static func isName(_ text: String) -> Bool {
        (3...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
            }
    }

    /// Whether a text can be a client id.
    static func isID(_ text: String) -> Bool { UUIDv7.isValid(text.lowercased()) }

    /// Every identity, in the order of their assignment.
    var all: [Identity] { state.withLock { $0 } }

    /// Assigns an identity, or gives the one of that name, with the client id if one is asked for.
    ///
    /// - Parameter clientID: `nil` for one of the emulator's own choice.
    func assign(_ name: String, clientID: String?) throws -> (identity: Identity, isNew: Bool) {
        try state.withLock { known in
            let old = known.firstIndex { $0.name.lowercased() == name.lowercased() }
            if let old, clientID == nil || known[old].clientID == clientID?.lowercased() { return (known[old], false) }
            let identity = Identity(
                name: name, clientID: clientID?.lowercased() ?? UUIDv7.random(), principalID: UUIDv7.random())
            let before = known
            known.removeAll { $0.name.lowercased() == name.lowercased() || $0.clientID == identity.clientID }
            known.append(identity)
            do {
                try save(known)
            } catch {
                known = before
                throw error
            }
            return (identity, true)
        }
    }

    /// Takes an identity away; false when there is none of that name.
    func remove(_ name: String) throws -> Bool {
        try state.withLock { known in
            let left = known.filter { $0.name.lowercased() != name.lowercased() }
            guard left.count < known.count else { return false }
            try save(left)
            known = left
            return true
        }
    }

    private func save(_ all: [Identity]) throws {
        try Data(JSONValue.array(all.map(\.json)).encoded).write(to: URL(filePath: path), options: .atomic)
    }

    // MARK: - Requests for tokens

    /// What a request for a token asks for.
    enum Choice {
        case system
        case user(Identity)
        /// It names an identity that is not assigned, or several.
        case unknown
    }

    /// The identity that a request names in one of the ways of Functions and virtual machines.
    func choice(_ target: HTTPTarget) -> Choice {
        let ways: [(names: [String], id: @Sendable (Identity) -> String)] = [
            (["client_id"], \.clientID), (["principal_id", "object_id"], \.principalID),
            (["mi_res_id", "msi_res_id"], \.resourceID),
        ]
        let named = ways.flatMap { way in
            way.names.compactMap { name in target.parameter(name).flatMap { $0.isEmpty ? nil : ($0, way.id) } }
        }
        guard let (value, id) = named.first else { return .system }
        guard named.count == 1 else { return .unknown }
        if value.lowercased() == TokenAuthority.systemIdentity { return .system }
        return all.first { id($0).lowercased() == value.lowercased() }.map { .user($0) } ?? .unknown
    }
}
