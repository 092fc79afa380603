public import JSONCoding

/// The body of `get`.
public struct GetRequest: Sendable {
    public let selection: RecordSelection
    public let offset: Int
    public let limit: Int?
    public let include: RecordInclude

    /// Reads the body.
    ///
    /// - Throws: `ChromaError` 422 for a wrong shape, which is looked for first, or 400.
    public init(_ body: JSONValue) throws(ChromaError) {
        include = try RecordInclude(body["include"], default: ["documents", "metadatas"], allowsTokens: true)
        (offset, limit) = (try body.count("offset") ?? 0, try body.count("limit"))
        selection = try RecordSelection(body)
    }
}

/// The body of `query`.
public struct QueryRequest: Sendable {
    /// All of one dimension.
    public let vectors: [[Float]]
    public let selection: RecordSelection
    /// Hits for each vector at most.
    public let count: Int
    public let include: RecordInclude

    /// Reads the body.
    ///
    /// - Throws: `ChromaError` 422 for a wrong shape, which is looked for first, or 400.
    public init(_ body: JSONValue) throws(ChromaError) {
        guard let list = body["query_embeddings"]?.array else {
            throw .shape("query_embeddings", "missing field `query_embeddings`")
        }
        include = try RecordInclude(body["include"], default: ["documents", "metadatas", "distances"])
        let ids = try body.ids()
        count = try body.count("n_results") ?? 10
        var vectors: [[Float]] = []
        for item in list {
            guard let numbers = item.array else { throw .shape("query_embeddings", "expected lists of numbers") }
            vectors.append(try RecordBatch.queryVector(numbers))
        }
        guard Set(vectors.map(\.count)).count <= 1 else {
            throw .invalid("Inconsistent dimensions in provided embeddings")
        }
        self.vectors = vectors
        selection = try RecordSelection(body, ids: ids)
    }
}

/// The body of `delete`.
public struct DeleteRequest: Sendable {
    public let selection: RecordSelection
    /// Only the first so many are deleted.
    public let limit: Int?

    /// Reads the body.
    ///
    /// - Throws: `ChromaError` 422 for a wrong shape, which is looked for first, or 400.
    public init(_ body: JSONValue) throws(ChromaError) {
        let ids = try body.ids()
        limit = try body.count("limit")
        selection = try RecordSelection(body, ids: ids)
        if selection.filter != nil || selection.documentFilter != nil { return }
        guard limit == nil else {
            throw .invalid(
                "Validation error: limit, where: limit can only be specified when a where clause is provided")
        }
        guard ids?.isEmpty != true else {
            throw .invalid("Validation error: ids, where: Either ids or where must be specified")
        }
    }
}

extension RecordSelection {
    /// Reads `ids`, `where` and `where_document`.
    fileprivate init(_ body: JSONValue) throws(ChromaError) { try self.init(body, ids: body.ids()) }

    fileprivate init(_ body: JSONValue, ids: [String]?) throws(ChromaError) {
        self.init(
            ids: ids, filter: try WhereFilter.parse(body["where"]),
            documentFilter: try WhereFilter.parseDocument(body["where_document"]))
    }
}

extension JSONValue {
    /// The member `ids`, if given.
    fileprivate func ids() throws(ChromaError) -> [String]? { try strings("ids", as: "ids") }

    /// A member that has to be a list of strings, if given.
    ///
    /// - Parameter path: How errors name the member.
    func strings(_ name: String, as path: String) throws(ChromaError) -> [String]? {
        guard let value = self[name], !value.isNull else { return nil }
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count else { throw .shape(path, "expected a list of strings") }
        return texts
    }

    /// A member that has to be an unsigned 32-bit number, if given.
    ///
    /// - Parameter path: How errors name the member; by its name when `nil`.
    func count(_ name: String, as path: String? = nil) throws(ChromaError) -> Int? {
        guard let value = self[name], !value.isNull else { return nil }
        guard case .int(let number) = value, let count = UInt32(exactly: number) else {
            throw .shape(path ?? name, "expected an unsigned 32-bit number")
        }
        return Int(count)
    }
}
