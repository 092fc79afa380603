public import JSONCoding

/// Which index exists for which key of a collection: Chroma's schema, always complete
/// (docs/reference/chroma.md, 3.3).
///
/// The vector index of `#embedding` is the collection's configuration; the older `configuration_json` is derived from
/// it.
public struct CollectionSchema: Sendable, Equatable {
    /// The wire form.
    public private(set) var json: JSONObject

    /// A stored schema.
    public init(stored json: JSONObject) { self.json = json }

    // MARK: - Parts

    /// The parameters of the vector index.
    public var vectorIndex: JSONObject { Self.vectorConfig(json["keys"]?["#embedding"]) ?? JSONObject() }

    /// The distance.
    public var space: VectorSpace { vectorIndex["space"]?.string.flatMap(VectorSpace.init) ?? .l2 }

    /// The embedding function as the client described it.
    public var embeddingFunction: JSONValue { vectorIndex["embedding_function"] ?? .null }

    /// A number of the graph's parameters.
    public func parameter(_ name: String) -> Int {
        let value = vectorIndex["hnsw"]?[name]?.double ?? 0
        return value >= 0 && value < 1e9 ? Int(value) : 0
    }

    /// `configuration_json.hnsw`.
    public var hnsw: JSONObject {
        let config = vectorIndex
        var result: JSONObject = ["space": config["space"] ?? "l2"]
        for name in ["ef_construction", "ef_search", "max_neighbors", "resize_factor", "sync_threshold"] {
            result[name] = config["hnsw"]?[name]
        }
        return result
    }

    /// Keys with an enabled sparse index, and whether it weighs terms by BM25's inverse document frequency.
    public var sparseKeys: [String: Bool] {
        var result: [String: Bool] = [:]
        for (key, types) in json["keys"]?.object?.members ?? [] {
            let index = types["sparse_vector"]?["sparse_vector_index"]
            if index?["enabled"]?.bool == true { result[key] = index?["config"]?["bm25"]?.bool ?? false }
        }
        return result
    }

    /// The schema's name for a metadata value's type, that of its elements for an array; `nil` for nothing indexable.
    package static func valueType(_ value: JSONValue) -> String? {
        switch value {
        case .string: "string"
        case .int: "int"
        case .double: "float"
        case .bool: "bool"
        case .object: "sparse_vector"
        case .array(let items): items.first.flatMap(valueType)
        case .null: nil
        }
    }

    /// The schema with the keys that records brought (`key NUL type`).
    package func discovering(_ names: Set<String>) -> CollectionSchema {
        var keys = json["keys"]?.object ?? JSONObject()
        var isChanged = false
        for name in names.sorted() {
            let parts = name.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let standard = json["defaults"]?[parts[1]] else { continue }
            var types = keys[parts[0]]?.object ?? JSONObject()
            guard types[parts[1]] == nil else { continue }
            types[parts[1]] = standard
            keys[parts[0]] = .object(types)
            isChanged = true
        }
        guard isChanged else { return self }
        var result = self
        result.json["keys"] = .object(keys)
        return result
    }

    // MARK: - Making

    /// The schema of a new collection.
    ///
    /// - Parameters:
    ///   - configuration: The request's `configuration`.
    ///   - schema: The request's `schema`.
    ///   - metadata: May set the index by the keys that were used before there was a configuration.
    ///   - allowsSparse: Whether sparse vector indexes may be enabled.
    /// - Throws: `ChromaError` 400 or 422.
    public init(
        configuration: JSONValue?, schema: JSONValue?, metadata: JSONObject?, allowsSparse: Bool
    ) throws(ChromaError) {
        let config = try VectorConfiguration(configuration, metadata: metadata)
        guard let schema, !schema.isNull else {
            json = Self.standard(config.index)
            return
        }
        guard let given = schema.object else { throw .shape("schema", "expected an object") }
        guard let defaults = given["defaults"] else { throw .shape("schema", "missing field `defaults`") }
        let plain = Self.standard(VectorConfiguration.standardIndex)
        let keys = given["keys"] ?? given["key_overrides"] ?? .object(JSONObject())
        guard let defaultTypes = defaults.object else { throw .shape("schema.defaults", "expected an object") }
        guard let keyTypes = keys.object else { throw .shape("schema.keys", "expected an object") }
        var result = plain
        result["defaults"] = .object(try Self.merged(plain["defaults"]?.object, defaultTypes, "schema.defaults"))
        var merged = plain["keys"]?.object ?? JSONObject()
        for (key, types) in keyTypes.members {
            guard let types = types.object else { throw .shape("schema.keys.\(key)", "expected an object") }
            merged[key] = .object(try Self.merged(merged[key]?.object, types, "schema.keys.\(key)"))
        }
        result["keys"] = .object(merged)
        json = result
        try SchemaRules.check(self, allowsSparse: allowsSparse)
        // A schema that says no more than the defaults leaves the word to the configuration.
        var bare = self
        if VectorConfiguration.isPlain(embeddingFunction) { bare.set(embeddingFunction: .null) }
        guard bare.json != plain else {
            var index = config.index
            if index["embedding_function"] == nil, !embeddingFunction.isNull {
                index = VectorConfiguration.index(
                    space: index["space"] ?? "l2", function: embeddingFunction, source: nil,
                    hnsw: index["hnsw"] ?? .null)
            }
            json = Self.standard(index)
            return
        }
        guard config.isDefault else {
            throw .invalid(
                "Failed to reconcile schema: Cannot set both collection config and schema simultaneously")
        }
        if let function = config.index["embedding_function"], embeddingFunction.isNull {
            set(embeddingFunction: function)
        }
    }

