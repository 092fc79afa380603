public import JSONCoding

/// A vector given by its non-zero entries; a metadata value.
public struct SparseVector: Sendable, Equatable {
    /// Ascending, each once.
    public let indices: [UInt32]
    /// As many as indices.
    public let values: [Float]
    /// The words that the indices stand for, when the client sent them.
    public let tokens: [String]?

    /// Reads the wire form, with or without its `#type`; `nil` for any other object.
    ///
    /// - Throws: `ChromaError` 422 when the members have other types, 400 when they contradict each other.
    public init?(_ object: JSONObject, field: String) throws(ChromaError) {
        let isMarked = object["#type"]?.string == "sparse_vector"
        guard isMarked || object["#type"] == nil && object["indices"] != nil && object["values"] != nil else {
            return nil
        }
        guard let indices = object["indices"]?.array, let values = object["values"]?.array else {
            throw .shape(field, "a sparse vector has `indices` and `values`")
        }
        self.indices = indices.compactMap { value in
            if case .int(let number) = value { UInt32(exactly: number) } else { nil }
        }
        self.values = values.compactMap { $0.double.map { Float($0) } }
        guard self.indices.count == indices.count, self.values.count == values.count else {
            throw .shape(field, "a sparse vector has unsigned 32-bit indices and numbers as values")
        }
        var tokens: [String]?
        if let given = object["tokens"], !given.isNull {
            let texts = given.array?.compactMap(\.string)
            guard let texts, texts.count == given.array?.count else { throw .shape(field, "tokens are strings") }
            tokens = texts
        }
        self.tokens = tokens
        guard indices.count == values.count, tokens == nil || tokens?.count == indices.count else {
            throw .invalid("Validation error: \(field): Sparse vector indices and values must have the same length")
        }
        guard zip(self.indices, self.indices.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .invalid("Validation error: \(field): Sparse vector indices must be strictly ascending")
        }
        guard self.values.allSatisfy(\.isFinite) else {
            throw .invalid("Validation error: \(field): Sparse vector values must be finite")
        }
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = [
            "#type": "sparse_vector", "indices": .array(indices.map { .int(Int64($0)) }),
            // The shortest decimal that gives back the float, as it was sent.
            "values": .array(values.map { .double(Double($0.description) ?? Double($0)) }),
        ]
        if let tokens { object["tokens"] = .strings(tokens) }
        return .object(object)
    }
}
