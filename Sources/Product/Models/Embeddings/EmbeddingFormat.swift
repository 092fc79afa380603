import Digests
import JSONCoding
import LateInteraction

/// How a service is asked for embeddings, and where they stand in its answer.
enum EmbeddingFormat: Sendable {
    /// OpenAI's `/embeddings`; the path may be Azure's.
    case openAI(path: String, model: String)
    /// Google's `batchEmbedContents`.
    case gemini(model: String)
    /// Ollama's `/api/embed`.
    case ollama(model: String)

    var path: String {
        switch self {
        case .openAI(let path, _): path
        case .gemini(let model): "/v1beta/models/\(model):batchEmbedContents"
        case .ollama: "/api/embed"
        }
    }

    func body(_ texts: [String]) -> JSONValue {
        switch self {
        case .openAI(_, let model):
            return ["model": .string(model), "input": .strings(texts), "encoding_format": "base64"]
        case .gemini(let model):
            let requests = texts.map { text -> JSONValue in
                ["model": .string("models/" + model), "content": ["parts": [["text": .string(text)]]]]
            }
            return ["requests": .array(requests)]
        case .ollama(let model): return ["model": .string(model), "input": .strings(texts), "truncate": true]
        }
    }

    /// The embeddings of an answer in the order of the texts; `nil` when it cannot be read.
    func embeddings(_ answer: JSONValue, count: Int) -> [Embedding]? {
        let entries: [JSONValue?]
        var tokens: [TokenEmbeddings?] = []
        switch self {
        case .openAI:
            let data = (answer["data"]?.array ?? []).sorted { ($0["index"]?.int ?? 0) < ($1["index"]?.int ?? 0) }
            entries = data.map { $0["embedding"] }
            tokens = data.map { $0["token_embeddings"]?.string.flatMap { TokenEmbeddings(base64: $0) } }
        case .gemini: entries = (answer["embeddings"]?.array ?? []).map { $0["values"] }
        case .ollama: entries = answer["embeddings"]?.array ?? []
        }
        let vectors = entries.compactMap(Self.vector)
        guard vectors.count == count, Set(vectors.map(\.count)).count == 1 else { return nil }
        return vectors.enumerated().map { index, vector in
            Embedding(vector: vector, tokens: tokens.indices.contains(index) ? tokens[index] : nil)
        }
    }

    /// A list of numbers, or base64 of little-endian floats.
    private static func vector(_ value: JSONValue?) -> [Float]? {
        if let numbers = value?.array {
            let floats = numbers.compactMap(\.double).map { Float($0) }
            return floats.count == numbers.count && !floats.isEmpty ? floats : nil
        }
        guard let text = value?.string, let bytes = Base64.decode(text), bytes.count % 4 == 0, !bytes.isEmpty else {
            return nil
        }
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
    }
}
