import Chroma
import Digests
import HTTPMessages
public import Settings

/// Who may use the vectors port: tokens, each for one tenant or for all. Without any token everybody may.
public struct AccessTokens: SecretSettings, Sendable {
    /// The setting with the token that opens every tenant.
    public static let keyName = "APUS_CHROMA_TOKEN"
    public static let secretNames = [keyName]

    /// Whose data a caller may see.
    enum Caller: Sendable, Equatable {
        case everyone
        case tenant(String)
        /// Nobody's data: what the programs report of themselves.
        case metrics
    }

    /// What stands for the tenant in the line of a token that reads `/metrics` and reports to it, and no more.
    private static let metricsWord = "@metrics"
    /// Paths that such a token is for.
    private static let metricsPaths = TelemetryRoutes.paths.union([TelemetryRoutes.metricsPath])

    private struct Entry: Sendable {
        let token: Secret
        let caller: Caller
    }

    private let entries: [Entry]

    /// - Parameters:
    ///   - token: Opens every tenant.
    ///   - file: Lines of a token, white space, and a tenant, `*` or `@metrics`; empty lines and lines that begin
    ///     with `#` are skipped.
    /// - Throws: `AccessTokensError` with the number of a line that is neither.
    public init(token: Secret?, file: String?) throws(AccessTokensError) {
        var entries = token.map { [Entry(token: $0, caller: .everyone)] } ?? []
        let lines = (file ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 2 else { throw AccessTokensError(line: number + 1) }
            let caller: Caller =
                switch words[1] {
                case "*": .everyone
                case Self.metricsWord: .metrics
                default: .tenant(words[1])
                }
            entries.append(Entry(token: Secret(first), caller: caller))
        }
        self.entries = entries
    }

    /// Paths that tell nothing about anybody's data.
    private static let open: Set<String> = [
        "/api/v2", "/api/v2/heartbeat", "/api/v2/healthcheck", "/api/v2/version", "/api/v2/pre-flight-checks",
    ]

    /// Who sends the request, by its token.
    ///
    /// - Throws: `ChromaError` 401 for a missing or wrong token.
    func caller(of request: HTTPRequest) throws(ChromaError) -> Caller {
        guard !entries.isEmpty else { return .everyone }
        let bearer = request.fields["authorization"].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        let given = (request.fields["x-chroma-token"] ?? bearer ?? "").bytes
        var found: Entry?
        // Every entry is compared, so that the time does not tell which one is near.
        for entry in entries where Digest.constantTimeEqual(given, entry.token.value.bytes) { found = entry }
        guard let found else {
            throw ChromaError(
                .unauthorized, "AuthError",
                "The token is missing or wrong; send it as x-chroma-token or as a bearer token")
        }
        return found.caller
    }

    /// Lets a request pass whose path is open to everybody or its caller's to use.
    ///
    /// - Throws: `ChromaError` 401 for a missing or wrong token, 403 for one of another tenant.
    func admit(_ request: HTTPRequest) throws(ChromaError) {
        guard !Self.open.contains(request.target.rawPath) else { return }
        let tenant: String
        switch try caller(of: request) {
        case .everyone: return
        case .metrics:
            guard Self.metricsPaths.contains(request.target.rawPath) else { throw Self.forbidden }
            return
        case .tenant(let name): tenant = name
        }
        // What is counted there is every tenant's.
        guard request.target.rawPath != TelemetryRoutes.metricsPath else { throw Self.forbidden }
        let segments = request.target.segments ?? []
        if segments.count >= 4, segments[2] == "tenants" {
            guard segments[3] == tenant else { throw Self.forbidden }
        } else if segments.first == "api", segments.count >= 3,
            ["tenants", "reset", "collections"].contains(segments[2])
        {
            // Making tenants, resetting and names across tenants are for those who may see all.
            throw Self.forbidden
        }
    }

    private static let forbidden = ChromaError(
        .forbidden, "AuthorizationError", "The token is not valid for this tenant")
}

/// A line of the token file is not a token and a tenant.
public struct AccessTokensError: Error, CustomStringConvertible {
    let line: Int
    public var description: String {
        "line \(line) of the token file is not a token followed by a tenant, * or @metrics"
    }
}
