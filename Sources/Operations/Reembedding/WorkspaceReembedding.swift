import ChromaClient
import HTTPClient
import Models
import Retrieval

/// Embeds the passages of one workspace again.
struct WorkspaceReembedding {
    private static let freshName = "passages-next"
    private static let formerName = "passages-before"
    private static let batch = 64
    private static let maximumPasses = 20

    let url: String
    let token: String?
    let workspace: String
    let embeddings: EmbeddingClient
    let client: HTTPSession

    /// Does what is to be done; `progress` gets the number of passages embedded in one go.
    ///
    /// - Throws: `VectorServiceError`, `ModelServiceError`.
    func run(_ progress: (Int) -> Void) async throws -> Reembedder.Outcome {
        let current = store(ChromaService.collectionName, model: embeddings.model)
        guard let answering = try await current.state(of: ChromaService.collectionName) else {
            return Reembedder.Outcome(embedded: 0, next: .nothing)
        }
        let fresh = store(Self.freshName, model: embeddings.model)
        // What an earlier run with yet another model began is of no use.
        if let begun = try await fresh.state(of: Self.freshName), begun.embeddingModel != embeddings.model {
            try await fresh.drop(Self.freshName)
        }
        let isOfModel = answering.embeddingModel ?? embeddings.model == embeddings.model
        var isCurrent = isOfModel && answering.indexesWords
        if isOfModel, !isCurrent { isCurrent = try await !canIndexWords(fresh) }
        let former = try await current.state(of: Self.formerName)
        if isCurrent, isOfModel, former == nil { isCurrent = try await !lacksTokens(current) }
        if isCurrent {
            guard let former else { return Reembedder.Outcome(embedded: 0, next: .nothing) }
            let source = store(Self.formerName, model: former.embeddingModel ?? "")
            let count = try await copy(from: source, to: current, progress)
            try await current.drop(Self.formerName)
            return Reembedder.Outcome(embedded: count, next: .nothing)
        }
        let source = store(ChromaService.collectionName, model: answering.embeddingModel ?? "")
        var count = 0
        // Documents may come while others are embedded.
        for _ in 0..<Self.maximumPasses {
            let done = try await copy(from: source, to: fresh, progress)
            count += done
            if done == 0 { break }
        }
        try await removeGone(from: fresh, source: source)
        guard let complete = try await fresh.state(of: Self.freshName) else {
            // There is not a single passage: the next upload makes the collection anew.
            try await current.drop(ChromaService.collectionName)
            return Reembedder.Outcome(embedded: 0, next: .restart)
        }
        if former != nil { try await current.drop(Self.formerName) }
        try await current.rename(answering, to: Self.formerName)
        try await current.rename(complete, to: ChromaService.collectionName)
        return Reembedder.Outcome(embedded: count, next: .restart)
    }

    /// Whether the server can search words: a collection that was made before they were indexed is made anew then.
    private func canIndexWords(_ fresh: ChromaService) async throws -> Bool {
        guard let dimension = try await embeddings.embed(["words"]).first?.vector.count else { return false }
        if try await fresh.prepare(dimension: dimension) { return true }
        try await fresh.drop(Self.freshName)
        return false
    }

    /// Whether passages were made before the embeddings of tokens were kept, and can have them now.
    private func lacksTokens(_ store: ChromaService) async throws -> Bool {
        guard try await store.keepsTokens(), let first = try await store.records(limit: 1, offset: 0).first?.id,
            try await !store.hasTokens(first)
        else { return false }
        return try await embeddings.embed(["tokens"]).first?.tokens != nil
    }

    private func store(_ collection: String, model: String) -> ChromaService {
        ChromaService(
            url: url, token: token, tenant: workspace, embeddingModel: model,
            collection: collection,
            client: client)
    }

    /// Embeds what the target lacks. Returns how many passages that were.
    private func copy(from source: ChromaService, to target: ChromaService, _ progress: (Int) -> Void) async throws
        -> Int
    {
        var count = 0
        var offset = 0
        while true {
            let page = try await source.records(limit: Self.batch, offset: offset)
            if page.isEmpty { return count }
            offset += page.count
            let known = try await target.known(page.map(\.id))
            let missing = page.filter { !known.contains($0.id) }
            guard !missing.isEmpty else { continue }
            let entries = missing.map { (id: $0.id, entry: PassageEntry($0)) }
            let vectors = try await embeddings.embed(entries.map(\.entry.text))
            try await target.upsert(zip(entries, vectors).map { $0.entry.record(id: $0.id, $1) })
            count += missing.count
            progress(count)
        }
    }

    /// Passages of documents that were deleted meanwhile.
    private func removeGone(from target: ChromaService, source: ChromaService) async throws {
        var offset = 0
        while true {
            let ids = try await target.records(limit: Self.batch, offset: offset).map(\.id)
            if ids.isEmpty { return }
            let known = try await source.known(ids)
            let gone = ids.filter { !known.contains($0) }
            try await target.delete(ids: gone)
            offset += ids.count - gone.count
        }
    }
}
