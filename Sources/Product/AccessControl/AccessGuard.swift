public import HTTPMessages
import Problems

/// Says who a request is from and what they may, or refuses it.
public struct AccessGuard: Sendable {
    /// A guard that lets everybody do everything: nobody signs in.
    public init() {}

    /// Whose request it is.
    ///
    /// - Throws: `Problem`: 401 when nobody is signed in, 403 when they may not, 404 when there is no such workspace for them.
    public func admit(_ request: HTTPRequest, to permission: Permission) async throws -> Access {
        let access = Access.everything
        guard access.permits(permission) else { throw Problem(.forbidden, "You may not do this.") }
        return access
    }
}
