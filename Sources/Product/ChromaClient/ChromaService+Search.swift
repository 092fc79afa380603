import HTTPMessages
public import JSONCoding
public import LateInteraction
public import TextAnalysis

extension ChromaService {
    /// A passage that may answer, found by meaning, by words, or by both.
    public struct Candidate: Sendable {
        public let id: String
        public let document: String
        public let metadata: JSONObject
        /// Cosine similarity; `nil` when it is none of the nearest.
        public internal(set) var similarity: Float?
        /// Sum of BM25 over the question's terms, with frequencies of the whole collection; `nil` when it is none of those
        /// with the greatest.
        public internal(set) var wordScore: Float?
        /// MaxSim of its tokens with the question's, -1 to 1; `nil` where the server has none.
        public internal(set) var lateInteraction: Float?
    }

    /// What a search for a question found.
    public struct Candidates: Sendable {
        public let found: [Candidate]
        /// Whether words were searched too: a server without sparse vectors knows only the nearest.
        public let hasWords: Bool

        /// Those of documents that may be searched.
        public func of(_ documents: Set<String>) -> Candidates {
            let own = found.filter { $0.metadata["documentId"]?.string.map(documents.contains) ?? false }
            return Candidates(found: own, hasWords: hasWords)
        }
    }

    /// Passages nearest to a vector beside those that share words with the question, in one request.
    ///
    /// - Parameters:
    ///   - tokens: The question's, to which those of the passages are compared.
    ///   - count: Most of each kind.
    /// - Throws: `VectorServiceError`.
    public func candidates(
        _ vector: [Float], tokens: TokenEmbeddings? = nil, words: SearchTerms, count: Int, filter: JSONValue?
    ) async throws -> Candidates {
        guard try await indexesWords(), !words.indices.isEmpty else {
            let hits = try await query(vector, count: count, filter: filter)
            let found = hits.map { hit in
                Candidate(
                    id: hit.id, document: hit.document, metadata: hit.metadata, similarity: 1 - hit.distance,
                    wordScore: nil)
            }
            return Candidates(found: found, hasWords: false)
        }
        var numbers: [UInt8] = []
        JSONText.write(vector, to: &numbers)
        let rest =
            ",\"limit\":{\"limit\":\(count)}"
            + (filter.map { ",\"filter\":\($0.text)" } ?? "")
            + (try await late(tokens))
            + ",\"select\":{\"keys\":[\"#document\",\"#score\",\"documentId\",\"name\",\"page\",\"start\",\"end\",\"heading\",\"columns\"]}}"
        var body = "{\"searches\":[{\"rank\":{\"$knn\":{\"limit\":\(count),\"key\":\"#embedding\",\"query\":".bytes
        body += numbers
        body += "}}\(rest),{\"rank\":{\"$knn\":{\"limit\":\(count),\"key\":\"\(Self.wordsKey)\",\"query\":".utf8
        body += Self.sparse(words).text.utf8
        body += "}}\(rest)]}".utf8
        guard let answer = try await onCollectionRaw("search", dimension: vector.count, body, makes: false) else {
            return Candidates(found: [], hasWords: true)
        }
        return Candidates(found: Self.merged(Self.hits(answer, 0), Self.hits(answer, 1)), hasWords: true)
    }

    /// The member of a search that has tokens compared; nothing where the server cannot.
    private func late(_ tokens: TokenEmbeddings?) async throws -> String {
        guard let tokens, try await keepsTokens() else { return "" }
        return ",\"late_interaction\":" + JSONValue.string(tokens.base64).text
    }

    /// Wire form of a sparse vector.
    public static func sparse(_ terms: SearchTerms) -> JSONValue {
        [
            "#type": "sparse_vector", "indices": .array(terms.indices.map { .int(Int64($0)) }),
            "values": .array(terms.values.map { .double(Double(($0 * 1000).rounded()) / 1000) }),
        ]
    }

    /// The hits of one search; their distances stand where the similarity does.
    private static func hits(_ answer: JSONValue, _ search: Int) -> [Candidate] {
        let ids = answer["ids"]?[search]?.array ?? []
        return ids.indices.compactMap { index in
            guard let id = ids[index].string, let text = answer["documents"]?[search]?[index]?.string,
                let distance = answer["scores"]?[search]?[index]?.double
            else { return nil }
            return Candidate(
                id: id, document: text, metadata: answer["metadatas"]?[search]?[index]?.object ?? JSONObject(),
                similarity: 1 - Float(distance), wordScore: nil,
                lateInteraction: (answer["late_interaction"]?[search]?[index]?.double).map { Float($0) })
        }
    }

    private static func merged(_ near: [Candidate], _ wordy: [Candidate]) -> [Candidate] {
        var found = near
        var places = Dictionary(near.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for var candidate in wordy {
            let score = candidate.similarity
            if let place = places[candidate.id] {
                found[place].wordScore = score
            } else {
                places[candidate.id] = found.count
                candidate.similarity = nil
                candidate.wordScore = score
                found.append(candidate)
            }
        }
        return found
    }
}
