public import Catalog
public import HTTPMessages
import Telemetry

extension AuditEntry.Event {
    private static let longestObject = 300

    /// What somebody did, or was refused.
    init(
        _ request: HTTPRequest, template: String, caller: Caller, workspace: String?, status: HTTPStatus
    ) {
        let credential: String? =
            switch caller.credential {
            case .nobody: nil
            case .session(let id): "session \(id)"
            case .key(let id): "key \(id)"
            }
        let object = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        self.init(
            at: Timestamp.now(), workspace: workspace, person: caller.person, credential: credential,
            action: "\(request.method) \(template)",
            object: object.isEmpty ? nil : RequestOrigin.shown(object.joined(separator: " "), Self.longestObject),
            status: status.rawValue, address: RequestOrigin.address(of: request), requestId: request.id)
    }

    /// That somebody signed in, or tried to.
    ///
    /// - Parameters:
    ///   - person: `nil` where the name is nobody's.
    ///   - way: The kind of the link by which it was done; `nil` for a password.
    public static func signIn(
        _ request: HTTPRequest, person: String?, _ status: HTTPStatus, by way: String? = nil
    ) -> Self {
        Self(
            at: Timestamp.now(), workspace: nil, person: person, credential: nil,
            action: "\(request.method) \(request.target.rawPath)", object: way.map { "link=\($0)" },
            status: status.rawValue, address: RequestOrigin.address(of: request), requestId: request.id)
    }
}
