public import AzureIdentity
public import HTTPClient
public import Settings

/// The models of `APUS_MODELS`, in order; the first is the default. `extractive` answers without a language model.
public struct ModelList: ConfiguredClient, Sendable {
    /// What stands in for a language model.
    public static let extractive = "extractive"
    public static var secretNames: [String] { ModelServices.secretNames }

    /// Every entry: a language model, or `nil` for the extractive answerer.
    public let entries: [(id: String, model: (any ChatModel)?)]

    /// Reads `APUS_MODELS`, `APUS_MODEL_SETTINGS` and the providers' own settings.
    public init(_ settings: inout SettingsReader, identity: TokenSource, client: HTTPSession) {
        let text = settings.optional("APUS_MODELS") ?? Self.extractive
        let file = ModelSettingsFile(&settings)
        let services = ModelServices(identity: identity)
        var entries: [(String, (any ChatModel)?)] = []
        for part in text.split(separator: ",").map({ $0.filter { $0 != " " } }) where !part.isEmpty {
            if entries.contains(where: { $0.0 == part }) {
                settings.add("APUS_MODELS", "names '\(part)' twice")
                continue
            }
            if part == Self.extractive {
                entries.append((Self.extractive, nil))
                continue
            }
            let pair = part.split(separator: ":", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                settings.add(
                    "APUS_MODELS", "has the entry '\(part)'; entries look like openai:gpt-4.1-mini or extractive")
                continue
            }
            guard let found = services.format(pair[0], model: pair[1], &settings) else { continue }
            let defaults = WellKnownModels.settings(pair[1], isLocal: found.isLocal)
            entries.append(
                (
                    part,
                    RemoteChatModel(
                        id: part, provider: pair[0], settings: file.applied(to: defaults, model: part),
                        format: found.format, client: client)
                ))
        }
        self.entries = entries
    }

    /// A list of models that are there already.
    public init(_ entries: [(id: String, model: (any ChatModel)?)]) { self.entries = entries }

    /// The entry of that id; the first for `nil`.
    public func entry(_ id: String?) -> (id: String, model: (any ChatModel)?)? {
        guard let id else { return entries.first }
        return entries.first { $0.id == id }
    }

    /// The models to try, in order: the one that was chosen, then those that follow it in the list, then the others.
    public func chain(from id: String) -> [(id: String, model: (any ChatModel)?)] {
        guard let place = entries.firstIndex(where: { $0.id == id }) else { return entries }
        return Array(entries[place...] + entries[..<place])
    }
}
