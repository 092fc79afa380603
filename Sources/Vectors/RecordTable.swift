import CVectors
import Chroma
import JSONCoding

/// The vectors and metadata of one collection in memory, in insertion order. Documents stay on disk.
struct RecordTable: Sendable {
    private(set) var ids: [String] = []
    /// Row of the record in the database, which also orders records.
    private(set) var rows: [Int64] = []
    private(set) var metadatas: [JSONObject?] = []
    private(set) var places: [String: Int] = [:]
    private var vectors: [Float] = []
    private var norms: [Float] = []
    private(set) var dimension = 0

    var count: Int { ids.count }

    func vector(_ place: Int) -> ArraySlice<Float> { vectors[place * dimension..<(place + 1) * dimension] }

    mutating func append(id: String, row: Int64, metadata: JSONObject?, vector: [Float]) {
        if ids.isEmpty { dimension = vector.count }
        places[id] = ids.count
        ids.append(id)
        rows.append(row)
        metadatas.append(metadata)
        vectors += vector
        norms.append(Self.norm(vector))
    }

    mutating func update(_ place: Int, metadata: JSONObject?, vector: [Float]?) {
        metadatas[place] = metadata
        guard let vector else { return }
        vectors.replaceSubrange(place * dimension..<(place + 1) * dimension, with: vector)
        norms[place] = Self.norm(vector)
    }

    mutating func remove(_ removed: Set<String>) {
        var kept = RecordTable()
        for place in ids.indices where !removed.contains(ids[place]) {
            kept.append(id: ids[place], row: rows[place], metadata: metadatas[place], vector: Array(vector(place)))
        }
        self = kept
    }

    /// The nearest records among `candidates` (all when `nil`), nearest first; ties in insertion order.
    func nearest(to query: [Float], space: VectorSpace, count: Int, candidates: [Int]?) -> [(
        place: Int, distance: Float
    )] {
        guard count > 0, !ids.isEmpty else { return [] }
        let distances = distances(to: query, space: space)
        var best: [(place: Int, distance: Float)] = []
        best.reserveCapacity(min(count, ids.count) + 1)
        func consider(_ place: Int) {
            let distance = distances[place]
            if best.count == count, let worst = best.last, !(distance < worst.distance) { return }
            // Binary insertion: result lists are short.
            var low = 0
            var high = best.count
            while low < high {
                let middle = (low + high) / 2
                if distance < best[middle].distance { high = middle } else { low = middle + 1 }
            }
            best.insert((place, distance), at: low)
            if best.count > count { best.removeLast() }
        }
        if let candidates {
            for place in candidates { consider(place) }
        } else {
            for place in ids.indices { consider(place) }
        }
        return best
    }

    private func distances(to query: [Float], space: VectorSpace) -> [Float] {
        let size = dimension
        return [Float](unsafeUninitializedCapacity: ids.count) { buffer, initialized in
            guard let result = buffer.baseAddress else { return }
            vectors.withUnsafeBufferPointer { all in
                guard let base = all.baseAddress else { return }
                switch space {
                case .l2:
                    for place in 0..<ids.count {
                        result[place] = apus_squared_distance(query, base + place * size, size)
                    }
                case .ip, .cosine: apus_dot_rows(query, base, ids.count, size, result)
                }
            }
            let queryNorm = Self.norm(query)
            switch space {
            case .l2: break
            case .ip: for place in 0..<ids.count { result[place] = 1 - result[place] }
            case .cosine:
                for place in 0..<ids.count {
                    let product = queryNorm * norms[place]
                    result[place] = product > 0 ? 1 - result[place] / product : 1
                }
            }
            initialized = ids.count
        }
    }

    private static func norm(_ vector: [Float]) -> Float { apus_dot(vector, vector, vector.count).squareRoot() }
}
