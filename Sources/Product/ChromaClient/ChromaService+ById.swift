import JSONCoding
public import LateInteraction

extension ChromaService {
    /// A passage that was asked for by its id.
    public struct Named: Sendable {
        public let id: String
        public let document: String
        /// `nil` where the server has none.
        public let tokens: TokenEmbeddings?
    }

    /// The passages of these ids that are there, in no order.
    ///
    /// - Throws: `VectorServiceError`.
    public func records(ids: [String]) async throws -> [Named] {
        guard !ids.isEmpty else { return [] }
        let keepsTokens = try await keepsTokens()
        let body: JSONValue = [
            "ids": .strings(ids),
            "include": .strings(["documents"] + (keepsTokens ? [Self.tokensKey] : [])),
        ]
        let answer = try await onCollectionRaw("get", dimension: nil, body.encoded, makes: false)
        let found = answer?["ids"]?.array ?? []
        return found.indices.compactMap { index in
            guard let id = found[index].string, let text = answer?["documents"]?[index]?.string else { return nil }
            return Named(
                id: id, document: text,
                tokens: (answer?[Self.tokensKey]?[index]?.string).flatMap { TokenEmbeddings(base64: $0) })
        }
    }
}
