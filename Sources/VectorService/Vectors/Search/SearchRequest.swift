public import Chroma
public import JSONCoding

/// One search of Chroma's Search API: filter, rank, group, page, select.
public struct SearchRequest: Sendable {
    /// Keeps the best few records of each group.
    public struct Grouping: Sendable {
        /// Metadata keys whose values make a group.
        public let keys: [String]
        /// Keys (`#score` or of metadata) that order a group's records, first key first.
        public let order: [String]
        /// Whether the greatest come first.
        public let isDescending: Bool
        /// Records kept of each group.
        public let count: Int
    }

    public let filter: WhereFilter?
    public let rank: RankExpression?
    public let grouping: Grouping?
    public let offset: Int
    public let limit: Int?
    /// `#document`, `#embedding`, `#metadata`, `#score` or metadata keys; sorted, each once.
    public let selected: [String]

    /// Reads an element of `searches`.
    ///
    /// - Throws: `ChromaError` 400 or 422.
    public init(_ value: JSONValue) throws(ChromaError) {
        guard value.object != nil else { throw .shape("searches", "expected objects") }
        let filter = value["filter"]
        self.filter = filter?.object?.isEmpty == true ? nil : try WhereFilter.parse(filter)
        if let rank = value["rank"], !rank.isNull { self.rank = try RankExpression(rank) } else { rank = nil }
        grouping = try Self.grouping(value["group_by"])
        guard grouping == nil || rank != nil else {
            throw .invalid("Validation error: group_by requires a rank expression")
        }
        offset = try Self.count(value["limit"], "offset") ?? 0
        limit = try Self.count(value["limit"], "limit")
        var selected: Set<String> = []
        if let select = value["select"], !select.isNull {
            guard let keys = try Self.texts(select["keys"]) else {
                throw .shape("select.keys", "expected a list of strings")
            }
            selected = Set(keys)
        }
        self.selected = selected.sorted()
    }

    private static func grouping(_ value: JSONValue?) throws(ChromaError) -> Grouping? {
        guard let value, !value.isNull, value.object?.isEmpty != true else { return nil }
        let keys = try texts(value["keys"]) ?? []
        let aggregate = value["aggregate"] ?? .null
        guard keys.isEmpty == aggregate.isNull else {
            throw .invalid("Validation error: group_by: keys and aggregate must be given together")
        }
        if keys.isEmpty { return nil }
        guard keys.allSatisfy({ !$0.hasPrefix("#") }) else {
            throw .invalid("Validation error: group_by.keys: only metadata fields can be grouped by")
        }
        guard let members = aggregate.object?.members, members.count == 1, let member = members.first,
            ["$min_k", "$max_k"].contains(member.name)
        else { throw .shape("group_by.aggregate", "expected `$min_k` or `$max_k`") }
        let order = try texts(member.value["keys"]) ?? []
        guard !order.isEmpty else { throw .invalid("Validation error: group_by.aggregate.keys cannot be empty") }
        guard order.allSatisfy({ !$0.hasPrefix("#") || $0 == "#score" }) else {
            throw .invalid("Validation error: group_by.aggregate.keys: only #score and metadata fields are allowed")
        }
        guard case .int(let count)? = member.value["k"], let k = UInt32(exactly: count) else {
            throw .shape("group_by.aggregate.k", "expected an unsigned 32-bit number")
        }
        guard k >= 1 else { throw .invalid("Validation error: group_by.aggregate.k must be at least 1") }
        return Grouping(keys: keys, order: order, isDescending: member.name == "$max_k", count: Int(k))
    }

    private static func texts(_ value: JSONValue?) throws(ChromaError) -> [String]? {
        guard let value, !value.isNull else { return nil }
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count else { throw .shape("keys", "expected a list of strings") }
        return texts
    }

    private static func count(_ object: JSONValue?, _ name: String) throws(ChromaError) -> Int? {
        guard let value = object?[name], !value.isNull else { return nil }
        guard case .int(let number) = value, let count = UInt32(exactly: number) else {
            throw .shape("limit.\(name)", "expected an unsigned 32-bit number")
        }
        return Int(count)
    }
}

/// One record found by a search.
public struct SearchHit: Sendable {
    public let record: VectorRecord
    public let score: Float
}
