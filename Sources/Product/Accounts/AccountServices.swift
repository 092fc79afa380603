import AccessControl
import Catalog
import Glibc
import HTTPMessages
import JSONCoding
import Telemetry

/// What the account app's routes work with where people sign in.
struct AccountServices: Sendable {
    private static let bodyLimit = 64 * 1024

    let catalog: CatalogDatabase
    let gate: AccessGuard
    let trail: AuditTrail
    let keys: SigningKeys
    let links: SignInLinks
    /// The identity providers by which people sign in.
    let providers: [OpenIDProvider]
    let log: Log
    let passwords = Passwords()

    /// Seconds since 1970.
    func seconds() -> Int64 { Int64(time(nil)) }

    /// A request's body as JSON.
    static func body(_ request: HTTPRequest) async throws -> JSONValue {
        try JSONParser.parse(try await request.body.collect(limit: bodyLimit))
    }
}
