import JSONCoding

/// What Chroma refuses in a schema.
enum SchemaRules {
    static func check(_ schema: CollectionSchema, allowsSparse: Bool) throws(ChromaError) {
        func refuse(_ text: String) -> ChromaError { .invalid("Validation error: schema: " + text) }
        func isEnabled(_ types: JSONValue?, _ type: String, _ index: String) -> Bool {
            types?[type]?[index]?["enabled"]?.bool ?? false
        }
        let defaults = schema.json["defaults"]
        if isEnabled(defaults, "float_list", "vector_index") {
            throw refuse(
                "Vector index cannot be enabled by default. It can only be enabled on #embedding field.")
        }
        if isEnabled(defaults, "sparse_vector", "sparse_vector_index") {
            throw refuse(
                "Sparse vector index cannot be enabled by default. Please enable sparse vector index on specific keys.")
        }
        if isEnabled(defaults, "string", "fts_index") {
            throw refuse(
                "Full text search / regular expression index cannot be enabled by default. It can only be enabled on #document field."
            )
        }
        var sparseCount = 0
        for (key, types) in schema.json["keys"]?.object?.members ?? [] {
            if key.hasPrefix("#"), key != "#document", key != "#embedding" {
                throw refuse("key cannot begin with '#'. Keys starting with '#' are reserved for system use: \(key)")
            }
            let names = types.object?.names ?? []
            if key == "#document", names.contains(where: { $0 != "string" }) {
                throw refuse("#document can only have string indexes")
            }
            if key == "#embedding", names.contains(where: { $0 != "float_list" }) {
                throw refuse("#embedding can only have a vector index")
            }
            if key != "#embedding", isEnabled(types, "float_list", "vector_index") {
                throw refuse("Vector index can only be enabled on #embedding field: \(key)")
            }
            if key != "#document", isEnabled(types, "string", "fts_index") {
                throw refuse(
                    "Full text search / regular expression index can only be enabled on #document field: \(key)")
            }
            if key == "#document", isEnabled(types, "string", "string_inverted_index") {
                throw refuse("String inverted index can not be enabled on #document key: \(key)")
            }
            if let source = types["float_list"]?["vector_index"]?["config"]?["source_key"]?.string,
                source != "#document"
            {
                throw refuse("Vector index can only source from #document")
            }
            guard isEnabled(types, "sparse_vector", "sparse_vector_index") else { continue }
            sparseCount += 1
            let config = types["sparse_vector"]?["sparse_vector_index"]?["config"]
            if let source = config?["source_key"]?.string {
                guard config?["embedding_function"]?["type"]?.string == "known" else {
                    throw refuse(
                        "If source_key is provided then embedding_function must also be provided since there is no default embedding function."
                    )
                }
                if source.hasPrefix("#"), source != "#document" {
                    throw refuse("source_key cannot begin with '#', except for #document: \(source)")
                }
            }
        }
        guard sparseCount <= 1 else { throw refuse("At most one sparse vector index is allowed for the collection.") }
        guard sparseCount == 0 || allowsSparse else {
            throw .invalid(
                "Failed to reconcile schema: Invalid schema input: Sparse vector indexing is not enabled in local")
        }
    }
}
