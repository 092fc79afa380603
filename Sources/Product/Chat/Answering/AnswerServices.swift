import AccessControl
import Catalog
import ChatMessages
import ChromaClient
import Models
import Quotas
import Retrieval
import TaskTools
import Telemetry
import Tools

/// What answers are made with, whoever asks; each request gets a part of it, with what its person sees and nothing else.
struct AnswerServices: Sendable {
    let catalog: CatalogDatabase
    let messages: MessageStore
    let models: ModelList
    let presets: PresetLibrary
    /// What trials change, by workspace.
    let splits: KeyedValues<SplitsInForce>
    private let embeddings: EmbeddingClient
    private let vectors: ChromaTenants
    private let tools: [any Tool]
    private let cacheSeconds: Int
    private let unsupported: UnsupportedHandling
    private let circuits: Circuits
    private let quotas: QuotaBook
    /// What is being written here, and read here while others write it.
    let running: RunningAnswers
    private let watched: WatchedAnswers
    private let interrupted: InterruptedAnswers
    private let log: Log

    /// - Parameters:
    ///   - tools: Those that were declared; those for documents are of the documents that are asked.
    ///   - cacheSeconds: How long answers are remembered; 0 for not at all.
    init(
        catalog: CatalogDatabase, messages: MessageStore, embeddings: EmbeddingClient, vectors: ChromaTenants,
        models: ModelList, presets: PresetLibrary, tools: [any Tool], cacheSeconds: Int,
        unsupported: UnsupportedHandling, log: Log
    ) {
        self.catalog = catalog
        self.messages = messages
        self.embeddings = embeddings
        self.vectors = vectors
        self.models = models
        self.presets = presets
        self.tools = tools
        self.cacheSeconds = cacheSeconds
        self.unsupported = unsupported
        self.log = log
        running = RunningAnswers(catalog: catalog, log: log)
        interrupted = InterruptedAnswers(catalog: catalog, messages: messages)
        watched = WatchedAnswers(catalog: catalog, interrupted: interrupted, log: log)
        splits = KeyedValues { SplitsInForce(catalog: catalog.view(of: $0)) }
        circuits = Circuits(catalog: catalog, log: log)
        quotas = QuotaBook(catalog)
    }

    /// What one person's answers are made with.
    func library(for access: Access) -> Library {
        let passages = vectors.of(access.workspace)
        let retriever = PassageRetriever(embeddings: embeddings, vectors: passages)
        let pages = PageReader(vectors: passages)
        let own: [any Tool] = [SearchDocumentsTool(retriever: retriever), ReadPagesTool(pages: pages)]
        let view = catalog.view(for: access)
        let meter = Meter(catalog: view, key: access.key, book: quotas, log: log)
        return Library(
            catalog: view, retriever: retriever, pages: pages, models: models.metered(by: meter), meter: meter,
            presets: presets, tools: own + tools, cacheSeconds: cacheSeconds, unsupported: unsupported,
            splits: splits[access.workspace], log: log)
    }

    /// Answers in one person's chats.
    func engine(for access: Access) -> TurnEngine {
        let library = library(for: access)
        return TurnEngine(
            library: library, messages: messages.view(of: access.workspace), answerer: answerer(library))
    }

    /// The answers that one person sees, as they are written.
    func reader(for access: Access) -> AnswerReader {
        AnswerReader(
            catalog: catalog.view(for: access), messages: messages.view(of: access.workspace), running: running,
            watched: watched, interrupted: interrupted)
    }

    /// Ends answers whose process died while it wrote them.
    func endAbandonedAnswers() async {
        do { try await interrupted.endAll() } catch {
            log.warning("answers of dead processes could not be ended", ["error": String(describing: error)])
        }
    }

    /// Answers to one person that belong to no chat.
    func oneOff(for access: Access) -> OneOffAnswer {
        let library = library(for: access)
        return OneOffAnswer(library: library, answerer: answerer(library))
    }

    private func answerer(_ library: Library) -> Answerer {
        Answerer(
            models: library.models, retriever: library.retriever, circuits: circuits, unsupported: unsupported,
            meter: library.meter, log: log)
    }
}
