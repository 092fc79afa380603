import JSONCoding

/// What a collection's metadata may be (docs/reference/chroma.md, 3.2).
enum MetadataRules {
    /// Reads it; `nil` for null or absent.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    static func collectionMetadata(_ value: JSONValue?, field: String, dropsNull: Bool) throws(ChromaError)
        -> JSONObject?
    {
        guard let value, !value.isNull else { return nil }
        guard let object = value.object else { throw .shape(field, "expected an object") }
        var result = JSONObject()
        for (key, value) in object.members {
            switch value {
            case .string, .int, .double, .bool: result[key] = value
            case .null:
                guard dropsNull else {
                    throw .shape("\(field).\(key)", "data did not match any variant of untagged enum MetadataValue")
                }
            case .object:
                throw .shape("\(field).\(key)", "data did not match any variant of untagged enum MetadataValue")
            case .array:
                throw .invalid("Validation error: \(field): Lists are not values of a collection's metadata: \(key)")
            }
        }
        guard !object.isEmpty else { throw .invalid("Validation error: \(field): Metadata cannot be empty") }
        for key in object.names {
            guard !key.isEmpty else { throw .invalid("Validation error: \(field): Metadata key cannot be empty") }
            guard !key.hasPrefix("#"), !key.hasPrefix("$") else {
                throw .invalid("Validation error: \(field): Metadata key cannot start with '#' or '$': \(key)")
            }
        }
        return result
    }
}
