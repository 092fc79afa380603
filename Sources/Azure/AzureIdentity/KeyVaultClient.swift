public import HTTPClient
import HTTPMessages
import JSONCoding
public import Settings
import Telemetry

/// Secrets of a key vault (docs/reference/identity-and-key-vault.md, 2).
public struct KeyVaultClient: Sendable {
    /// A version of a secret.
    public struct Version: Sendable {
        public let name: String
        /// 32 hexadecimal digits; `nil` in lists of secrets.
        public let version: String?
        public let isEnabled: Bool
    }

    private static let apiVersion = "7.4"
    private static let resource = "https://vault.azure.net"
    /// The service advises pauses of 1, 2, 4 … 16 seconds.
    private static let policy = RetryPolicy(
        maximumTries: 4, firstPause: .seconds(1), longestPause: .seconds(16), deadline: .seconds(240))

    private let url: String
    private let identity: TokenSource
    private let client: HTTPSession

    /// A client of the vault at a URL such as `https://name.vault.azure.net`.
    public init(url: String, identity: TokenSource, client: HTTPSession) {
        self.url = url.trimmingSlash
        self.identity = identity
        self.client = client
    }

    /// The value of a secret, `nil` when there is none of that name.
    ///
    /// - Parameter version: `nil` for the newest.
    /// - Throws: `IdentityError`.
    public func secret(_ name: String, version: String? = nil) async throws -> Secret? {
        let path = "/secrets/\(percentEncoded(name))/" + (version.map { percentEncoded($0) } ?? "")
        guard let json = try await get("\(url)\(path)?api-version=\(Self.apiVersion)", what: "secret \(name)") else {
            return nil
        }
        return json["value"]?.string.map { Secret($0) }
    }

    /// The secrets' names, in all pages.
    public func list() async throws -> [Version] { try await pages("/secrets", what: "the list of secrets") }

    /// The versions of a secret, in all pages.
    public func versions(_ name: String) async throws -> [Version] {
        try await pages("/secrets/\(percentEncoded(name))/versions", what: "the versions of \(name)")
    }

    private func pages(_ path: String, what: String) async throws -> [Version] {
        var found: [Version] = []
        var next: String? = "\(url)\(path)?api-version=\(Self.apiVersion)"
        while let page = next, found.count < 10_000 {
            // A page's address comes from the vault; the token goes nowhere else.
            guard page.hasPrefix(url + "/") else {
                throw IdentityError(description: "Key Vault: \(what): the next page is at another address")
            }
            let json = try await get(page, what: what) ?? .null
            for item in json["value"]?.array ?? [] {
                let parts = (item["id"]?.string ?? "").split(separator: "/").map(String.init)
                guard let place = parts.firstIndex(of: "secrets"), place + 1 < parts.count else { continue }
                found.append(
                    Version(
                        name: parts[place + 1], version: place + 2 < parts.count ? parts[place + 2] : nil,
                        isEnabled: item["attributes"]?["enabled"]?.bool ?? true))
            }
            next = json["nextLink"]?.string
        }
        return found
    }

    /// The answer's body, `nil` for 404.
    private func get(_ address: String, what: String) async throws -> JSONValue? {
        try identity.checkMaySend(to: address)
        return try await Self.policy.run(renewToken: { await identity.forget(Self.resource) }) { turn in
            try await attempt(address, what, turn)
        }
    }

    private func attempt(_ address: String, _ what: String, _ turn: RetryPolicy.Try) async throws -> JSONValue? {
        let token = try await identity.token(for: Self.resource)
        var request = HTTPSession.Request(
            .get, address, fields: ["Authorization": "Bearer \(token)", "Accept": "application/json"])
        request.headTimeout = turn.timeout(atMost: .seconds(15))
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request, limit: 1 << 20)
        } catch let error as HTTPClientError {
            throw RetryPolicy.Failure(
                IdentityError(description: "Key Vault: \(what): \(error.description)"), noAnswer: error)
        }
        let json = (try? JSONParser.parse(answer.body)) ?? .null
        let status = answer.status.rawValue
        let code = json["error"]?["innererror"]?["code"]?.string ?? json["error"]?["code"]?.string ?? ""
        let requestID = answer.fields["x-ms-request-id"] ?? "unknown"
        let error = IdentityError(
            description: "Key Vault: \(what): \(status) \(code), request \(requestID)", isForbidden: status == 403)
        switch status {
        case 200: return json
        case 404: return nil
        case 401: throw RetryPolicy.Failure(error, .unauthorised)
        case 429, 500...:
            throw RetryPolicy.Failure(error, .uncertain, wait: answer.fields.retryAfter(atMost: .seconds(60)))
        default: throw error
        }
    }
}
