import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Telemetry

/// An error as Key Vault words it.
struct VaultFailure: Error {
    let status: HTTPStatus
    let code: String
    let message: String
    var inner: String?
    var fields: HTTPFields = [:]

    init(_ status: Int, _ code: String, _ message: String, inner: String? = nil) {
        self.status = HTTPStatus(rawValue: status)
        self.code = code
        self.message = message
        self.inner = inner
    }

    var response: HTTPResponse {
        var error: JSONObject = ["code": .string(code), "message": .string(message)]
        if let inner { error["innererror"] = ["code": .string(inner)] }
        var response = HTTPResponse(status, json: ["error": .object(error)])
        for field in fields.all { response.fields[field.name] = field.value }
        return response
    }
}

/// Key Vault's REST operations on secrets (docs/reference/identity-and-key-vault.md, 2).
struct VaultService: Sendable {
    let store: VaultStore
    let authority: TokenAuthority

    static let bodyLimit = 128 * 1024

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        var response: HTTPResponse
        do {
            try authorise(request)
            try checkVersion(request)
            response = try await route(request)
        } catch {
            response = Self.failure(error).response
        }
        response.fields["x-ms-request-id"] = UUIDv7.random()
        response.fields["x-ms-keyvault-service-version"] = "1.9.0"
        if let id = request.fields["x-ms-client-request-id"], id.utf8.count <= 1024 {
            response.fields["x-ms-client-request-id"] = id
        }
        return response
    }

    private static func failure(_ error: any Error) -> VaultFailure {
        switch error {
        case let failure as VaultFailure: return failure
        case let error as JSONSyntaxError: return VaultFailure(400, "BadParameter", "The body is not JSON: \(error).")
        case is HTTPBodyTooLarge: return VaultFailure(413, "RequestBodyTooLarge", "The body is too large.")
        default:
            Log(label: "azure-emulator").error("vault request failed", ["error": String(reflecting: error)])
            return VaultFailure(500, "InternalServerError", "The server's log has the reason.")
        }
    }

    /// The domain whose names are vaults on this machine: the SDKs trust a challenge only when its resource is the
    /// domain that the vault's own host name ends in.
    static let localDomain = "vault.localhost"

    /// The resource that a caller has to have a token for: the vault's domain as the caller names it, or Azure's.
    static func resource(_ request: HTTPRequest) -> String {
        let host = (request.fields["host"] ?? "").lowercased()
        let name = host.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        guard name.hasSuffix("." + localDomain) else { return "https://vault.azure.net" }
        return "https://\(localDomain)\(host.dropFirst(name.count))"
    }

    private func authorise(_ request: HTTPRequest) throws(VaultFailure) {
        let resource = Self.resource(request)
        var challenge =
            "Bearer authorization=\"https://login.microsoftonline.com/\(TokenAuthority.tenant)\", "
            + "resource=\"\(resource)\""
        var failure = VaultFailure(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
        if let given = request.fields["authorization"], given.lowercased().hasPrefix("bearer ") {
            do throws(TokenAuthority.Refusal) {
                _ = try authority.check(String(given.dropFirst(7))) { audience in
                    let plain = audience.hasSuffix("/") ? String(audience.dropLast()) : audience
                    return plain == "https://vault.azure.net" || plain == resource
                }
                return
            } catch {
                let reason = error == .audience ? "AKV10022: Invalid audience." : "AKV10046: The token is \(error)."
                failure = VaultFailure(401, "Unauthorized", reason)
                challenge += ", error=\"invalid_token\", error_description=\"\(reason)\""
            }
        }
        failure.fields["WWW-Authenticate"] = challenge
        throw failure
    }

    private func checkVersion(_ request: HTTPRequest) throws(VaultFailure) {
        guard let version = request.target.parameter("api-version"), !version.isEmpty else {
            throw VaultFailure(400, "BadParameter", "api-version must be specified")
        }
        let day = version.hasSuffix("-preview") ? String(version.dropLast("-preview".count)) : version
        let isNumber = version.hasPrefix("7.") && version.dropFirst(2).utf8.allSatisfy { (48...57).contains($0) }
        guard isNumber || Timestamp.milliseconds(iso8601: day) != nil else {
            throw VaultFailure(400, "BadParameter", "The specified version (\(version.prefix(40))) is not recognized.")
        }
    }

    /// The query parameters that operations know; another one can select what would not be acted on.
    private static let parameters: Set<String> = ["api-version", "maxresults", "$skiptoken"]

    private func route(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let unknown = request.target.query.first(where: { !Self.parameters.contains($0.name.lowercased()) }) {
            throw VaultFailure(
                501, "NotImplemented",
                "This emulator does not know the query parameter \(unknown.name.prefix(100)); see docs/parts/azure-emulator.md."
            )
        }
        let parts = request.target.segments ?? []
        let secrets = SecretOperations(store: store, request: request)
        let deleted = DeletedSecrets(store: store, request: request)
        switch (parts.first ?? "", parts.count, request.method) {
        case ("secrets", 1, .get): return try secrets.list(versionsOf: nil)
        case ("secrets", 2, .post) where parts[1] == "restore": return try await secrets.restore()
        case ("secrets", 2, .put): return try await secrets.set(parts[1])
        case ("secrets", 2, .get): return try secrets.get(parts[1], nil)
        case ("secrets", 2, .patch): return try await secrets.update(parts[1], nil)
        case ("secrets", 2, .delete): return try await deleted.delete(parts[1])
        case ("secrets", 3, .get) where parts[2] == "versions": return try secrets.list(versionsOf: parts[1])
        case ("secrets", 3, .post) where parts[2] == "backup": return try secrets.backup(parts[1])
        case ("secrets", 3, .get): return try secrets.get(parts[1], parts[2])
        case ("secrets", 3, .patch): return try await secrets.update(parts[1], parts[2])
        case ("deletedsecrets", 1, .get): return try deleted.list()
        case ("deletedsecrets", 2, .get): return try deleted.get(parts[1])
        case ("deletedsecrets", 2, .delete): return try await deleted.purge(parts[1])
        case ("deletedsecrets", 3, .post) where parts[2] == "recover": return try await deleted.recover(parts[1])
        default:
            throw VaultFailure(
                501, "NotImplemented", "This emulator has Key Vault's secrets only; see docs/parts/azure-emulator.md.")
        }
    }
}
