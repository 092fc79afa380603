public import HTTPMessages

/// In whose name a command asks a running Apus.
public enum OwnName {
    /// The header fields that say so: the key of `APUS_API_KEY`, where there is one.
    public static func fields(_ environment: [String: String]) -> HTTPFields {
        guard let key = environment["APUS_API_KEY"], !key.isEmpty else { return HTTPFields() }
        return ["Authorization": "Bearer \(key)"]
    }
}
