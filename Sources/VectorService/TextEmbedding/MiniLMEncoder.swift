import CEncoder
import LateInteraction
public import MatrixProducts

/// The all-MiniLM-L6-v2 sentence encoder (Wang et al. 2020; Reimers and Gurevych 2019): six transformer layers,
/// mean pooling, unit length, 384 dimensions, at most 256 word pieces.
///
/// Texts of a batch are packed one after the other without padding; only attention looks at one text at a time.
/// Not thread-safe: `EmbeddingQueue` serialises its callers.
public final class MiniLMEncoder {
    /// Numbers in an embedding.
    public static let dimension = 384
    /// Word pieces that are looked at, the two special ones included.
    public static let maximumTokens = 256
    /// Word pieces that are computed together at most.
    static let batchTokens = 2048

    private static let heads = 12
    private static let inner = 1536
    private static let layerCount = 6

    private struct Layer {
        let attention: LinearLayer
        let attentionOutput: LinearLayer
        let attentionNorm: (scale: [Float], shift: [Float])
        let intermediate: LinearLayer
        let output: LinearLayer
        let outputNorm: (scale: [Float], shift: [Float])
    }

    /// How matrices are held.
    public let precision: Precision

    private let file: SafetensorsFile
    private let engine: MatrixEngine
    private let word: UnsafePointer<Float>
    private let position: UnsafePointer<Float>
    private let type: UnsafePointer<Float>
    private let norm: (scale: [Float], shift: [Float])
    private let layers: [Layer]
    private var buffers = Buffers(rows: 0)

    /// Loads the weights.
    ///
    /// - Parameters:
    ///   - directory: Folder with `model.safetensors`.
    ///   - precision: How matrices are held; `nil` takes bfloat16 where the processor has it.
    /// - Throws: `ModelError`, `MatrixProductError`.
    public init(directory: String, precision: Precision? = nil) throws {
        let chosen = precision ?? (MatrixEngine.hasBFloat16 ? .bfloat16 : .float32)
        let file = try SafetensorsFile(path: directory + "/model.safetensors")
        let engine = try MatrixEngine()
        let size = Self.dimension
        self.precision = chosen
        self.file = file
        self.engine = engine
        word = try file.floats("embeddings.word_embeddings.weight", [30522, size])
        position = try file.floats("embeddings.position_embeddings.weight", [512, size])
        type = try file.floats("embeddings.token_type_embeddings.weight", [2, size])
        norm = (
            try file.array("embeddings.LayerNorm.weight", size), try file.array("embeddings.LayerNorm.bias", size)
        )
        layers = try (0..<Self.layerCount).map { try Self.layer($0, file, engine, chosen) }
        // The reordered weights are copies, so the originals need not stay in memory.
        file.releasePages()
    }

    private static func layer(
        _ index: Int, _ file: SafetensorsFile, _ engine: MatrixEngine, _ precision: Precision
    ) throws -> Layer {
        let prefix = "encoder.layer.\(index)."
        func norm(_ name: String) throws -> (scale: [Float], shift: [Float]) {
            (try file.array(prefix + name + ".weight", dimension), try file.array(prefix + name + ".bias", dimension))
        }
        func linear(
            _ name: String, _ inputs: Int, _ outputs: Int, gelu: Bool = false, result: Precision = .float32
        ) throws -> LinearLayer {
            try LinearLayer(
                engine: engine, weights: try file.floats(prefix + name + ".weight", [outputs, inputs]),
                bias: try file.array(prefix + name + ".bias", outputs), inputs: inputs, outputs: outputs,
                precision: precision, resultPrecision: result, appliesGELU: gelu)
        }
        // Query, key and value in one product.
        var weights: [Float] = []
        var bias: [Float] = []
        for part in ["query", "key", "value"] {
            let name = prefix + "attention.self." + part
            weights += UnsafeBufferPointer(
                start: try file.floats(name + ".weight", [dimension, dimension]), count: dimension * dimension)
            bias += try file.array(name + ".bias", dimension)
        }
        let attention = try weights.withUnsafeBufferPointer { pointer in
            guard let base = pointer.baseAddress else { throw ModelError("no weights") }
            return try LinearLayer(
                engine: engine, weights: base, bias: bias, inputs: dimension, outputs: 3 * dimension,
                precision: precision, resultPrecision: .float32, appliesGELU: false)
        }
        return Layer(
            attention: attention, attentionOutput: try linear("attention.output.dense", dimension, dimension),
            attentionNorm: try norm("attention.output.LayerNorm"),
            intermediate: try linear("intermediate.dense", dimension, inner, gelu: true, result: precision),
            output: try linear("output.dense", inner, dimension), outputNorm: try norm("output.LayerNorm"))
    }

    /// What becomes of a text.
    struct Output {
        let vector: [Float]
        /// Numbers of each token, `TokenEmbeddings.dimensions` each, when they were asked for.
        let tokens: [Int8]?
    }

    /// A sequence of tokens.
    struct Input {
        let ids: [Int32]
        /// Whether the tokens' own embeddings are wanted, too.
        let keepsTokens: Bool
    }

