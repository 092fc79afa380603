import CGraph

extension VectorStore {
    /// What operators want to watch.
    public struct Statistics: Sendable {
        public var collections = 0
        public var openCollections = 0
        public var records = 0
        public var vectorBytes = 0
        public var graphNodes = 0
        public var unindexed = 0
        public var deleted = 0
        public var checkpoints = 0
    }

    /// Sums over the collections that are open.
    public var statistics: Statistics {
        var result = Statistics()
        result.collections = catalog.read { $0.collections.count }
        for collection in openNow {
            collection.lock.reading {
                result.openCollections += 1
                result.records += collection.state.count
                result.vectorBytes += (collection.vectors.map { $0.slotsInFile * $0.stride } ?? 0) * 4
                result.deleted += collection.dead.count - collection.state.free.count
                if let graph = collection.index.graph {
                    result.graphNodes += Int(apus_graph_get_state(graph).node_count)
                    result.unindexed += collection.index.unindexed.count
                }
                result.checkpoints += collection.index.checkpoints
            }
        }
        return result
    }
}
