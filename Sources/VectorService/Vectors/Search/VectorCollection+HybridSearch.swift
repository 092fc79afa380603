import Chroma
import Glibc
import JSONCoding
import LateInteraction
import SQLite

extension VectorCollection {
    /// Runs one search.
    ///
    /// - Parameter sparseKeys: Keys with a sparse index, and whether BM25's inverse document frequency weighs terms.
    func search(_ request: SearchRequest, sparseKeys: [String: Bool]) throws -> [SearchHit] {
        try lock.reading {
            let allowed = try FilterEvaluation(collection: self).seqs(RecordSelection(filter: request.filter))
            var scored: [(seq: UInt32, score: Float)]
            if let rank = request.rank {
                let scores = try rank.scores { try nearest($0, allowed: allowed, sparseKeys: sparseKeys) }
                scored = scores.explicit.map { ($0.key, $0.value) }
                scored.sort { Self.precedes($0.score, $1.score) ?? ($0.seq < $1.seq) }
                if let grouping = request.grouping { scored = try grouped(scored, grouping) }
                let page = scored.dropFirst(request.offset)
                scored = request.limit.map { Array(page.prefix($0)) } ?? Array(page)
            } else {
                let seqs = Self.page(allowed ?? liveSeqs, request.offset, request.limit)
                scored = seqs.enumerated().map { ($1, Float(request.offset + $0)) }
            }
            let keys = request.selected
            let fields = RecordFields(
                documents: keys.contains("#document"),
                metadatas: keys.contains { !$0.hasPrefix("#") || $0 == "#metadata" },
                embeddings: keys.contains("#embedding"), tokens: request.lateInteraction != nil)
            let records = try records(scored.map { ($0.seq, nil) }, fields)
            return zip(records, scored).enumerated().map { place, pair in
                let (record, hit) = pair
                let late = request.lateInteraction.flatMap { question in
                    place < Self.mostCompared ? record.tokens?.similarity(to: question) : nil
                }
                return SearchHit(record: record, score: hit.score, lateInteraction: late)
            }
        }
    }

    /// Hits of a search whose tokens are compared: it is for ordering the best anew.
    private static let mostCompared = 200

    /// Order of two scores, what is not a number last; `nil` when equal.
    private static func precedes(_ a: Float, _ b: Float) -> Bool? {
        if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? nil : b.isNaN }
        return a == b ? nil : a < b
    }

    private func nearest(
        _ nearest: RankExpression.NearestNeighbours, allowed: BitSet?, sparseKeys: [String: Bool]
    ) throws -> [(seq: UInt32, distance: Float)] {
        switch nearest.query {
        case .dense(let vector):
            guard nearest.key == "#embedding" else {
                throw VectorError.denseQuery(key: nearest.key)
            }
            if let dimension = state.dimension, dimension != vector.count {
                throw VectorError.wrongDimension(expected: dimension, given: vector.count)
            }
            return self.nearest(to: vector, count: nearest.limit, allowed: allowed).map { ($0.seq, $0.distance) }
        case .sparse(let vector):
            guard let weighsByFrequency = sparseKeys[nearest.key] else {
                throw VectorError.noSparseIndex(key: nearest.key)
            }
            return try nearestSparse(vector, nearest, allowed, weighsByFrequency)
        }
    }

    /// Distance of a sparse vector is 1 - inner product; only records that share a term are hits.
    private func nearestSparse(
        _ vector: SparseVector, _ nearest: RankExpression.NearestNeighbours, _ allowed: BitSet?,
        _ weighsByFrequency: Bool
    ) throws -> [(seq: UInt32, distance: Float)] {
        var products: [UInt32: Float] = [:]
        try withReader { access in
            for (term, value) in zip(vector.indices, vector.values) {
                var postings: [(UInt32, Float)] = []
                try access.scan(
                    "SELECT seq, weight FROM terms WHERE key = ? AND term = ?",
                    [.text(nearest.key), .integer(Int64(term))]
                ) { row in
                    postings.append((UInt32(truncatingIfNeeded: row.int(0)), Float(row.double(1))))
                    return true
                }
                var weight = value
                if weighsByFrequency {
                    // BM25's inverse document frequency (Robertson and Zaragoza, 2009), kept positive.
                    let (all, having) = (Float(state.count), Float(postings.count))
                    weight *= Glibc.logf(1 + (all - having + 0.5) / (having + 0.5))
                }
                for (seq, entry) in postings where allowed?.contains(Int(seq)) ?? true {
                    products[seq, default: 0] += weight * entry
                }
            }
        }
        let sorted = products.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        return sorted.prefix(nearest.limit).map { ($0.key, 1 - $0.value) }
    }

    // MARK: - Groups

    private func grouped(_ scored: [(seq: UInt32, score: Float)], _ grouping: SearchRequest.Grouping) throws -> [(
        seq: UInt32, score: Float
    )] {
        struct Member {
            let place: Int
            let order: [JSONValue?]
        }
        var groups: [String: [Member]] = [:]
        try withReader { access in
            for (place, hit) in scored.enumerated() {
                let metadata = try RecordDatabase.metadata(hit.seq, access)
                let name = JSONValue.array(
                    grouping.keys.map { key in metadata?[key].map { [$0] } ?? .null }
                ).text
                let order = grouping.order.map { key in
                    key == "#score" ? JSONValue.double(Double(hit.score)) : metadata?[key]
                }
                groups[name, default: []].append(Member(place: place, order: order))
            }
        }
        var kept: [Int] = []
        for members in groups.values {
            let sorted = members.sorted { a, b in
                for (one, two) in zip(a.order, b.order) {
                    let order = Self.order(one, two)
                    if order != 0 { return grouping.isDescending ? order > 0 : order < 0 }
                }
                return a.place < b.place
            }
            kept += sorted.prefix(grouping.count).map(\.place)
        }
        return kept.sorted().map { scored[$0] }
    }

    /// Order of metadata values: missing, booleans, integers, floats, strings, arrays.
    private static func order(_ a: JSONValue?, _ b: JSONValue?) -> Int {
        func rank(_ value: JSONValue?) -> Int {
            switch value {
            case nil, .null?: 0
            case .bool?: 1
            case .int?: 2
            case .double?: 3
            case .string?: 4
            case .object?: 5
            case .array?: 6
            }
        }
        let ranks = (rank(a), rank(b))
        guard ranks.0 == ranks.1, let a, let b else { return ranks.0 - ranks.1 }
        switch (a, b) {
        case (.bool(let x), .bool(let y)): return (x ? 1 : 0) - (y ? 1 : 0)
        case (.int(let x), .int(let y)): return x < y ? -1 : x > y ? 1 : 0
        case (.double(let x), .double(let y)): return x < y ? -1 : x > y ? 1 : 0
        case (.string(let x), .string(let y)): return x < y ? -1 : x > y ? 1 : 0
        case (.array(let x), .array(let y)):
            for (one, two) in zip(x, y) {
                let order = order(one, two)
                if order != 0 { return order }
            }
            return x.count - y.count
        default: return 0
        }
    }
}
