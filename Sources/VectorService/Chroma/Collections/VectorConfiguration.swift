import Glibc
import JSONCoding

/// The vector index's parameters out of a request's `configuration` or the legacy metadata keys.
struct VectorConfiguration {
    /// `space`, `embedding_function` if any, `hnsw` with all seven parameters.
    let index: JSONObject
    /// Whether it says no more than the defaults.
    let isDefault: Bool

    static let changeable = [
        "ef_search", "max_neighbors", "num_threads", "resize_factor", "sync_threshold", "batch_size",
    ]
    private static let creatable = changeable + ["ef_construction"]

    /// Parameters of a collection that says nothing.
    static let standardNumbers: JSONObject = [
        "ef_construction": 100, "max_neighbors": 16, "ef_search": 100,
        "num_threads": .int(Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), "batch_size": 100,
        "sync_threshold": 1000, "resize_factor": 1.2,
    ]

    static let standardIndex = index(space: "l2", function: nil, source: nil, hnsw: .object(standardNumbers))

    /// A vector index's config with its members in the usual order.
    static func index(space: JSONValue, function: JSONValue?, source: JSONValue?, hnsw: JSONValue) -> JSONObject {
        var result: JSONObject = ["space": space]
        if let function, !function.isNull { result["embedding_function"] = function }
        if let source, !source.isNull { result["source_key"] = source }
        result["hnsw"] = hnsw
        return result
    }

    init(_ configuration: JSONValue?, metadata: JSONObject?) throws(ChromaError) {
        if let configuration, !configuration.isNull, configuration.object == nil {
            throw .shape("configuration", "expected an object")
        }
        let hnsw = configuration?["hnsw"]
        let spann = configuration?["spann"]
        if let hnsw, let spann, !hnsw.isNull, !spann.isNull {
            throw .invalid("Multiple vector index configurations provided")
        }
        for (name, value) in [("hnsw", hnsw), ("spann", spann)] {
            guard let value, !value.isNull, value.object == nil else { continue }
            throw .shape("configuration.\(name)", "expected an object")
        }
        var space: JSONValue = "l2"
        var numbers = Self.standardNumbers
        if let object = hnsw?.object {
            space = try Self.space(object["space"], field: "configuration.hnsw.space")
            var rest = object
            rest["space"] = Optional<JSONValue>.none
            let given = try Self.numbers(rest, allowed: Self.creatable, field: "configuration.hnsw")
            for (name, value) in given.members { numbers[name] = value }
        } else if let object = spann?.object {
            space = try Self.space(object["space"], field: "configuration.spann.space")
        }
        // Legacy keys hold only where the configuration says nothing else than the defaults.
        if space == "l2", numbers == Self.standardNumbers {
            (space, numbers) = try Self.legacy(metadata)
        }
        let function = configuration?["embedding_function"] ?? .null
        if !function.isNull {
            try Self.checkEmbeddingFunction(function, field: "configuration.embedding_function")
        }
        index = Self.index(space: space, function: function, source: nil, hnsw: .object(numbers))
        isDefault = space == "l2" && numbers == Self.standardNumbers && Self.isPlain(function)
    }

    /// Whether an embedding function is none, or the one that clients use when they are not told.
    static func isPlain(_ function: JSONValue) -> Bool {
        function["type"]?.string != "known" || function["name"]?.string == "default"
    }

    private static func space(_ value: JSONValue?, field: String) throws(ChromaError) -> JSONValue {
        guard let value, !value.isNull else { return "l2" }
        guard let text = value.string, VectorSpace(rawValue: text) != nil else {
            throw .shape(field, "unknown variant, expected one of `l2`, `cosine`, `ip`")
        }
        return value
    }

    /// Unsigned numbers under known names; `resize_factor` may have a fraction.
    static func numbers(_ given: JSONObject, allowed: [String], field: String) throws(ChromaError) -> JSONObject {
        var result = JSONObject()
        for (name, value) in given.members {
            guard allowed.contains(name) else { throw .shape(field, "unknown field `\(name)`") }
            if value.isNull { continue }
            if name == "resize_factor" {
                guard let number = value.double else { throw .shape("\(field).\(name)", "expected a number") }
                result[name] = .double(number)
            } else {
                guard case .int(let number) = value, number >= 0 else {
                    throw .shape("\(field).\(name)", "expected an unsigned integer")
                }
                result[name] = value
            }
        }
        return result
    }

    static func checkEmbeddingFunction(_ function: JSONValue, field: String) throws(ChromaError) {
        switch function["type"]?.string {
        case "legacy", "unknown": return
        case "known":
            for name in ["name", "config"] where function[name] == nil {
                throw .shape(field, "missing field `\(name)`")
            }
        default:
            throw .shape(field + ".type", "unknown variant, expected one of `legacy`, `known`, `unknown`")
        }
    }

    /// The metadata keys that set the index before there was a configuration; LangChain still uses them.
    private static func legacy(_ metadata: JSONObject?) throws(ChromaError) -> (JSONValue, JSONObject) {
        let names = [
            "hnsw:construction_ef": "ef_construction", "hnsw:search_ef": "ef_search", "hnsw:M": "max_neighbors",
            "hnsw:num_threads": "num_threads", "hnsw:resize_factor": "resize_factor",
            "hnsw:sync_threshold": "sync_threshold", "hnsw:batch_size": "batch_size",
        ]
        let failure = ChromaError.invalid("Failed to parse hnsw parameters from segment metadata")
        var space: JSONValue = "l2"
        var numbers = standardNumbers
        for (key, value) in metadata?.members ?? [] where key.hasPrefix("hnsw:") {
            if key == "hnsw:space" {
                guard let text = value.string, VectorSpace(rawValue: text) != nil else { throw failure }
                space = value
                continue
            }
            guard let name = names[key] else { throw failure }
            do throws(ChromaError) {
                let given = try Self.numbers([name: value], allowed: creatable, field: key)
                numbers[name] = given[name]
            } catch { throw failure }
            if ["batch_size", "sync_threshold"].contains(name), (value.int ?? 0) < 2 { throw failure }
        }
        return (space, numbers)
    }

    /// A schema's vector index config, filled from the standard.
    static func filled(_ given: JSONObject, _ standard: JSONObject, _ field: String) throws(ChromaError) -> JSONObject {
        for name in given.names where !["space", "embedding_function", "source_key", "hnsw", "spann"].contains(name) {
            throw .shape(field, "unknown field `\(name)`")
        }
        if let hnsw = given["hnsw"], let spann = given["spann"], !hnsw.isNull, !spann.isNull {
            throw .invalid("Validation error: schema: Both hnsw and spann cannot be present in one vector index")
        }
        var numbers = standard["hnsw"]?.object ?? standardNumbers
        if let object = given["hnsw"]?.object {
            for (name, value) in try Self.numbers(object, allowed: creatable, field: field + ".hnsw").members {
                numbers[name] = value
            }
        }
        let space = try given["space"].map { value throws(ChromaError) in try Self.space(value, field: field + ".space")
        }
        return index(
            space: space ?? standard["space"] ?? "l2",
            function: given["embedding_function"] ?? standard["embedding_function"],
            source: given["source_key"] ?? standard["source_key"], hnsw: .object(numbers))
    }
}
