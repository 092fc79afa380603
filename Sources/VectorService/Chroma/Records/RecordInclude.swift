public import JSONCoding

/// Which members an answer has besides the ids.
public struct RecordInclude: Sendable {
    public let names: [String]
    /// Name of the embeddings of tokens, an extension of Chroma's API.
    public static let tokens = "token_embeddings"

    /// The list as the answer repeats it.
    public let echo: JSONValue

    /// - Parameter allowsTokens: Whether the answer can have the embeddings of tokens.
    init(_ value: JSONValue?, default standard: [String], allowsTokens: Bool = false) throws(ChromaError) {
        guard let value else {
            names = standard
            echo = .strings(standard)
            return
        }
        guard let list = value.array else { throw .shape("include", "expected a list") }
        let known = ["distances", "documents", "embeddings", "metadatas", "uris"]
        var names: [String] = []
        for item in list {
            guard let name = item.string, known.contains(name) || allowsTokens && name == Self.tokens
            else {
                throw .shape("include", "unknown variant, expected one of \(known.joined(separator: ", "))")
            }
            names.append(name)
        }
        self.names = names
        echo = value
    }
}
