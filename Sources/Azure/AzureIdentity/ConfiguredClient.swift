public import HTTPClient
public import Settings

/// A client of a service that the program's settings describe.
public protocol ConfiguredClient: SecretSettings {
    /// Reads the settings; what is wrong with them is noted there.
    ///
    /// - Returns: `nil` when nothing can be made of them.
    init?(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession)
}
