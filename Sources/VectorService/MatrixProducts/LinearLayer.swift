import CDNNL

/// How weights and activations are held for a matrix product.
public enum Precision: String, Sendable {
    case float32 = "fp32"
    case bfloat16 = "bf16"
}

/// oneDNN refused an operation.
public struct MatrixProductError: Error, Sendable {
    /// `dnnl_status_t`.
    public let status: UInt32
    public let operation: String
}

/// The processor as oneDNN sees it.
public final class MatrixEngine {
    let engine: dnnl_engine_t
    let stream: dnnl_stream_t
    /// Which of the products to use: a primitive is made for the number of threads that the caller then has.
    public var usesAllCores = true

    /// Opens the processor.
    public init() throws(MatrixProductError) {
        var engine: dnnl_engine_t?
        try check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
        var stream: dnnl_stream_t?
        guard let engine else { throw MatrixProductError(status: 0, operation: "engine") }
        try check(dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)), "stream")
        guard let stream else { throw MatrixProductError(status: 0, operation: "stream") }
        self.engine = engine
        self.stream = stream
    }

    deinit {
        dnnl_stream_destroy(stream)
        dnnl_engine_destroy(engine)
    }

    /// Whether the processor multiplies bfloat16 natively.
    public static var hasBFloat16: Bool {
        let isa = dnnl_get_effective_cpu_isa().rawValue
        return isa & dnnl_cpu_isa_avx512_core_bf16.rawValue == dnnl_cpu_isa_avx512_core_bf16.rawValue
    }
}

/// y = x · Wᵀ + b for a fixed W, with W reordered once into the layout that the processor likes best.
///
/// Not thread-safe: one caller at a time; the product itself uses every core.
public final class LinearLayer {
    private struct Product {
        let primitive: dnnl_primitive_t
        let source: dnnl_memory_t
        let weights: dnnl_memory_t
        let result: dnnl_memory_t
        let scratch: dnnl_memory_t
    }

    private let engine: MatrixEngine
    private let inputs: Int
    private let outputs: Int
    private let precision: Precision
    private let resultPrecision: Precision
    private let appliesGELU: Bool
    private let bias: [Float]
    // Row counts are rounded up, so that few primitives serve all batches: 23 for each way of using cores, since the
    // encoder cuts its batches at 2048 rows. All of them are kept.
    private var products: [Int: Product] = [:]
    private var packed: dnnl_memory_t?
    private var packedDescription = dnnl_memory_desc_t()
    private let source: UnsafeRawPointer

    /// Prepares the weights.
    ///
    /// - Parameters:
    ///   - weights: `outputs` rows of `inputs` floats; has to stay valid until the first product.
    ///   - bias: `outputs` floats.
    ///   - appliesGELU: Whether the exact GELU follows.
    ///   - resultPrecision: How the result is written.
    public init(
        engine: MatrixEngine, weights: UnsafePointer<Float>, bias: [Float], inputs: Int, outputs: Int,
        precision: Precision, resultPrecision: Precision, appliesGELU: Bool
    ) throws(MatrixProductError) {
        self.engine = engine
        self.inputs = inputs
        self.outputs = outputs
        self.precision = precision
        self.resultPrecision = resultPrecision
        self.appliesGELU = appliesGELU
        self.bias = bias
        source = UnsafeRawPointer(weights)
        _ = try product(rows: 256)
    }

    deinit {
        for product in products.values {
            dnnl_primitive_destroy(product.primitive)
            for memory in [product.source, product.result, product.scratch] { dnnl_memory_destroy(memory) }
        }
        if let packed { dnnl_memory_destroy(packed) }
    }

    /// Computes the product of `rows` rows. `input` and `output` hold values of the layer's precisions and have
    /// room for the row count rounded up by `paddedRows`.
    public func apply(_ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, rows: Int)
        throws(MatrixProductError)
    {
        let product = try product(rows: Self.paddedRows(rows))
        dnnl_memory_set_data_handle(product.source, UnsafeMutableRawPointer(mutating: input))
        dnnl_memory_set_data_handle(product.result, output)
        try execute(product)
    }

    /// The row count that a product of `rows` rows really works on.
    public static func paddedRows(_ rows: Int) -> Int {
        // Fine steps for single questions, coarse ones for batches.
        let step = rows <= 256 ? 16 : 256
        return (rows + step - 1) / step * step
    }

