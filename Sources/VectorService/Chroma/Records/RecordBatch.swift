import Digests
import HTTPMessages
public import JSONCoding
public import LateInteraction

/// The records of one write: lists of equal length, checked.
public struct RecordBatch: Sendable {
    public let ids: [String]
    /// Vectors, all of one dimension; an entry is `nil` where an update leaves it. `nil` when none were given.
    public let embeddings: [[Float]?]?
    public let documents: [String?]?
    public let uris: [String?]?
    /// Metadata of each record; null values mean "delete the key" in updates.
    public let metadatas: [JSONObject?]?
    /// Embeddings of each document's tokens, an extension of Chroma's API.
    public let tokenEmbeddings: [TokenEmbeddings?]?

    /// The vectors' dimension, `nil` when there is none.
    public var dimension: Int? { embeddings?.lazy.compactMap { $0?.count }.first }

    /// What a write may contain.
    public enum Kind: Sendable { case add, upsert, update }

    /// Reads the body of `add`, `upsert` or `update`.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    ///
    /// - Parameter allowsSparse: Whether metadata may hold sparse vectors.
    public init(_ body: JSONValue, kind: Kind, allowsSparse: Bool = true) throws(ChromaError) {
        guard let list = body["ids"]?.array else { throw .shape("ids", "expected a list of strings") }
        let ids = list.compactMap(\.string)
        guard ids.count == list.count else { throw .shape("ids", "expected a list of strings") }
        self.ids = ids
        embeddings = try Self.embeddings(body["embeddings"], allowsNull: kind == .update)
        guard kind == .update || embeddings != nil else { throw .shape("embeddings", "missing field") }
        documents = try Self.texts(body["documents"], "documents")
        uris = try Self.texts(body["uris"], "uris")
        metadatas = try Self.metadatas(body["metadatas"], allowsNull: kind != .add, allowsSparse: allowsSparse)
        tokenEmbeddings = try Self.tokens(body["token_embeddings"])
        for count in [embeddings?.count, documents?.count, uris?.count, metadatas?.count, tokenEmbeddings?.count] {
            guard count == nil || count == ids.count else {
                throw .invalid("Inconsistent number of IDs, embeddings, documents, URIs and metadatas")
            }
        }
        guard !ids.contains("") else { throw .invalid("Empty ID, ID must have at least one character") }
        let dimensions = Set((embeddings ?? []).compactMap { $0?.count })
        guard dimensions.count <= 1 else { throw .invalid("Inconsistent dimensions in provided embeddings") }
    }

    private static func embeddings(_ value: JSONValue?, allowsNull: Bool) throws(ChromaError) -> [[Float]?]? {
        guard let value, !value.isNull else { return nil }
        guard let list = value.array else { throw .shape("embeddings", "expected a list") }
        var result: [[Float]?] = []
        result.reserveCapacity(list.count)
        for (index, item) in list.enumerated() {
            switch item {
            case .null where allowsNull: result.append(nil)
            case .string(let text): result.append(try decoded(text, index))
            case .array(let numbers): result.append(try vector(numbers))
            default: throw .shape("embeddings[\(index)]", "expected a list of numbers or base64 text")
            }
        }
        return result
    }

    /// One vector out of JSON numbers.
    public static func vector(_ numbers: [JSONValue]) throws(ChromaError) -> [Float] {
        guard !numbers.isEmpty else {
            throw .invalid("Validation error: embeddings: Each embedding must have at least 1 dimension")
        }
        var result: [Float] = []
        result.reserveCapacity(numbers.count)
        for number in numbers {
            guard let value = number.double else { throw .shape("embeddings", "expected numbers") }
            let float = Float(value)
            guard float.isFinite else {
                throw .invalid("Validation error: embeddings: Embeddings must not contain NaN or Infinity values")
            }
            result.append(float)
        }
        return result
    }

