public import HTTPClient
import HTTPMessages
import JSONCoding
public import Settings
import Telemetry

/// Access tokens of the program's identity, kept and renewed early. One refresh serves all waiters.
///
/// Sources in their order: client secret, workload identity, the managed identity of Functions and App Service, and the
/// instance metadata service of virtual machines.
public actor TokenSource {
    private struct Held {
        let token: String
        let expires: Int64
        /// When a fresh one is asked for: at half its life, or five minutes early when it is short-lived.
        let renews: Int64
    }

    private let origin: TokenOrigin
    private let client: HTTPSession
    private var held: [String: Held] = [:]
    private var running: [String: Task<Held, any Error>] = [:]

    /// Chooses the source by the environment.
    public init(_ settings: SettingsReader, client: HTTPSession) {
        origin = TokenOrigin(settings)
        self.client = client
    }

    /// A token for a resource, e.g. `https://storage.azure.com/`.
    ///
    /// - Throws: `IdentityError`.
    public func token(for resource: String) async throws -> String {
        let now = Timestamp.nowMilliseconds() / 1000
        if let held = held[resource], held.renews > now { return held.token }
        let task = running[resource] ?? Task { [origin, client] in try await Self.fetch(resource, origin, client) }
        running[resource] = task
        do {
            let fresh = try await task.value
            if running[resource] == task { running[resource] = nil }
            held[resource] = fresh
            return fresh.token
        } catch {
            if running[resource] == task { running[resource] = nil }
            // The old one is good until it really expires.
            if let held = held[resource], held.expires > now { return held.token }
            throw error
        }
    }

    /// Drops a token that a service has refused.
    public func forget(_ resource: String) { held[resource] = nil }

    /// Refuses addresses to which a token would go in the clear over a network.
    ///
    /// - Throws: `IdentityError`.
    public nonisolated func checkMaySend(to url: String) throws {
        let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { prefix in
            url.hasPrefix(prefix) && [":", "/", nil].contains(url.dropFirst(prefix.count).first)
        }
        guard url.hasPrefix("https://") || isLocal else {
            throw IdentityError(description: "a token is sent over https only, and this service's address is not https")
        }
    }

    private static let policy = RetryPolicy(maximumTries: 4, firstPause: .milliseconds(400))

    private static func fetch(_ resource: String, _ origin: TokenOrigin, _ client: HTTPSession) async throws -> Held {
        func error(_ problem: String) -> IdentityError {
            IdentityError(description: "\(origin.name) gives no token for \(resource): \(problem)")
        }
        return try await policy.run { _ in
            // Made for each try: an assertion may have been replaced meanwhile.
            let request = try origin.request(for: resource)
            let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
            do {
                answer = try await client.fetch(request, limit: 64 * 1024)
            } catch let failure as HTTPClientError {
                throw RetryPolicy.Failure(error(failure.description), noAnswer: failure)
            }
            let json = (try? JSONParser.parse(answer.body)) ?? .null
            if answer.status == .ok, let (token, expires) = origin.token(in: json) {
                let now = Timestamp.nowMilliseconds() / 1000
                let life = max(0, expires - now)
                return Held(token: token, expires: expires, renews: life >= 7200 ? now + life / 2 : expires - 300)
            }
            let refusal = error("\(answer.status.rawValue) \(TokenOrigin.reason(in: json))")
            // Right after a start the endpoint may not be there yet; other refusals stay what they are.
            guard answer.status.rawValue >= 500 || [404, 410, 429].contains(answer.status.rawValue) else {
                throw refusal
            }
            throw RetryPolicy.Failure(refusal, .uncertain, wait: answer.fields.retryAfter(atMost: .seconds(20)))
        }
    }
}
