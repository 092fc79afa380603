import Digests
import HTTPClient

/// An identity provider, and what is known of it: asked when it is first needed, and kept.
actor OpenIDProvider {
    /// How long what it says of itself counts.
    static let life = Duration.seconds(3600)
    /// The least time between two readings of the keys because a token names one that is not there.
    static let keysPause = Duration.seconds(30)
    /// Attempts that are looked into side by side.
    private static let mostAtOnce = 32

    nonisolated let settings: ProviderSettings
    nonisolated let calls: ProviderCalls
    private let metadata: KeptAnswer<ProviderMetadata>
    private let keys: KeptAnswer<ProviderKeys>
    private var present = 0

    /// A provider that nothing was asked of yet.
    ///
    /// - Parameters:
    ///   - patience: The longest time for one answer.
    ///   - now: The time; another than the machine's for tests.
    init(
        _ settings: ProviderSettings, client: HTTPSession, patience: Duration = .seconds(10),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.settings = settings
        calls = ProviderCalls(settings: settings, client: client, patience: patience)
        metadata = KeptAnswer(now: now)
        keys = KeptAnswer(now: now)
    }

    /// What it says of itself.
    ///
    /// - Throws: `OpenIDFailure`.
    func discover() async throws -> ProviderMetadata {
        try await metadata.value(for: Self.life) { [calls] in try await calls.metadata() }
    }

    /// The key that a token names. One that is not there may be new: the keys are read again, but not for every token that
    /// somebody makes up.
    ///
    /// - Throws: `OpenIDFailure`.
    func key(of token: IDToken) async throws -> PublicKey {
        let metadata = try await discover()
        for life in [Self.life, Self.keysPause] {
            let known = try await keys.value(for: life) { [calls] in try await calls.keys(metadata) }
            if let key = known.key(token.keyID, for: token.algorithm) { return key }
        }
        throw OpenIDFailure(.invalid, "the provider has no key, or several, of the ID token's kid and alg")
    }

    /// Runs what asks the provider about one attempt, as long as there are not too many.
    ///
    /// - Throws: `OpenIDFailure`, and what the body throws.
    func attending<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        guard present < Self.mostAtOnce else { throw OpenIDFailure(.busy, "too many sign in at the moment") }
        present += 1
        defer { present -= 1 }
        return try await body()
    }
}
