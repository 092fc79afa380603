public import Catalog
public import HTTPMessages
import Telemetry

extension AuditEntry.Event {
    private static let longestObject = 4000

    /// What somebody did, or was refused.
    init(
        _ request: HTTPRequest, template: String, caller: Caller, objects: AuditObjects, status: HTTPStatus
    ) {
        let credential: String? =
            switch caller.credential {
            case .nobody: nil
            case .session(let id): "session \(id)"
            case .key(let id): "key \(id)"
            }
        // Whatever somebody writes into a path, only what can be an id is noted.
        let named = request.parameters.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(Self.isID($0.value) ? $0.value : "…")" }
        let object = named + objects.all
        self.init(
            at: Timestamp.now(), workspace: objects.workspace, person: caller.person, credential: credential,
            action: "\(request.method) \(template)",
            object: object.isEmpty ? nil : RequestOrigin.shown(object.joined(separator: " "), Self.longestObject),
            status: status.rawValue, address: RequestOrigin.address(of: request), requestId: request.id)
    }

    private static func isID(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (97...122).contains(byte) || (65...90).contains(byte) || byte == 45
            }
    }

    /// That somebody opened a link to a chat; what opens it stands in the path, and is left out.
    ///
    /// - Parameters:
    ///   - id: The link's.
    ///   - caller: `nil` for somebody who is not signed in.
    public static func openedLink(
        _ id: String, of workspace: String, by caller: Caller?, _ request: HTTPRequest, template: String
    ) -> Self {
        var shown = request
        shown.parameters = [:]
        let objects = AuditObjects()
        objects.workspace = workspace
        objects.add("link", id)
        return Self(shown, template: template, caller: caller ?? .everybody, objects: objects, status: .ok)
    }

    /// That somebody signed in, or tried to.
    ///
    /// - Parameters:
    ///   - person: `nil` where the name is nobody's.
    ///   - way: The kind of the link by which it was done; `nil` for a password.
    public static func signIn(
        _ request: HTTPRequest, person: String?, _ status: HTTPStatus, by way: String? = nil
    ) -> Self {
        signIn(request, person: person, status, object: way.map { "link=\($0)" })
    }

    /// That somebody signed in, or tried to.
    ///
    /// - Parameter object: By what, in words of our own.
    public static func signIn(
        _ request: HTTPRequest, person: String?, _ status: HTTPStatus, object: String?
    ) -> Self {
        Self(
            at: Timestamp.now(), workspace: nil, person: person, credential: nil,
            action: "\(request.method) \(request.target.rawPath)", object: object,
            status: status.rawValue, address: RequestOrigin.address(of: request), requestId: request.id)
    }
}
