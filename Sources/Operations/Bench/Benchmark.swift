/// What can be measured, by the name that the command line has for it.
public enum Benchmark: String, CaseIterable, Sendable {
    /// The whole product with documents.
    case product
    /// The vector service beside Chroma's own server.
    case vectors
    /// The vector service with a million vectors.
    case millionVectors = "million-vectors"
    /// The Azure emulator, and the Blob client's memory.
    case azure
    /// What the functions host adds to a handler.
    case functions
    /// What the chat handler adds to a model's tokens.
    case models

    /// Measures, and gives the figures next to their bars.
    ///
    /// - Parameter documents: Folder with documents, for `product`; `questions.jsonl` lies in it or beside it.
    /// - Throws: `BenchError` when something that it needs is missing, or a program fails.
    public func run(on bench: Workbench, documents: String) async throws -> BenchReport {
        switch self {
        case .product: try await ProductBench(bench: bench, documents: documents).run()
        case .vectors: try await VectorBench(bench: bench).run()
        case .millionVectors: try await MillionBench(bench: bench).run()
        case .azure: try await AzureBench(bench: bench).run()
        case .functions: try await FunctionsBench(bench: bench).run()
        case .models: try await ModelsBench(bench: bench).run()
        }
    }

    /// The figures alone; the vector service's without Chroma's server, whose installation a check does not need.
    func figures(on bench: Workbench, documents: String) async throws -> [Figure] {
        if self == .vectors { return try await VectorBench(bench: bench).runAlone() }
        return try await run(on: bench, documents: documents).figures
    }

    /// Sends 1 GB through our Blob client and back.
    ///
    /// - Parameter endpoint: The emulator's Blob endpoint.
    /// - Returns: Megabytes that were resident at most in this process, which should do nothing else.
    public static func blobClientMemory(endpoint: String) async throws -> Double {
        try await AzureClientBench.run(endpoint)
    }
}