    /// Embeds token sequences that together have at most `batchTokens` pieces.
    ///
    /// - Parameter usesAllCores: Whether the work is spread over the cores. Questions are not: their answers need
    ///   the other cores, and threads that wait for each other on a busy machine cost more than they gain.
    func embed(_ inputs: [Input], usesAllCores: Bool) throws -> [Output] {
        let texts = inputs.map(\.ids)
        let size = Self.dimension
        let rows = texts.reduce(0) { $0 + $1.count }
        let padded = LinearLayer.paddedRows(rows)
        if buffers.rows < padded { buffers = Buffers(rows: padded) }
        Parallel.setThreads(usesAllCores ? Parallel.processorCount : 1)
        engine.usesAllCores = usesAllCores
        let hidden = buffers.hidden
        var row = 0
        for ids in texts {
            for (place, id) in ids.enumerated() {
                apus_embedding_sum(
                    word + Int(id) * size, position + place * size, type, hidden + row * size, size)
                row += 1
            }
        }
        normalise(hidden, residual: nil, norm, rows: rows)
        for layer in layers { try apply(layer, texts, rows: rows) }
        var result: [Output] = []
        var start = 0
        for input in inputs {
            let count = input.ids.count
            let vector = [Float](unsafeUninitializedCapacity: size) { buffer, written in
                if let base = buffer.baseAddress { apus_mean_unit(hidden + start * size, count, size, base) }
                written = size
            }
            let tokens = input.keepsTokens ? Self.projected(hidden + start * size, count) : nil
            result.append(Output(vector: vector, tokens: tokens))
            start += count
        }
        return result
    }

    private static func projected(_ rows: UnsafePointer<Float>, _ count: Int) -> [Int8] {
        let size = count * TokenEmbeddings.dimensions
        return [Int8](unsafeUninitializedCapacity: size) { buffer, written in
            if let base = buffer.baseAddress {
                apus_project_tokens(rows, count, dimension, TokenEmbeddings.dimensions, base)
            }
            written = size
        }
    }

    private func apply(_ layer: Layer, _ texts: [[Int32]], rows: Int) throws {
        let hidden = buffers.hidden
        try layer.attention.apply(input(hidden, rows * Self.dimension), buffers.wide, rows: rows)
        attend(texts)
        try layer.attentionOutput.apply(input(buffers.attended, rows * Self.dimension), buffers.projected, rows: rows)
        normalise(hidden, residual: buffers.projected, layer.attentionNorm, rows: rows)
        try layer.intermediate.apply(input(hidden, rows * Self.dimension), buffers.wide, rows: rows)
        try layer.output.apply(buffers.wide, buffers.projected, rows: rows)
        normalise(hidden, residual: buffers.projected, layer.outputNorm, rows: rows)
    }

    /// The values in the precision that products read.
    private func input(_ values: UnsafeMutablePointer<Float>, _ count: Int) -> UnsafeRawPointer {
        guard precision == .bfloat16 else { return UnsafeRawPointer(values) }
        let narrow = buffers.narrow
        Parallel.run(pieces: 4, totalWork: count) { piece in
            let range = Self.share(count, piece, 4)
            apus_to_bfloat16(values + range.lowerBound, narrow + range.lowerBound, range.count)
        }
        return UnsafeRawPointer(narrow)
    }

    private func normalise(
        _ values: UnsafeMutablePointer<Float>, residual: UnsafeMutablePointer<Float>?,
        _ norm: (scale: [Float], shift: [Float]), rows: Int
    ) {
        let size = Self.dimension
        Parallel.run(pieces: 4, totalWork: rows * size) { piece in
            let range = Self.share(rows, piece, 4)
            apus_add_layer_norm(
                values + range.lowerBound * size, residual.map { $0 + range.lowerBound * size }, norm.scale, norm.shift,
                range.count, size, 1e-12)
        }
    }

    private func attend(_ texts: [[Int32]]) {
        var starts: [Int] = []
        var row = 0
        for ids in texts {
            starts.append(row)
            row += ids.count
        }
        let wide = buffers.wide
        let attended = buffers.attended
        let scratch = buffers.scratch
        let size = Self.dimension
        Parallel.run(pieces: texts.count * 3, totalWork: row * size * 64) { piece in
            let text = piece / 3
            let head = piece % 3 * 4
            apus_attention(
                UnsafePointer(wide) + starts[text] * size * 3, attended + starts[text] * size,
                scratch + Parallel.currentThread * Buffers.scratchPerThread, texts[text].count, size, Self.heads, head,
                head + 4)
        }
    }

    private static func share(_ total: Int, _ piece: Int, _ pieces: Int) -> Range<Int> {
        total * piece / pieces..<total * (piece + 1) / pieces
    }
}

/// Working memory, grown to the largest batch met.
private final class Buffers {
    /// Keys of one head transposed, and four rows of weights.
    static let scratchPerThread = MiniLMEncoder.maximumTokens * (32 + 4) + 64

    let rows: Int
    let hidden: UnsafeMutablePointer<Float>
    let attended: UnsafeMutablePointer<Float>
    let projected: UnsafeMutablePointer<Float>
    let wide: UnsafeMutablePointer<Float>
    let narrow: UnsafeMutablePointer<UInt16>
    let scratch: UnsafeMutablePointer<Float>

    init(rows: Int) {
        self.rows = rows
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * 4), alignment: 64)
            return pointer.initializeMemory(as: Float.self, repeating: 0, count: max(16, count))
        }
        hidden = floats(rows * 384)
        attended = floats(rows * 384)
        projected = floats(rows * 384)
        wide = floats(rows * 1536)
        narrow = UnsafeMutableRawPointer(floats(rows * 192)).assumingMemoryBound(to: UInt16.self)
        scratch = floats(Self.scratchPerThread * Parallel.processorCount)
    }

    deinit {
        for pointer in [hidden, attended, projected, wide, scratch] { UnsafeMutableRawPointer(pointer).deallocate() }
        UnsafeMutableRawPointer(narrow).deallocate()
    }
}
