import CGraph
import FoundationEssentials
import TestSupport
import Testing

@testable import Vectors

/// The graph by itself: finding, taking out, checkpoints.
@Suite struct GraphTests {
    private static let dimension = 24

    private final class Graph {
        let pointer: OpaquePointer
        let vectors: VectorFile
        let dead: BitRegion
        let space: apus_space

        init(_ vectors: VectorFile, metric: Int32 = Int32(APUS_L2), quantised: Bool = false) throws {
            self.vectors = vectors
            dead = try BitRegion()
            space = apus_space(
                vectors: vectors.base, dimension: vectors.dimension, stride: vectors.stride, metric: metric)
            var options = apus_graph_options(
                space: space, neighbours: 16, construction_candidates: 100, quantised: quantised ? 1 : 0,
                dead: UnsafePointer(dead.words))
            pointer = try #require(apus_graph_create(&options))
        }

        deinit { apus_graph_destroy(pointer) }

        func insert(_ slots: Range<UInt32>) {
            let list = Array(slots)
            #expect(apus_graph_insert(pointer, list, list.count, 2) == list.count)
        }

        func search(_ query: [Float], _ limit: Int, allowed: BitSet? = nil) -> [UInt32] {
            var hits = [apus_hit](repeating: apus_hit(), count: limit)
            let held =
                allowed.map { apus_graph_search(pointer, query, 100, $0.words, $0.capacity, &hits, limit) }
                ?? apus_graph_search(pointer, query, 100, nil, 0, &hits, limit)
            return hits.prefix(held).sorted { ($0.distance, $0.slot) < ($1.distance, $1.slot) }.map(\.slot)
        }

        func scan(_ query: [Float], _ limit: Int, count: Int) -> [UInt32] {
            var hits = [apus_hit](repeating: apus_hit(), count: limit)
            var space = space
            let held = apus_scan(&space, query, nil, 0, count, dead.words, nil, count, &hits, limit, 0)
            return hits.prefix(held).sorted { ($0.distance, $0.slot) < ($1.distance, $1.slot) }.map(\.slot)
        }
    }

