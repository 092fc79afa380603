/// Whoever reads secrets from settings says which: they may lie in a vault, and are fetched before anything is read.
public protocol SecretSettings {
    /// Names of the settings.
    static var secretNames: [String] { get }
}
