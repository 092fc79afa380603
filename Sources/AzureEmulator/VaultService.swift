import Digests
import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import SQLite
import Synchronization
import Telemetry

/// Managed identity and Key Vault secrets: tokens that the identity endpoint gave out open the vault.
final class VaultService: Sendable {
    private struct Token {
        let resource: String
        let expires: Int64
    }

    private let database: SQLiteDatabase
    private let header: String
    private let tokens = Mutex<[String: Token]>([:])

    static let bodyLimit = 64 * 1024

    /// - Parameter header: What callers of the identity endpoint have to send as `X-IDENTITY-HEADER`.
    init(directory: String, header: String) throws {
        self.header = header
        database = try SQLiteDatabase(
            path: directory + "/vault.sqlite",
            schema: """
                CREATE TABLE IF NOT EXISTS secrets (
                    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version TEXT NOT NULL,
                    value TEXT NOT NULL, created INTEGER NOT NULL);
                """)
    }

    // MARK: - Identity

    func identity(_ request: HTTPRequest) async -> HTTPResponse {
        guard Digest.constantTimeEqual((request.fields["x-identity-header"] ?? "").bytes, header.bytes) else {
            return HTTPResponse(
                .forbidden, json: ["statusCode": 403, "message": "X-IDENTITY-HEADER is missing or wrong."])
        }
        guard let resource = request.target.parameter("resource"), !resource.isEmpty else {
            return HTTPResponse(.badRequest, json: ["statusCode": 400, "message": "resource is required."])
        }
        let expires = Timestamp.nowMilliseconds() / 1000 + 3600
        let token = Digest.hex(Digest.randomBytes(32))
        tokens.withLock { tokens in
            let now = Timestamp.nowMilliseconds() / 1000
            tokens = tokens.filter { $0.value.expires > now }
            tokens[token] = Token(resource: resource, expires: expires)
        }
        return HTTPResponse(
            json: [
                "access_token": .string(token), "client_id": "00000000-0000-0000-0000-000000000001",
                "expires_on": .string(String(expires)), "not_before": .string(String(expires - 3600)),
                "resource": .string(resource), "token_type": "Bearer",
            ])
    }

    // MARK: - Secrets

    func vault(_ request: HTTPRequest) async -> HTTPResponse {
        do {
            return try await answer(request)
        } catch let problem as Problem {
            return Self.failure(problem.status, problem.fields.first?.field ?? "BadParameter", problem.detail)
        } catch {
            return Self.failure(.internalServerError, "InternalError", "The server's log has the reason.")
        }
    }

    private static func failure(_ status: HTTPStatus, _ code: String, _ message: String) -> HTTPResponse {
        HTTPResponse(status, json: ["error": ["code": .string(code), "message": .string(message)]])
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let bearer = request.fields["authorization"], bearer.hasPrefix("Bearer "),
            isValid(String(bearer.dropFirst(7)))
        else {
            var response = Self.failure(
                .unauthorized, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
            response.fields["WWW-Authenticate"] =
                "Bearer authorization=\"https://login.microsoftonline.com/local\", resource=\"https://vault.azure.net\""
            return response
        }
        guard request.target.parameter("api-version") != nil else {
            throw Problem(.badRequest, "api-version is required.")
        }
        guard let parts = request.target.segments, parts.first == "secrets", (2...3).contains(parts.count) else {
            throw Problem(.notImplemented, "The emulator does not support this operation.")
        }
        let name = parts[1]
        guard (1...127).contains(name.utf8.count),
            name.utf8.allSatisfy({
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
            })
        else { throw Problem(.badRequest, "A secret's name has 1 to 127 of a-z, A-Z, 0-9 and -.") }
        if request.method == .put, parts.count == 2 {
            let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
            guard let value = body["value"]?.string else { throw Problem(.badRequest, "value is required.") }
            let row: [SQLiteValue] = [
                .text(name), .text(Digest.hex(Digest.randomBytes(16))), .text(value),
                .integer(Timestamp.nowMilliseconds() / 1000),
            ]
            try await database.write { access in
                try access.query("INSERT INTO secrets (name, version, value, created) VALUES (?, ?, ?, ?)", row)
            }
            return Self.bundle(request, row)
        }
        guard request.method == .get else {
            throw Problem(.notImplemented, "The emulator does not support this operation.")
        }
        let version = parts.count == 3 ? parts[2] : nil
        let rows = try database.query(
            "SELECT name, version, value, created FROM secrets WHERE name = ? AND (? IS NULL OR version = ?) ORDER BY seq DESC LIMIT 1",
            [.text(name), .optional(version), .optional(version)])
        guard let row = rows.first else {
            return Self.failure(
                .notFound, "SecretNotFound", "A secret with (name/id) \(name) was not found in this key vault.")
        }
        return Self.bundle(request, row)
    }

    private func isValid(_ token: String) -> Bool {
        tokens.withLock { tokens in
            guard let held = tokens[token], held.expires > Timestamp.nowMilliseconds() / 1000 else { return false }
            return held.resource == "https://vault.azure.net" || held.resource == "https://vault.azure.net/"
        }
    }

    private static func bundle(_ request: HTTPRequest, _ row: [SQLiteValue]) -> HTTPResponse {
        let host = request.fields["host"] ?? "127.0.0.1"
        let created = JSONValue.int(row[3].int ?? 0)
        return HTTPResponse(
            json: [
                "value": .optional(row[2].string),
                "id": .string("http://\(host)/secrets/\(row[0].string ?? "")/\(row[1].string ?? "")"),
                "attributes": ["enabled": true, "created": created, "updated": created],
            ])
    }
}