    private func withVectors(_ count: Int, _ body: (VectorFile, [[Float]], String) throws -> Void) throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try VectorFile(path: folder + "/vectors.f32", dimension: Self.dimension)
        let rows = StoreFixture.vectors(count, dimension: Self.dimension)
        try file.write(rows.enumerated().map { (UInt32($0), $1) })
        try body(file, rows, folder)
    }

    @Test(arguments: [(APUS_L2, false), (APUS_COSINE, false), (APUS_COSINE, true), (APUS_L2, true)])
    func findsWhatAScanFinds(metric: Int, quantised: Bool) throws {
        try withVectors(4000) { file, _, _ in
            let graph = try Graph(file, metric: Int32(metric), quantised: quantised)
            graph.insert(0..<4000)
            let queries = StoreFixture.vectors(50, dimension: Self.dimension, seed: 9)
            let right = queries.reduce(0) { sum, query in
                sum + Set(graph.search(query, 10)).intersection(graph.scan(query, 10, count: 4000)).count
            }
            #expect(right >= 480)
        }
    }

    @Test func filtersAndDeletionsRestrictTheResultsNotTheWay() throws {
        try withVectors(3000) { file, rows, _ in
            let graph = try Graph(file)
            graph.insert(0..<3000)
            let allowed = BitSet(capacity: 3000, stride(from: 0, to: 3000, by: 7))
            for slot: UInt32 in 0..<1500 { graph.dead.insert(slot) }
            for query in rows.prefix(20) {
                let found = graph.search(query, 10, allowed: allowed)
                #expect(found.count == 10 && found.allSatisfy { $0 % 7 == 0 && $0 >= 1500 })
            }
        }
    }

    @Test func whatStaysIsReachedAfterRemovals() throws {
        try withVectors(3000) { file, rows, _ in
            let graph = try Graph(file)
            graph.insert(0..<3000)
            var generator = SplitMix(state: 3)
            for _ in 0..<4 {
                var victims = BitSet(capacity: 3000)
                for slot in 0..<3000 where Int.random(in: 0..<3, using: &generator) == 0 {
                    victims.insert(slot)
                    graph.dead.insert(UInt32(slot))
                }
                apus_graph_remove(graph.pointer, victims.words, victims.capacity)
            }
            #expect(apus_graph_reconnect(graph.pointer) == 0)
            let left = (0..<3000).filter { !graph.dead.contains(UInt32($0)) }
            #expect(Double(left.count { graph.search(rows[$0], 1) == [UInt32($0)] }) > 0.99 * Double(left.count))
            #expect(Int(apus_graph_get_state(graph.pointer).node_count) == left.count)
            // Freed slots are used again, with the levels they had.
            let freed = (0..<UInt32(3000)).filter { graph.dead.contains($0) }
            for slot in freed { graph.dead.remove(slot) }
            #expect(apus_graph_insert(graph.pointer, freed, freed.count, 2) == freed.count)
            let found = freed.count { graph.search(rows[Int($0)], 1) == [$0] }
            #expect(Double(found) > 0.99 * Double(freed.count))
        }
    }

    /// Copies of one vector must neither hide each other nor cut the rest off.
    @Test func copiesOfAVectorAreAllReached() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try VectorFile(path: folder + "/vectors.f32", dimension: Self.dimension)
        var rows = StoreFixture.vectors(3000, dimension: Self.dimension)
        for row in 1000..<2500 { rows[row] = rows[0] }
        try file.write(rows.enumerated().map { (UInt32($0), $1) })
        let graph = try Graph(file)
        graph.insert(0..<3000)
        let unreached = apus_graph_reconnect(graph.pointer)
        #expect(unreached < 30)
        #expect(graph.search(rows[0], 1501).count { $0 == 0 || (1000..<2500).contains($0) } > 1480)
        let others = (1..<1000).count { graph.search(rows[$0], 1) == [UInt32($0)] }
        #expect(others > 980)
    }

    @Test func aGraphCanBeEmptied() throws {
        try withVectors(100) { file, rows, _ in
            let graph = try Graph(file)
            graph.insert(0..<100)
            let all = BitSet(capacity: 100, 0..<100)
            for slot: UInt32 in 0..<100 { graph.dead.insert(slot) }
            #expect(graph.search(rows[0], 5) == [])
            #expect(apus_graph_remove(graph.pointer, all.words, 100) == 100)
            #expect(apus_graph_get_state(graph.pointer).top_level == -1)
            graph.dead.remove(7)
            graph.insert(7..<8)
            #expect(graph.search(rows[0], 5) == [7])
        }
    }

    private func file(_ folder: String) -> GraphFile {
        GraphFile(
            directory: folder,
            parameters: .init(
                metric: UInt32(APUS_L2), dimension: UInt32(Self.dimension), neighbours: 16, quantised: 0))
    }

    @Test func checkpointsAreIncrementalAndSurviveACrashInBetween() throws {
        try withVectors(3000) { vectors, rows, folder in
            let graph = try Graph(vectors)
            let file = file(folder)
            graph.insert(0..<2000)
            try file.save(graph.pointer, absent: [])
            #expect(file.damage() == nil)
            // The meta file cannot be replaced: the checkpoint stops after its pages have been written.
            graph.insert(2000..<3000)
            try FileManager.default.createDirectory(
                atPath: folder + "/graph.meta.new", withIntermediateDirectories: false)
            #expect(throws: VectorStorageError.self) { try file.save(graph.pointer, absent: [5]) }
            #expect(FileManager.default.fileExists(atPath: folder + "/graph.journal"))
            try FileManager.default.removeItem(atPath: folder + "/graph.meta.new")
            let loaded = try Graph(vectors)
            let meta = try #require(try file.load(into: loaded.pointer))
            #expect(meta.absent == [5] && meta.state.node_count == 3000)
            #expect(!FileManager.default.fileExists(atPath: folder + "/graph.journal"))
            for row in rows.prefix(300) { #expect(loaded.search(row, 10) == graph.search(row, 10)) }
            #expect(file.damage() == nil)
            // What was mapped is changed in memory first, and on the disk only by the next checkpoint.
            loaded.dead.insert(1)
            let victims = BitSet(capacity: 3000, [1])
            apus_graph_remove(loaded.pointer, victims.words, 3000)
            #expect(file.damage() == nil)
            try file.save(loaded.pointer, absent: [1])
            #expect(file.damage() == nil)
        }
    }

    @Test func anIncompleteJournalIsForgotten() throws {
        try withVectors(500) { vectors, _, folder in
            let graph = try Graph(vectors)
            let file = file(folder)
            graph.insert(0..<500)
            try file.save(graph.pointer, absent: [])
            try Data(repeating: 7, count: 5000).write(to: URL(filePath: folder + "/graph.journal"))
            let loaded = try Graph(vectors)
            #expect(try file.load(into: loaded.pointer)?.state.node_count == 500)
            #expect(!FileManager.default.fileExists(atPath: folder + "/graph.journal"))
        }
    }

    @Test func otherParametersMakeAnotherGraph() throws {
        try withVectors(500) { vectors, _, folder in
            let graph = try Graph(vectors)
            graph.insert(0..<500)
            try file(folder).save(graph.pointer, absent: [])
            var other = file(folder).parameters
            other.neighbours = 8
            let fresh = try Graph(vectors)
            #expect(try GraphFile(directory: folder, parameters: other).load(into: fresh.pointer) == nil)
        }
    }
}