    private func execute(_ product: Product) throws(MatrixProductError) {
        let status = bias.withUnsafeBufferPointer { bias -> dnnl_status_t in
            var memory: dnnl_memory_t?
            var description = dnnl_memory_desc_t()
            var dimensions = dims([1, outputs])
            withDims(&dimensions) { dnnl_memory_desc_init_by_tag(&description, 2, $0, dnnl_f32, dnnl_ab) }
            dnnl_memory_create(
                &memory, &description, engine.engine, UnsafeMutableRawPointer(mutating: bias.baseAddress))
            defer { dnnl_memory_destroy(memory) }
            let arguments = [
                dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: product.source),
                dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: product.weights),
                dnnl_exec_arg_t(arg: DNNL_ARG_BIAS, memory: memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: product.result),
                dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: product.scratch),
            ]
            let status = dnnl_primitive_execute(product.primitive, engine.stream, Int32(arguments.count), arguments)
            dnnl_stream_wait(engine.stream)
            return status
        }
        try check(status, "matmul")
    }

    private func product(rows: Int) throws(MatrixProductError) -> Product {
        let key = engine.usesAllCores ? rows : -rows
        if let product = products[key] { return product }
        let type = precision == .float32 ? dnnl_f32 : dnnl_bf16
        let resultType = resultPrecision == .float32 ? dnnl_f32 : dnnl_bf16
        var sourceDescription = description([rows, inputs], type)
        // The first primitive chooses the weights' layout; the others take it as it is.
        var weightDescription = packed == nil ? description([inputs, outputs], type, any: true) : packedDescription
        var biasDescription = description([1, outputs], dnnl_f32)
        var resultDescription = description([rows, outputs], resultType)
        var operation = dnnl_matmul_desc_t()
        try check(
            dnnl_matmul_desc_init(
                &operation, &sourceDescription, &weightDescription, &biasDescription, &resultDescription),
            "matmul description")
        var attributes: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&attributes), "attributes")
        defer { dnnl_primitive_attr_destroy(attributes) }
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)
        var operations: dnnl_post_ops_t?
        try check(dnnl_post_ops_create(&operations), "post operations")
        defer { dnnl_post_ops_destroy(operations) }
        if appliesGELU { dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_gelu_erf, 0, 0) }
        dnnl_primitive_attr_set_post_ops(attributes, operations)
        var chosen: dnnl_primitive_desc_t?
        try check(dnnl_primitive_desc_create(&chosen, &operation, attributes, engine.engine, nil), "matmul choice")
        defer { dnnl_primitive_desc_destroy(chosen) }
        guard let wanted = dnnl_primitive_desc_query_md(chosen, dnnl_query_weights_md, 0) else {
            throw MatrixProductError(status: 0, operation: "weights layout")
        }
        if packed == nil { try pack(as: wanted.pointee) }
        guard let weights = packed else { throw MatrixProductError(status: 0, operation: "weights") }
        var primitive: dnnl_primitive_t?
        try check(dnnl_primitive_create(&primitive, chosen), "matmul")
        guard let primitive else { throw MatrixProductError(status: 0, operation: "matmul") }
        let scratch = dnnl_primitive_desc_query_md(chosen, dnnl_query_scratchpad_md, 0)
        let product = Product(
            primitive: primitive, source: try memory(&sourceDescription, data: nil), weights: weights,
            result: try memory(&resultDescription, data: nil),
            scratch: try memory(scratch, data: apus_dnnl_allocate()))
        products[key] = product
        return product
    }

    private func pack(as wanted: dnnl_memory_desc_t) throws(MatrixProductError) {
        packedDescription = wanted
        let target = try memory(&packedDescription, data: apus_dnnl_allocate())
        var plain = dnnl_memory_desc_t()
        var dimensions = dims([inputs, outputs])
        // W is stored by outputs, so as an inputs × outputs matrix it is column-major.
        withDims(&dimensions) { dnnl_memory_desc_init_by_tag(&plain, 2, $0, dnnl_f32, dnnl_ba) }
        let given = try memory(&plain, data: UnsafeMutableRawPointer(mutating: source))
        defer { dnnl_memory_destroy(given) }
        var reorder: dnnl_primitive_desc_t?
        try check(
            dnnl_reorder_primitive_desc_create(&reorder, &plain, engine.engine, &packedDescription, engine.engine, nil),
            "reorder")
        defer { dnnl_primitive_desc_destroy(reorder) }
        var primitive: dnnl_primitive_t?
        try check(dnnl_primitive_create(&primitive, reorder), "reorder")
        defer { dnnl_primitive_destroy(primitive) }
        let arguments = [
            dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: given), dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: target),
        ]
        try check(dnnl_primitive_execute(primitive, engine.stream, 2, arguments), "reorder")
        dnnl_stream_wait(engine.stream)
        packed = target
    }

    private func description(_ sizes: [Int], _ type: dnnl_data_type_t, any: Bool = false) -> dnnl_memory_desc_t {
        var result = dnnl_memory_desc_t()
        var dimensions = dims(sizes)
        withDims(&dimensions) {
            dnnl_memory_desc_init_by_tag(&result, Int32(sizes.count), $0, type, any ? dnnl_format_tag_any : dnnl_ab)
        }
        return result
    }

    private func memory(
        _ description: UnsafePointer<dnnl_memory_desc_t>?, data: UnsafeMutableRawPointer?
    ) throws(MatrixProductError) -> dnnl_memory_t {
        var result: dnnl_memory_t?
        try check(dnnl_memory_create(&result, description, engine.engine, data), "memory")
        guard let result else { throw MatrixProductError(status: 0, operation: "memory") }
        return result
    }
}

private func check(_ status: dnnl_status_t, _ operation: String) throws(MatrixProductError) {
    guard status == dnnl_success else { throw MatrixProductError(status: status.rawValue, operation: operation) }
}

/// The library's fixed-size list of dimensions.
private func dims(_ sizes: [Int]) -> [dnnl_dim_t] {
    sizes.map { dnnl_dim_t($0) } + Array(repeating: 0, count: Int(DNNL_MAX_NDIMS) - sizes.count)
}

private func withDims(_ dimensions: inout [dnnl_dim_t], _ body: (UnsafePointer<dnnl_dim_t>) -> dnnl_status_t) {
    dimensions.withUnsafeBufferPointer { if let base = $0.baseAddress { _ = body(base) } }
}
