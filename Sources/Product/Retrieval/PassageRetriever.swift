import Chroma
public import ChromaClient
import JSONCoding
public import LateInteraction
public import Models
import Telemetry
import TextAnalysis

/// Finds the passages that bear on a question.
public struct PassageRetriever: Sendable {
    /// What was found, and how long each step took.
    public struct Result: Sendable {
        public let passages: [FoundPassage]
        public let embedMilliseconds: Double
        public let searchMilliseconds: Double
        /// How they were found.
        public let configuration: RetrievalConfiguration
        /// Embeddings of the question's tokens; `nil` when the service gives none.
        public var questionTokens: TokenEmbeddings?

        /// The same without what is less like the question, numbered anew.
        public func scoring(atLeast score: Double) -> Result {
            var kept = passages.filter { $0.score >= score }
            for place in kept.indices { kept[place].n = place + 1 }
            return Result(
                passages: kept, embedMilliseconds: embedMilliseconds, searchMilliseconds: searchMilliseconds,
                configuration: configuration, questionTokens: questionTokens)
        }
    }

    /// More documents than this, which is as many as a workspace holds, are filtered after the search instead of in it.
    static let filterLimit = 10_000

    private let embeddings: EmbeddingClient
    let vectors: ChromaService
    /// How this retriever finds where nothing else is said.
    public let configuration: RetrievalConfiguration

    /// A retriever over an embedding model and a collection.
    public init(embeddings: EmbeddingClient, vectors: ChromaService) {
        self.embeddings = embeddings
        self.vectors = vectors
        configuration = RetrievalConfiguration(embeddingModel: embeddings.model)
    }

    /// The best passages, best first, numbered from 1.
    ///
    /// - Parameters:
    ///   - documents: Documents that may be searched.
    ///   - count: Most of them; `nil` for as many as the configuration says.
    ///   - configuration: How they are found; `nil` for this retriever's way.
    public func passages(
        for question: String, in documents: [String], count: Int? = nil, configuration: RetrievalConfiguration? = nil
    ) async throws -> Result {
        try await Span.run("retrieve passages") {
            try await find(question, in: documents, count: count, configuration ?? self.configuration)
        }
    }

    private func find(_ question: String, in documents: [String], count: Int?, _ configuration: RetrievalConfiguration)
        async throws -> Result
    {
        let watch = Stopwatch()
        guard !documents.isEmpty, let asked = try await embeddings.embed([PlainForm.of(question)]).first else {
            return Result(
                passages: [], embedMilliseconds: watch.milliseconds, searchMilliseconds: 0, configuration: configuration
            )
        }
        let embedded = watch.milliseconds
        RetrievalMetrics.note(step: "embed", milliseconds: embedded)
        let isFiltered = documents.count <= Self.filterLimit
        let filter: JSONValue? = isFiltered ? ["documentId": ["$in": .strings(documents)]] : nil
        let candidates = try await vectors.candidates(
            asked.vector, tokens: asked.tokens, words: SearchTerms(question: question),
            count: configuration.candidates, filter: filter)
        // Before the ranking, whose scores lie between the least and the greatest of those found.
        let found = configuration.ranking.rank(candidates.of(Set(documents)), question: question)
        var ranked = Self.distinct(found, count: count ?? configuration.passages)
        for index in ranked.indices { ranked[index].n = index + 1 }
        RetrievalMetrics.note(step: "search", milliseconds: watch.milliseconds - embedded)
        RetrievalMetrics.note(ranked)
        return Result(
            passages: ranked, embedMilliseconds: embedded,
            searchMilliseconds: ((watch.milliseconds - embedded) * 10).rounded() / 10,
            configuration: configuration, questionTokens: asked.tokens)
    }

    /// A passage as the vector store keeps it; `nil` when it is none of ours.
    static func passage(_ text: String, _ metadata: JSONObject, similarity: Double) -> FoundPassage? {
        guard let document = metadata["documentId"]?.string, let page = metadata["page"]?.int,
            let start = metadata["start"]?.int, let end = metadata["end"]?.int
        else { return nil }
        var passage = FoundPassage(
            n: 0, documentId: document, name: metadata["name"]?.string ?? "", page: Int(clamping: page),
            start: Int(clamping: start), end: Int(clamping: end), text: text, score: similarity, similarity: similarity)
        passage.heading = metadata["heading"]?.string
        passage.columns = metadata["columns"]?.string
        return passage
    }

    /// Leaves out passages that overlap a better one almost wholly. Of a document with several pages, most are the best of
    /// their page: four passages of one page crowd out what answers.
    private static func distinct(_ ranked: [FoundPassage], count: Int) -> [FoundPassage] {
        var pages: [String: Set<Int>] = [:]
        for passage in ranked { pages[passage.documentId, default: []].insert(passage.page) }
        var kept: [FoundPassage] = []
        var later: [FoundPassage] = []
        for passage in ranked {
            let isCovered = (kept + later).contains { other in
                other.documentId == passage.documentId
                    && 2 * (min(other.end, passage.end) - max(other.start, passage.start)) > passage.end - passage.start
            }
            guard !isCovered else { continue }
            let isOfPages = pages[passage.documentId, default: []].count > 1
            if isOfPages, kept.contains(where: { $0.documentId == passage.documentId && $0.page == passage.page }) {
                later.append(passage)
            } else {
                kept.append(passage)
            }
        }
        let most = max(1, count * 3 / 4)
        return Array((kept.prefix(most) + (later + kept.dropFirst(most)).sorted { $0.score > $1.score }).prefix(count))
    }
}
