import AzureIdentity
import HTTPClient
import HTTPMessages
import Settings

/// Where a service is, and how one proves to be allowed there.
struct ServiceAccess: Sendable {
    /// How a request is authorised.
    enum Authorization: Sendable {
        case none
        case bearer(Secret)
        /// The key in a field of that name.
        case key(field: String, Secret)
        /// An access token of the program's identity for an Azure resource.
        case identity(TokenSource, resource: String)
    }

    /// Base URL without a final slash.
    let url: String
    let authorization: Authorization
    /// Name for messages.
    let service: String

    /// A JSON request below the base.
    ///
    /// - Throws: `ModelServiceError` when the identity has no token.
    func post(_ path: String, accept: String) async throws -> HTTPSession.Request {
        var request = HTTPSession.Request(
            .post, url + path, fields: ["Content-Type": "application/json", "Accept": accept])
        switch authorization {
        case .none: break
        case .bearer(let secret): request.fields["Authorization"] = "Bearer \(secret.value)"
        case .key(let field, let secret): request.fields[field] = secret.value
        case .identity(let source, let resource):
            do {
                try source.checkMaySend(to: url)
                request.fields["Authorization"] = "Bearer \(try await source.token(for: resource))"
            } catch let error as IdentityError {
                throw ModelServiceError(service: service, kind: .unauthorized, reason: error.description)
            }
        }
        return request
    }
}
