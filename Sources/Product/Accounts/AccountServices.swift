import AccessControl
import Catalog
import HTTPMessages
import JSONCoding

/// What the account app's routes work with where people sign in.
struct AccountServices: Sendable {
    private static let bodyLimit = 64 * 1024

    let catalog: CatalogDatabase
    let gate: AccessGuard
    let trail: AuditTrail
    let keys: SigningKeys
    let links: SignInLinks
    let passwords = Passwords()

    /// A request's body as JSON.
    static func body(_ request: HTTPRequest) async throws -> JSONValue {
        try JSONParser.parse(try await request.body.collect(limit: bodyLimit))
    }
}
