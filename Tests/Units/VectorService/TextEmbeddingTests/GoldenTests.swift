import JSONCoding
import MatrixProducts
import TestSupport
import Testing
import TextEmbedding
import WordPieces

/// What programs that share no code with ours make of the official weights, in fp32.
private struct Golden {
    let text: String
    let ids: [Int32]
    let embedding: [Float]

    static func all(_ file: String) throws -> [Golden] {
        let bytes = try Fixtures.bytes(file)
        return try bytes.split(separator: 10).map { line in
            let value = try JSONParser.parse(Array(line))
            return Golden(
                text: value["text"]?.string ?? "",
                ids: (value["ids"]?.array ?? []).compactMap(\.int).map { Int32(truncatingIfNeeded: $0) },
                embedding: (value["embedding"]?.array ?? []).compactMap(\.double).map { Float($0) })
        }
    }
}

@Suite(.enabled(if: Fixtures.hasModel, "needs the embedding model; scripts/setup fetches it"))
struct GoldenTests {
    @Test(arguments: Fixtures.goldenEmbeddings)
    func tokenizesLikeTheReference(file: String) throws {
        let golden = try Golden.all(file)
        #expect(golden.count >= 24)
        for item in golden { #expect(WordPieceTokenizer.shared.encode(item.text) == item.ids, "\(item.text)") }
    }

    @Test(arguments: [(Precision.float32, Float(0.9999)), (.bfloat16, 0.999)], Fixtures.goldenEmbeddings)
    func embedsLikeTheReference(precision: (Precision, Float), file: String) async throws {
        let (precision, floor) = precision
        guard precision == .float32 || MatrixEngine.hasBFloat16 else { return }
        let golden = try Golden.all(file)
        let queue = EmbeddingQueue(try MiniLMEncoder(directory: Fixtures.model, precision: precision))
        let together = try await queue.embed(golden.map(\.text)).embeddings.map(\.vector)
        for (item, vector) in zip(golden, together) {
            #expect(cosine(item.embedding, vector) >= floor, "\(item.text)")
            // A text's embedding does not depend on the batch it came in.
            let alone = try await queue.embed([item.text]).embeddings[0].vector
            #expect(cosine(alone, vector) >= floor)
        }
    }

    private func cosine(_ a: [Float], _ b: [Float]) -> Float {
        func dot(_ x: [Float], _ y: [Float]) -> Float { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
}
