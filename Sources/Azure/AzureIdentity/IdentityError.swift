/// No token or secret could be had. Never holds either.
public struct IdentityError: Error, Sendable, CustomStringConvertible {
    public let description: String
    /// Whether the identity lacks the right to what it asked for.
    public let isForbidden: Bool

    /// Says what went wrong.
    public init(description: String, isForbidden: Bool = false) {
        self.description = description
        self.isForbidden = isForbidden
    }
}
