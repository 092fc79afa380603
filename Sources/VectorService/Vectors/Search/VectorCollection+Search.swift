import CGraph
import Synchronization

extension VectorCollection {
    /// A record found by its vector.
    struct Hit: Sendable {
        let seq: UInt32
        let distance: Float
    }

    func graphSpace(_ vectors: VectorFile) -> apus_space {
        apus_space(vectors: vectors.base, dimension: vectors.dimension, stride: vectors.stride, metric: metric)
    }

    /// The `count` nearest records, nearest first, ties in insertion order; all there are if fewer.
    ///
    /// - Parameter allowed: Seqs that may be found, `nil` for all. Under the shared lock.
    func nearest(to query: [Float], count: Int, allowed: BitSet?) -> [Hit] {
        guard let vectors, count > 0, state.count > 0 else { return [] }
        let matches = allowed?.count ?? state.count
        let wanted = min(count, matches)
        guard wanted > 0 else { return [] }
        var space = graphSpace(vectors)
        var hits: [apus_hit] = []
        if let graph = index.graph, !paysToScan(matches: matches, wanted: wanted) {
            let slots = allowed.map(self.slots(of:))
            hits = searchGraph(graph, &space, query, wanted, slots)
            if hits.count < wanted { hits = scan(&space, query, wanted, allowed) }
        } else {
            hits = scan(&space, query, wanted, allowed)
        }
        let found = hits.map { Hit(seq: seq(of: $0.slot), distance: $0.distance) }
        return found.sorted { $0.distance != $1.distance ? $0.distance < $1.distance : $0.seq < $1.seq }
    }

    /// Whether looking at every match costs less than a search of the graph, which visits about twenty nodes for each
    /// candidate and the more the rarer matches are.
    private func paysToScan(matches: Int, wanted: Int) -> Bool {
        let candidates = max(searchCandidates.load(ordering: .relaxed), wanted)
        let visits = Double(candidates) * 25 * Double(state.count) / Double(matches)
        return Double(matches) <= visits
    }

    /// A set of seqs as one of slots.
    private func slots(of seqs: BitSet) -> BitSet {
        var result = BitSet(capacity: Int(state.slots))
        if state.slotOf.isEmpty {
            result.formUnion(seqs)
            return result
        }
        seqs.forEach {
            result.insert(Int(slot(of: UInt32($0))))
            return true
        }
        return result
    }

    private func searchGraph(
        _ graph: OpaquePointer, _ space: inout apus_space, _ query: [Float], _ wanted: Int, _ allowed: BitSet?
    ) -> [apus_hit] {
        let bits = Int(state.slots)
        var hits = [apus_hit](repeating: apus_hit(), count: wanted)
        func withWords<Value>(_ body: (UnsafePointer<UInt64>?) -> Value) -> Value {
            guard let allowed else { return body(nil) }
            return allowed.words.withUnsafeBufferPointer { body($0.baseAddress) }
        }
        let held = withWords { words in
            apus_graph_search(
                graph, query, max(searchCandidates.load(ordering: .relaxed), 1), words, bits, &hits, wanted)
        }
        hits.removeLast(wanted - held)
        // What the graph does not have yet is looked at one by one; some of it may be in both by now.
        let waiting = index.unindexed
        guard !waiting.isEmpty else { return hits }
        var others = [apus_hit](repeating: apus_hit(), count: wanted)
        let more = withWords { words in
            waiting.withUnsafeBufferPointer { slots in
                apus_scan(
                    &space, query, slots.baseAddress, 0, slots.count, dead.words, words, bits, &others, wanted, 0)
            }
        }
        let known = Set(hits.map(\.slot))
        hits += others.prefix(more).filter { !known.contains($0.slot) }
        hits.sort { $0.distance < $1.distance }
        return Array(hits.prefix(wanted))
    }

    private func scan(
        _ space: inout apus_space, _ query: [Float], _ wanted: Int, _ allowed: BitSet?
    ) -> [apus_hit] {
        let bits = Int(state.slots)
        var hits = [apus_hit](repeating: apus_hit(), count: wanted)
        let held: Int
        if let allowed {
            var slots: [UInt32] = []
            slots.reserveCapacity(allowed.count)
            allowed.forEach {
                slots.append(slot(of: UInt32($0)))
                return true
            }
            held = apus_scan(&space, query, slots, 0, slots.count, dead.words, nil, bits, &hits, wanted, 0)
        } else {
            held = apus_scan(&space, query, nil, 0, bits, dead.words, nil, bits, &hits, wanted, 0)
        }
        hits.removeLast(wanted - held)
        return hits
    }
}