    /// A query's vector; it may overflow, and then has no finite distance to anything.
    public static func queryVector(_ numbers: [JSONValue]) throws(ChromaError) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(numbers.count)
        for number in numbers {
            guard let value = number.double else { throw .shape("query_embeddings", "expected numbers") }
            result.append(Float(value))
        }
        return result
    }

    private static func decoded(_ text: String, _ index: Int) throws(ChromaError) -> [Float] {
        guard let bytes = Base64.decode(text) else {
            throw .invalid("Invalid base64 string: at embedding \(index)")
        }
        guard bytes.count % 4 == 0 else {
            throw .invalid(
                "Invalid byte length: \(bytes.count) bytes cannot be converted to f32 values (must be divisible by 4)")
        }
        guard !bytes.isEmpty else {
            throw .invalid("Validation error: embeddings: Each embedding must have at least 1 dimension")
        }
        let floats = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        guard let bad = floats.first(where: { !$0.isFinite }) else { return floats }
        throw .invalid("Non-finite float value at embedding index \(index): \(bad.isNaN ? "NaN" : "inf")")
    }

    private static func tokens(_ value: JSONValue?) throws(ChromaError) -> [TokenEmbeddings?]? {
        guard let value, !value.isNull else { return nil }
        guard let list = value.array else { throw .shape("token_embeddings", "expected a list") }
        var result: [TokenEmbeddings?] = []
        for (index, item) in list.enumerated() {
            result.append(item.isNull ? nil : try TokenEmbeddings(item, field: "token_embeddings[\(index)]"))
        }
        return result
    }

    private static func texts(_ value: JSONValue?, _ field: String) throws(ChromaError) -> [String?]? {
        guard let value, !value.isNull else { return nil }
        guard let list = value.array else { throw .shape(field, "expected a list") }
        var result: [String?] = []
        for item in list {
            guard item.isNull || item.string != nil else { throw .shape(field, "expected strings or nulls") }
            result.append(item.string)
        }
        return result
    }

    private static func metadatas(_ value: JSONValue?, allowsNull: Bool, allowsSparse: Bool) throws(ChromaError)
        -> [JSONObject?]?
    {
        guard let value, !value.isNull else { return nil }
        guard let list = value.array else { throw .shape("metadatas", "expected a list") }
        var result: [JSONObject?] = []
        for (index, item) in list.enumerated() {
            if item.isNull {
                result.append(nil)
            } else if let object = item.object {
                result.append(try metadata(object, index, allowsNull: allowsNull, allowsSparse: allowsSparse))
            } else {
                throw .shape("metadatas[\(index)]", "expected an object or null")
            }
        }
        return result
    }

    private static func metadata(
        _ object: JSONObject, _ index: Int, allowsNull: Bool, allowsSparse: Bool
    ) throws(ChromaError) -> JSONObject {
        var result = JSONObject()
        for (key, value) in object.members where !key.hasPrefix("chroma:") {
            guard !key.isEmpty, !key.hasPrefix("#"), !key.hasPrefix("$") else {
                throw .invalid("Validation error: metadatas: Invalid metadata at index \(index)")
            }
            switch value {
            case .string, .bool, .int, .double: result[key] = value
            case .null:
                guard allowsNull else { throw .shape("metadatas[\(index)].\(key)", "null is not a value") }
                result[key] = value
            case .array(let items):
                guard let uniform = uniformArray(items) else {
                    throw .shape("metadatas[\(index)].\(key)", "expected values of one type")
                }
                result[key] = .array(uniform)
            case .object(let object):
                guard let sparse = try SparseVector(object, field: "metadatas[\(index)].\(key)") else {
                    throw .shape("metadatas[\(index)].\(key)", "objects are not values")
                }
                guard allowsSparse else {
                    throw ChromaError(
                        .notImplemented, "ChromaError",
                        "Unimplemented: Sparse vector is not supported for local chroma: \(key)")
                }
                result[key] = sparse.json
            }
        }
        return result
    }

    private static func uniformArray(_ items: [JSONValue]) -> [JSONValue]? {
        if items.allSatisfy({ $0.string != nil }) || items.allSatisfy({ $0.bool != nil }) { return items }
        guard items.allSatisfy({ $0.double != nil }) else { return nil }
        let hasFloat = items.contains { if case .double = $0 { true } else { false } }
        return hasFloat ? items.map { .double($0.double ?? 0) } : items
    }
}
