import HTTPClient
import HTTPMessages
import JSONCoding
import ProgramSupport
import Settings
import Telemetry

/// Where an identity's tokens come from, chosen once by the environment
/// (docs/reference/identity-and-key-vault.md, 1).
enum TokenOrigin: Sendable {
    /// Functions, App Service and Container Apps.
    case functions(endpoint: String, header: Secret, clientID: String?)
    /// A federated identity whose assertion lies in a file that is replaced now and then.
    case workload(authority: String, tenant: String, clientID: String, file: String)
    case clientSecret(authority: String, tenant: String, clientID: String, secret: Secret)
    /// A virtual machine's instance metadata service.
    case machine(endpoint: String, clientID: String?)

    /// The most of a federated identity's assertion.
    private static let assertionBytes = 64 << 10

    /// The first of client secret, workload identity and managed identity that the settings describe; otherwise this is a
    /// virtual machine.
    init(_ settings: SettingsReader) {
        let clientID = settings.optional("AZURE_CLIENT_ID")
        let authority = (settings.optional("AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com").trimmingSlash
        if let clientID, let tenant = settings.optional("AZURE_TENANT_ID") {
            if let secret = settings.secret("AZURE_CLIENT_SECRET") {
                self = .clientSecret(authority: authority, tenant: tenant, clientID: clientID, secret: secret)
                return
            }
            if let file = settings.optional("AZURE_FEDERATED_TOKEN_FILE") {
                self = .workload(authority: authority, tenant: tenant, clientID: clientID, file: file)
                return
            }
        }
        if let endpoint = settings.optional("IDENTITY_ENDPOINT"), let header = settings.secret("IDENTITY_HEADER") {
            self = .functions(endpoint: endpoint, header: header, clientID: clientID)
            return
        }
        let host = (settings.optional("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? "http://169.254.169.254").trimmingSlash
        self = .machine(endpoint: host + "/metadata/identity/oauth2/token", clientID: clientID)
    }

    /// What people call it.
    var name: String {
        switch self {
        case .functions: "the managed identity endpoint"
        case .workload: "the workload identity"
        case .clientSecret: "the client secret"
        case .machine: "the virtual machine's identity"
        }
    }

    /// The request that gets a token for a resource.
    func request(for resource: String) throws(IdentityError) -> HTTPSession.Request {
        var request: HTTPSession.Request
        switch self {
        case .functions(let endpoint, let header, let clientID):
            request = .init(.get, Self.url(endpoint, "2019-08-01", resource, clientID))
            request.fields = ["X-IDENTITY-HEADER": header.value, "Metadata": "true"]
        case .machine(let endpoint, let clientID):
            request = .init(.get, Self.url(endpoint, "2018-02-01", resource, clientID))
            request.fields = ["Metadata": "true"]
        case .clientSecret(let authority, let tenant, let clientID, let secret):
            request = Self.form(authority, tenant, resource, clientID, [("client_secret", secret.value)])
        case .workload(let authority, let tenant, let clientID, let file):
            guard let bytes = SmallFile.read(file, atMost: Self.assertionBytes),
                let assertion = String(validating: bytes, as: UTF8.self)
            else {
                throw IdentityError(
                    description:
                        "AZURE_FEDERATED_TOKEN_FILE names a file that cannot be read, or one of more than 64 KiB")
            }
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            request = Self.form(
                authority, tenant, resource, clientID,
                [("client_assertion_type", kind), ("client_assertion", assertion)])
        }
        request.headTimeout = .seconds(10)
        return request
    }

    private static func url(_ endpoint: String, _ version: String, _ resource: String, _ clientID: String?) -> String {
        let client = clientID.map { "&client_id=" + percentEncoded($0) } ?? ""
        return "\(endpoint)?api-version=\(version)&resource=\(percentEncoded(resource))\(client)"
    }

    private static func form(
        _ authority: String, _ tenant: String, _ resource: String, _ clientID: String, _ proof: [(String, String)]
    ) -> HTTPSession.Request {
        let fields =
            [
                ("grant_type", "client_credentials"), ("client_id", clientID),
                ("scope", resource.trimmingSlash + "/.default"),
            ]
            + proof
        let body = fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        return .init(
            .post, "\(authority)/\(percentEncoded(tenant))/oauth2/v2.0/token",
            fields: ["Content-Type": "application/x-www-form-urlencoded"], body: .bytes(body.bytes))
    }

    /// The token of an answer and when it expires, in seconds since 1970.
    func token(in json: JSONValue) -> (token: String, expires: Int64)? {
        guard let token = json["access_token"]?.string else { return nil }
        // A text of digits on most hosts, a number on some.
        func number(_ name: String) -> Int64? { json[name]?.int ?? json[name]?.string.flatMap { Int64($0) } }
        let now = Timestamp.nowMilliseconds() / 1000
        // No token lives for years; larger numbers are mistakes.
        let most: Int64 = 10 * 365 * 86_400
        if let life = number("expires_in"), number("expires_on") == nil {
            return (token, now + min(max(life, 0), most))
        }
        return (token, min(max(number("expires_on") ?? now + 600, 0), now + most))
    }

    /// What an answer says is wrong, in the authority's words, which hold no secret.
    static func reason(in json: JSONValue) -> String {
        let text = json["error_description"]?.string ?? json["message"]?.string ?? json["error"]?.string ?? ""
        return String(text.split(separator: "\n").first?.prefix(300) ?? "")
    }
}

extension String {
    var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
