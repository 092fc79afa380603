public import JSONCoding

/// The body that makes a collection.
public struct CreateCollectionRequest: Sendable {
    public let name: String
    public let metadata: JSONObject?
    public let schema: CollectionSchema
    /// Whether a collection that exists is the answer too.
    public let getsExisting: Bool

    /// Reads the body.
    ///
    /// - Parameter allowsSparse: Whether sparse vector indexes may be enabled.
    /// - Throws: `ChromaError` 400 or 422.
    public init(_ body: JSONValue, allowsSparse: Bool) throws(ChromaError) {
        guard body.object != nil else { throw .shape("", "expected an object") }
        guard let name = body["name"]?.string else { throw .shape("name", "missing field `name`") }
        let orGet = body["get_or_create"] ?? .null
        guard orGet.isNull || orGet.bool != nil else { throw .shape("get_or_create", "expected a boolean") }
        metadata = try MetadataRules.collectionMetadata(body["metadata"], field: "metadata", dropsNull: false)
        if let problem = NameRules.problem(name) { throw .invalid("Validation error: name: " + problem) }
        schema = try CollectionSchema(
            configuration: body["configuration"], schema: body["schema"], metadata: metadata,
            allowsSparse: allowsSparse)
        self.name = name
        getsExisting = orGet.bool ?? false
    }
}

/// The body that changes a collection; `nil` members stay as they are.
public struct ModifyCollectionRequest: Sendable {
    public let name: String?
    public let metadata: JSONObject?
    private let configuration: JSONValue?

    /// Reads the body.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public init(_ body: JSONValue) throws(ChromaError) {
        if let given = body["new_name"], !given.isNull {
            guard let text = given.string else { throw .shape("new_name", "expected a string") }
            if let problem = NameRules.problem(text) { throw .invalid("Validation error: new_name: " + problem) }
            name = text
        } else {
            name = nil
        }
        metadata = try MetadataRules.collectionMetadata(body["new_metadata"], field: "new_metadata", dropsNull: true)
        configuration = body["new_configuration"]
    }

    /// Applies what the request says about the index.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public func apply(to schema: inout CollectionSchema) throws(ChromaError) {
        if let configuration, !configuration.isNull { try schema.modify(configuration) }
    }
}

/// Bodies that give a name and nothing else.
public enum NameRequest {
    /// The name of a tenant that is to be made.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public static func tenant(_ body: JSONValue) throws(ChromaError) -> String {
        let name = try member("name", body)
        guard name.utf8.count >= 3 else {
            throw .invalid("Validation error: name: tenant name must be at least 3 characters")
        }
        return name
    }

    /// The name under which a tenant is to be known outside.
    ///
    /// - Throws: `ChromaError` 422.
    public static func resource(_ body: JSONValue) throws(ChromaError) -> String { try member("resource_name", body) }

    /// The name of a database that is to be made.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public static func database(_ body: JSONValue) throws(ChromaError) -> String {
        let name = try member("name", body)
        if let problem = NameRules.problem(name) { throw .invalid(problem) }
        return name
    }

    /// The name of a fork that is to be made.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public static func fork(_ body: JSONValue) throws(ChromaError) -> String {
        guard let name = body["new_name"]?.string else { throw .shape("new_name", "missing field") }
        if let problem = NameRules.problem(name) { throw .invalid("Validation error: new_name: " + problem) }
        return name
    }

    private static func member(_ name: String, _ body: JSONValue) throws(ChromaError) -> String {
        guard let text = body[name]?.string else { throw .shape(name, "missing field `\(name)`") }
        return text
    }
}
