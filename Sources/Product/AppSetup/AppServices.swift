public import AzureIdentity
public import HTTPClient
public import Settings
public import Telemetry
public import TelemetryExport

/// What a program's services are made from: its settings with the vault's secrets, its identity, one HTTP session.
///
/// Usage: make the clients, read what else there is to read, then call `finish`, which refuses unusable settings with
/// everything that is wrong with them.
public struct AppServices {
    /// For what the program reads besides its clients' settings.
    public var settings: SettingsReader
    public let identity: TokenSource
    public let client: HTTPSession
    private let users: Set<ObjectIdentifier>

    /// Fetches the secrets.
    ///
    /// - Parameters:
    ///   - users: Everything that will read secrets from the settings.
    ///   - secretNames: Secrets whose names the settings themselves decide.
    /// - Throws: what reading the vault throws.
    public init(
        _ users: [any SecretSettings.Type], secretNames: [String] = [], environment: [String: String],
        client: HTTPSession = HTTPSession()
    ) async throws {
        settings = SettingsReader(
            try await KeyVaultSettings.resolved(
                environment, names: users.flatMap { $0.secretNames } + secretNames, client: client))
        identity = TokenSource(settings, client: client)
        self.client = client
        self.users = Set(users.map { ObjectIdentifier($0) })
    }

    /// A client; `nil` when its settings are not usable, which `finish` reports.
    public mutating func make<Client: ConfiguredClient>(_ type: Client.Type) -> Client? {
        // Otherwise its secrets would be missing wherever they lie in a vault, and nowhere else.
        precondition(users.contains(ObjectIdentifier(type)), "\(type) is not among those that read secrets")
        return Client(&settings, identity: identity, client: client)
    }

    /// Begins to report metrics and spans where the settings name a collector.
    ///
    /// - Parameter service: The program's name there.
    public mutating func reportTelemetry(as service: String, log: Log) -> ExportSettings {
        _ = settings.logLevel()
        return TelemetryExporter.start(service, &settings, client: client, log: log)
    }

    /// Ends reading.
    ///
    /// - Parameter made: What was made from the settings.
    /// - Returns: The same, all of it there.
    /// - Throws: `SettingsError`.
    public func finish<each Made>(_ made: repeat (each Made)?) throws -> (repeat each Made) {
        try settings.finish()
        return (repeat try Self.there(each made))
    }

    private static func there<Made>(_ made: Made?) throws -> Made {
        // Whoever makes nothing of the settings has to say why; this is for one that forgets to.
        guard let made else { throw SettingsError(problems: ["\(Made.self) cannot be made of the settings"]) }
        return made
    }
}
