import FoundationEssentials
public import HTTPClient
import HTTPMessages
import JSONCoding
public import Settings
import Telemetry

/// No token could be had.
public struct IdentityError: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// Access tokens by managed identity, kept until shortly before they expire. One refresh serves all waiters.
///
/// Sources: App Service and Functions (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`), otherwise the VM's instance
/// metadata service.
public actor TokenSource {
    private struct Held {
        let token: String
        let expires: Int64
    }

    private let endpoint: String?
    private let header: Secret?
    private let clientID: String?
    private let client: HTTPClient
    private var held: [String: Held] = [:]
    private var running: [String: Task<(String, Int64), any Error>] = [:]

    /// Chooses the source by the environment.
    public init(_ settings: SettingsReader, client: HTTPClient) {
        endpoint = settings.optional("IDENTITY_ENDPOINT")
        header = settings.secret("IDENTITY_HEADER")
        clientID = settings.optional("AZURE_CLIENT_ID")
        self.client = client
    }

    /// A token for a resource, e.g. `https://storage.azure.com/`.
    ///
    /// - Throws: `IdentityError`, `HTTPClientError`.
    public func token(for resource: String) async throws -> String {
        let now = Timestamp.nowMilliseconds() / 1000
        // Five minutes early, so that a token never expires on its way.
        if let held = held[resource], held.expires - 300 > now { return held.token }
        let task = running[resource] ?? Task { try await fetch(resource) }
        running[resource] = task
        do {
            let (token, expires) = try await task.value
            running[resource] = nil
            held[resource] = Held(token: token, expires: expires)
            return token
        } catch {
            running[resource] = nil
            if let held = held[resource], held.expires > now { return held.token }
            throw error
        }
    }

    private func fetch(_ resource: String) async throws -> (String, Int64) {
        let base = endpoint ?? "http://169.254.169.254/metadata/identity/oauth2/token"
        let version = endpoint == nil ? "2018-02-01" : "2019-08-01"
        var url = "\(base)?api-version=\(version)&resource=\(percentEncoded(resource))"
        if let clientID { url += "&client_id=\(percentEncoded(clientID))" }
        var request = HTTPClient.Request(.get, url, fields: ["Metadata": "true"])
        if endpoint != nil { request.fields["X-IDENTITY-HEADER"] = header?.value ?? "" }
        request.headTimeout = .seconds(10)
        let answer = try await client.fetch(request, limit: 64 * 1024)
        guard answer.status == .ok, let json = try? JSONParser.parse(answer.body),
            let token = json["access_token"]?.string
        else { throw IdentityError(description: "the identity endpoint answered \(answer.status.rawValue)") }
        // A text of digits on most hosts, a number on some.
        let expires = json["expires_on"]?.int ?? json["expires_on"]?.string.flatMap { Int64($0) }
        return (token, expires ?? Timestamp.nowMilliseconds() / 1000 + 600)
    }
}
