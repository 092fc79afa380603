import HTTPMessages
public import Problems

/// How requests are refused for who they are from.
public enum AccessProblem {
    /// Members `code` of the problems, by which the page knows what to do.
    private static let expiredCode = "token_expired"
    private static let signInCode = "sign_in_required"

    /// Nobody is signed in, or not any more.
    public static func unauthorized(_ detail: String) -> Problem { unauthorized(detail, code: signInCode) }

    private static func unauthorized(_ detail: String, code: String) -> Problem {
        Problem(.unauthorized, detail, code: code, headers: ["WWW-Authenticate": "Bearer"])
    }

    static let nobody = unauthorized("Nobody is signed in. Sign in, or send a key.")
    static let badKey = unauthorized("The key does not count: it is none, has expired, or was removed.")
    /// The sign-in has ended.
    public static let badToken = unauthorized("The sign-in does not count any more. Please sign in again.")
    static let expired = unauthorized("The sign-in has to be renewed.", code: expiredCode)
    static let noWorkspace = Problem(.notFound, "There is no such workspace for you.")
    static let keyForPeople = Problem(
        .forbidden, "A key may not do this. Sign in with a name and a password.")

    /// What is missing.
    static func forbidden(_ permission: Permission, _ access: Access) -> Problem {
        if let scopes = access.scopes, !scopes.contains(permission) { return scope(permission) }
        guard let role = permission.role else {
            return Problem(.forbidden, "This is for administrators of the installation.")
        }
        return Problem(
            .forbidden,
            "This needs the role \(role.rawValue) in the workspace \(access.workspace); yours is \(access.role.rawValue)."
        )
    }

    static func scope(_ permission: Permission) -> Problem {
        guard permission.role != nil else { return keyForPeople }
        return Problem(.forbidden, "The key lacks the scope \(permission.rawValue).")
    }
}
