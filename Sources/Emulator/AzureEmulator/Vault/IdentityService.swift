import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Settings
import Telemetry

/// Where tokens come from: the identity endpoint of Functions, the one of virtual machines, and an authority for client
/// secrets and workload identities (docs/reference/identity-and-key-vault.md, 1).
struct IdentityService: Sendable {
    let authority: TokenAuthority
    let identities: UserIdentities
    let faults: FaultInjector
    /// With what callers of the identity endpoint and applications prove themselves.
    let keys: EmulatorKeys

    private static let lifetime: Int64 = 3600

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let parts = request.target.segments ?? []
        switch (request.method, parts.first ?? "", parts.count) {
        case (.get, "msi", 2) where parts[1] == "token": return functions(request)
        case (.get, "metadata", _) where parts == ["metadata", "identity", "oauth2", "token"]: return machine(request)
        case (.get, "common", _) where parts.last == "instance": return discovery(request)
        case (.get, _, 4) where parts[1] == "v2.0" && parts[3] == "openid-configuration":
            return configuration(request, parts[0])
        case (.post, _, 4) where parts[1] == "oauth2" && parts[3] == "token": return await token(request)
        default: return HTTPResponse(.notFound, json: ["error": "not_found", "error_description": "Nothing is here."])
        }
    }

    // MARK: - Managed identity

    private static func failure(_ status: HTTPStatus, _ message: String) -> HTTPResponse {
        HTTPResponse(
            status,
            json: [
                "statusCode": .int(Int64(status.rawValue)), "message": .string(message),
                "correlationId": .string(UUIDv7.random()),
            ])
    }

    /// The client and principal id of the identity that a request names; `nil` for one that is not assigned.
    private func sender(_ request: HTTPRequest) -> (client: String, object: String)? {
        switch identities.choice(request.target) {
        case .system: (TokenAuthority.systemIdentity, TokenAuthority.systemIdentity)
        case .user(let identity): (identity.clientID, identity.principalID)
        case .unknown: nil
        }
    }

    private func functions(_ request: HTTPRequest) -> HTTPResponse {
        let given = (request.fields["x-identity-header"] ?? "").bytes
        guard Digest.constantTimeEqual(given, keys.identityHeader.value.bytes) else {
            return Self.failure(.unauthorized, "X-IDENTITY-HEADER is missing or wrong.")
        }
        guard request.target.parameter("api-version") == "2019-08-01" else {
            return Self.failure(.badRequest, "api-version has to be 2019-08-01.")
        }
        guard let resource = request.target.parameter("resource"), resource.hasPrefix("https://") else {
            return Self.failure(.badRequest, "resource is missing, or not a resource that is known here.")
        }
        guard let (client, object) = sender(request) else {
            return Self.failure(
                .badRequest,
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
        }
        let issued = authority.issue(audience: resource, client: client, object: object, lifetime: lifetime)
        return HTTPResponse(
            json: [
                "access_token": .string(issued.token), "expires_on": .string(String(issued.expires)),
                "not_before": .string(String(issued.expires - lifetime)), "resource": .string(resource),
                "token_type": "Bearer", "client_id": .string(client),
            ])
    }

    private func machine(_ request: HTTPRequest) -> HTTPResponse {
        guard request.fields["metadata"]?.lowercased() == "true", request.fields["x-forwarded-for"] == nil else {
            return HTTPResponse(
                .badRequest,
                json: ["error": "invalid_request", "error_description": "Required metadata header not specified"])
        }
        guard let resource = request.target.parameter("resource"), !resource.isEmpty else {
            return HTTPResponse(
                .badRequest, json: ["error": "invalid_request", "error_description": "resource is missing."])
        }
        guard let (client, object) = sender(request) else {
            return HTTPResponse(
                .badRequest, json: ["error": "invalid_request", "error_description": "Identity not found"])
        }
        let issued = authority.issue(audience: resource, client: client, object: object, lifetime: lifetime)
        return HTTPResponse(
            json: [
                "access_token": .string(issued.token), "client_id": .string(client),
                "expires_in": .string(String(lifetime)), "ext_expires_in": .string(String(lifetime)),
                "expires_on": .string(String(issued.expires)),
                "not_before": .string(String(issued.expires - lifetime)), "resource": .string(resource),
                "token_type": "Bearer",
            ])
    }

    private var lifetime: Int64 { faults.tokenLifetime ?? Self.lifetime }

    // MARK: - Authority

    private func base(_ request: HTTPRequest, _ tenant: String) -> String {
        "\(request.connection.isEncrypted ? "https" : "http")://\(request.fields["host"] ?? "127.0.0.1")/\(tenant)"
    }

    private func configuration(_ request: HTTPRequest, _ tenant: String) -> HTTPResponse {
        let base = base(request, tenant)
        return HTTPResponse(
            json: [
                "token_endpoint": .string(base + "/oauth2/v2.0/token"),
                "authorization_endpoint": .string(base + "/oauth2/v2.0/authorize"), "issuer": .string(base + "/v2.0"),
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "token"], "subject_types_supported": ["pairwise"],
            ])
    }

    private func discovery(_ request: HTTPRequest) -> HTTPResponse {
        HTTPResponse(
            json: [
                "tenant_discovery_endpoint": .string(
                    base(request, TokenAuthority.tenant) + "/v2.0/.well-known/openid-configuration"),
                "api-version": "1.1", "metadata": [],
            ])
    }

    private static func refusal(_ status: HTTPStatus, _ code: String, _ number: Int64, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status,
            json: [
                "error": .string(code), "error_description": .string("AADSTS\(number): \(text)"),
                "error_codes": [.int(number)], "trace_id": .string(UUIDv7.random()),
                "correlation_id": .string(UUIDv7.random()), "timestamp": .string(Timestamp.now()),
            ])
    }

    private func token(_ request: HTTPRequest) async -> HTTPResponse {
        guard let bytes = try? await request.body.collect(limit: 64 * 1024),
            let text = String(validating: bytes, as: UTF8.self)
        else { return Self.refusal(.badRequest, "invalid_request", 90_014, "The body is missing.") }
        let form = HTTPTarget("/?" + text)
        func value(_ name: String) -> String { form.parameter(name) ?? "" }
        guard value("grant_type") == "client_credentials" else {
            return Self.refusal(
                .badRequest, "unsupported_grant_type", 70_003,
                "The grant type \(value("grant_type").prefix(50)) is not supported.")
        }
        let client = value("client_id")
        guard !client.isEmpty else {
            return Self.refusal(.badRequest, "invalid_request", 900_144, "The body must contain 'client_id'.")
        }
        if value("client_assertion").isEmpty {
            guard Digest.constantTimeEqual(value("client_secret").bytes, keys.clientSecret.value.bytes) else {
                return Self.refusal(.unauthorized, "invalid_client", 7_000_215, "Invalid client secret provided.")
            }
        }
        var scope = value("scope")
        guard scope.hasSuffix("/.default") else {
            return Self.refusal(.badRequest, "invalid_scope", 70_011, "The scope has to end in /.default.")
        }
        scope.removeLast("/.default".count)
        guard !scope.contains("unknown") else {
            return Self.refusal(
                .badRequest, "invalid_resource", 500_011,
                "The resource principal named \(scope.prefix(100)) was not found in the tenant.")
        }
        let issued = authority.issue(audience: scope, client: client, object: client, lifetime: lifetime)
        return HTTPResponse(
            json: [
                "token_type": "Bearer", "expires_in": .int(lifetime), "ext_expires_in": .int(lifetime),
                "access_token": .string(issued.token),
            ])
    }
}
