package import JSONCoding

/// What of a container's definition its queries depend on: computed properties and vector policies.
package struct ContainerRules: Sendable {
    /// A property that is worked out of the item's others when a query names it.
    struct Computed: Sendable {
        /// What the item is called in the expression.
        let name: String
        let expression: Expression
    }

    /// What the vectors at a path of the items are.
    struct Vectors: Sendable {
        let path: [String]
        let dimensions: Int
        let measure: VectorMeasure
    }

    private(set) var computed: [String: Computed] = [:]
    private(set) var vectors: [Vectors] = []

    /// No rules.
    package init() {}

    /// Reads a container's `computedProperties` and `vectorEmbeddingPolicy`.
    ///
    /// - Throws: `QueryError` for a definition that the service refuses ("Computed properties", "Vector search").
    package init(definition: JSONValue) throws(QueryError) {
        if let list = definition["computedProperties"], !list.isNull { try addComputed(list) }
        if let policy = definition["vectorEmbeddingPolicy"], !policy.isNull { try addVectors(policy) }
    }

    private static func refusal(_ message: String) -> QueryError { QueryError(message: message, code: "SC2301") }

    // MARK: - Computed properties

    private static let maximumComputed = 20
    private static let reserved: Set<String> = ["id", "_rid", "_ts", "_self", "_etag", "_attachments"]
    private static let nondeterministic: Set<String> = [
        "RAND", "GETCURRENTDATETIME", "GETCURRENTTIMESTAMP", "GETCURRENTTICKS", "GETCURRENTDATETIMESTATIC",
        "GETCURRENTTIMESTAMPSTATIC", "GETCURRENTTICKSSTATIC", "NOW", "AGO",
    ]

    private mutating func addComputed(_ list: JSONValue) throws(QueryError) {
        guard let items = list.array, items.count <= Self.maximumComputed else {
            throw Self.refusal("computedProperties is a list of at most \(Self.maximumComputed) properties.")
        }
        for item in items {
            guard let name = item["name"]?.string, !name.isEmpty, let text = item["query"]?.string else {
                throw Self.refusal("A computed property needs a name and a query.")
            }
            guard !Self.reserved.contains(name), computed[name] == nil else {
                throw Self.refusal("The name '\(name)' of a computed property is reserved or given twice.")
            }
            computed[name] = try Self.computed(text, name)
        }
    }

    private static func computed(_ text: String, _ name: String) throws(QueryError) -> Computed {
        let query = try QueryParser.parse(text)
        let isPlain =
            query.filter == nil && query.groupBy.isEmpty && query.order.isEmpty && query.top == nil
            && query.offset == nil && !query.isDistinct && query.sources.count == 1
        guard isPlain, case .value(let expression) = query.selection, let source = query.sources.first,
            case .path(.variable(Evaluator.containerName)) = source.kind
        else {
            throw refusal("The query of the computed property '\(name)' has to be SELECT VALUE … FROM c and no more.")
        }
        guard !expression.holdsAggregate, !expression.holds({ $0.isSubquery }) else {
            throw refusal("The computed property '\(name)' cannot have subqueries and aggregate functions.")
        }
        guard !expression.holds({ $0.calls(anyOf: nondeterministic) }) else {
            throw refusal("The computed property '\(name)' calls a function that is not deterministic.")
        }
        return Computed(name: source.name, expression: expression)
    }

    // MARK: - Vectors

    private mutating func addVectors(_ policy: JSONValue) throws(QueryError) {
        for item in policy["vectorEmbeddings"]?.array ?? [] {
            guard let text = item["path"]?.string, text.hasPrefix("/"), let dimensions = item["dimensions"]?.int,
                (1...4096).contains(dimensions)
            else { throw Self.refusal("A vector policy needs a path, and 1 to 4096 dimensions.") }
            guard let measure = VectorMeasure(item) else {
                throw Self.refusal("The distanceFunction of a vector policy is cosine, dotproduct or euclidean.")
            }
            let types = ["float32", "float16", "int8", "uint8"]
            guard item["dataType"].map({ types.contains($0.string?.lowercased() ?? "") }) ?? true else {
                throw Self.refusal("The dataType of a vector policy is float32, float16, int8 or uint8.")
            }
            let path = text.split(separator: "/").map { String($0.filter { $0 != "\"" }) }
            vectors.append(Vectors(path: path, dimensions: Int(dimensions), measure: measure))
        }
    }

    /// The policy of the vectors that an expression means.
    ///
    /// - Parameter isItem: Whether a name stands for the whole item.
    func vectors(of expression: Expression, isItem: (String) -> Bool) -> Vectors? {
        guard !vectors.isEmpty else { return nil }
        var path: [String] = []
        var rest = expression
        while case .property(let base, .literal(.string(let name))) = rest {
            path.append(name)
            rest = base
        }
        guard case .variable(let name) = rest, isItem(name) else { return nil }
        return vectors.first { $0.path.elementsEqual(path.reversed()) }
    }
}

extension Expression {
    /// Whether this or anything inside is such an expression.
    func holds(_ isWanted: (Expression) -> Bool) -> Bool { isWanted(self) || parts.contains { $0.holds(isWanted) } }

    var isSubquery: Bool {
        switch self {
        case .exists, .arrayOf, .scalar: true
        default: false
        }
    }

    func calls(anyOf names: Set<String>) -> Bool {
        if case .call(let name, _) = self { names.contains(name) } else { false }
    }
}
