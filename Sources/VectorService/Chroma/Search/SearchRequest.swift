public import JSONCoding
public import LateInteraction

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
    /// A question's tokens, to which each hit's are compared; an extension of Chroma's API.
    public let lateInteraction: TokenEmbeddings?

    /// The elements of `searches` in a body.
    ///
    /// - Throws: `ChromaError` 422.
    public static func elements(of body: JSONValue) throws(ChromaError) -> [JSONValue] {
        guard let list = body["searches"]?.array else { throw .shape("searches", "missing field `searches`") }
        return list
    }

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
        offset = try value["limit"]?.count("offset", as: "limit.offset") ?? 0
        limit = try value["limit"]?.count("limit", as: "limit.limit")
        var selected: Set<String> = []
        if let select = value["select"], !select.isNull {
            guard let keys = try select.strings("keys", as: "keys") else {
                throw .shape("select.keys", "expected a list of strings")
            }
            selected = Set(keys)
        }
        self.selected = selected.sorted()
        let late = value["late_interaction"] ?? .null
        lateInteraction = late.isNull ? nil : try TokenEmbeddings(late, field: "late_interaction")
    }

    private static func grouping(_ value: JSONValue?) throws(ChromaError) -> Grouping? {
        guard let value, !value.isNull, value.object?.isEmpty != true else { return nil }
        let keys = try value.strings("keys", as: "keys") ?? []
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
        let order = try member.value.strings("keys", as: "keys") ?? []
        guard !order.isEmpty else { throw .invalid("Validation error: group_by.aggregate.keys cannot be empty") }
        guard order.allSatisfy({ !$0.hasPrefix("#") || $0 == "#score" }) else {
            throw .invalid("Validation error: group_by.aggregate.keys: only #score and metadata fields are allowed")
        }
        guard let k = try member.value.count("k", as: "group_by.aggregate.k") else {
            throw .shape("group_by.aggregate.k", "expected an unsigned 32-bit number")
        }
        guard k >= 1 else { throw .invalid("Validation error: group_by.aggregate.k must be at least 1") }
        return Grouping(keys: keys, order: order, isDescending: member.name == "$max_k", count: k)
    }
}