    /// Applies `new_configuration` of a modification.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public mutating func modify(_ configuration: JSONValue) throws(ChromaError) {
        if let hnsw = configuration["hnsw"], let spann = configuration["spann"], !hnsw.isNull, !spann.isNull {
            throw .invalid("Multiple vector index configurations provided")
        }
        if let object = configuration["hnsw"]?.object {
            let changes = try VectorConfiguration.numbers(
                object, allowed: VectorConfiguration.changeable, field: "new_configuration.hnsw")
            update { config in
                var hnsw = config["hnsw"]?.object ?? JSONObject()
                for (name, value) in changes.members { hnsw[name] = value }
                config["hnsw"] = .object(hnsw)
            }
        }
        if let function = configuration["embedding_function"], !function.isNull {
            try VectorConfiguration.checkEmbeddingFunction(function, field: "new_configuration.embedding_function")
            set(embeddingFunction: function)
        }
    }

    private mutating func set(embeddingFunction: JSONValue) {
        update { config in
            config = VectorConfiguration.index(
                space: config["space"] ?? "l2", function: embeddingFunction, source: config["source_key"],
                hnsw: config["hnsw"] ?? .null)
        }
    }

    /// Changes the vector index of the defaults and of `#embedding` alike.
    private mutating func update(_ change: (inout JSONObject) -> Void) {
        for path in [["defaults"], ["keys", "#embedding"]] {
            var nodes: [JSONObject] = [json]
            for name in path + ["float_list", "vector_index", "config"] {
                nodes.append(nodes.last?[name]?.object ?? JSONObject())
            }
            var config = nodes.removeLast()
            change(&config)
            var child = config
            for name in (path + ["float_list", "vector_index", "config"]).reversed() {
                var parent = nodes.removeLast()
                parent[name] = .object(child)
                child = parent
            }
            json = child
        }
    }

    private static func vectorConfig(_ types: JSONValue?) -> JSONObject? {
        types?["float_list"]?["vector_index"]?["config"]?.object
    }

    private static func standard(_ index: JSONObject) -> JSONObject {
        func flag(_ enabled: Bool) -> JSONValue { ["enabled": .bool(enabled), "config": [:]] }
        var source = index
        source = VectorConfiguration.index(
            space: index["space"] ?? "l2", function: index["embedding_function"], source: "#document",
            hnsw: index["hnsw"] ?? .null)
        return [
            "defaults": [
                "string": ["fts_index": flag(false), "string_inverted_index": flag(true)],
                "float_list": ["vector_index": ["enabled": false, "config": .object(index)]],
                "sparse_vector": [
                    "sparse_vector_index": [
                        "enabled": false, "config": ["embedding_function": ["type": "unknown"], "bm25": false],
                    ]
                ],
                "int": ["int_inverted_index": flag(true)], "float": ["float_inverted_index": flag(true)],
                "bool": ["bool_inverted_index": flag(true)],
            ],
            "keys": [
                "#document": ["string": ["fts_index": flag(true), "string_inverted_index": flag(false)]],
                "#embedding": ["float_list": ["vector_index": ["enabled": true, "config": .object(source)]]],
            ],
        ]
    }

    /// Index names of each value type.
    static let indexNames = [
        "string": ["fts_index", "string_inverted_index"], "float_list": ["vector_index"],
        "sparse_vector": ["sparse_vector_index"], "int": ["int_inverted_index"], "float": ["float_inverted_index"],
        "bool": ["bool_inverted_index"],
    ]

    /// Fills what is not given from the standard. Unknown types and indexes are left out.
    private static func merged(_ standard: JSONObject?, _ given: JSONObject, _ field: String) throws(ChromaError)
        -> JSONObject
    {
        var result = standard ?? JSONObject()
        for (type, indexes) in given.members {
            guard let names = indexNames[type], !indexes.isNull else { continue }
            guard let indexes = indexes.object else { throw .shape("\(field).\(type)", "expected an object") }
            var merged = result[type]?.object ?? JSONObject()
            for (name, index) in indexes.members where names.contains(name) && !index.isNull {
                let place = "\(field).\(type).\(name)"
                guard let enabled = index["enabled"]?.bool, let config = index["config"]?.object else {
                    throw .shape(place, "expected `enabled` and `config`")
                }
                let filled = try fill(config, name, merged[name]?["config"]?.object, place)
                merged[name] = ["enabled": .bool(enabled), "config": .object(filled)]
            }
            result[type] = .object(merged)
        }
        return result
    }

    private static func fill(_ config: JSONObject, _ name: String, _ standard: JSONObject?, _ field: String)
        throws(ChromaError) -> JSONObject
    {
        switch name {
        case "vector_index":
            return try VectorConfiguration.filled(config, standard ?? VectorConfiguration.standardIndex, field)
        case "sparse_vector_index":
            for member in config.names where !["embedding_function", "source_key", "bm25"].contains(member) {
                throw .shape(field, "unknown field `\(member)`")
            }
            var result: JSONObject = ["embedding_function": config["embedding_function"] ?? ["type": "unknown"]]
            if let source = config["source_key"], !source.isNull { result["source_key"] = source }
            result["bm25"] = .bool(config["bm25"]?.bool ?? false)
            return result
        default:
            if let member = config.names.first { throw .shape(field, "unknown field `\(member)`") }
            return config
        }
    }
}
