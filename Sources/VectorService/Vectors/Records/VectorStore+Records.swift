public import Chroma

extension VectorStore {
    /// Applies a write as a whole; it is on the disk when this returns.
    public func write(_ batch: RecordBatch, kind: RecordBatch.Kind, to info: CollectionInfo) async throws {
        guard !batch.ids.isEmpty else { return }
        try await withCollection(info, makes: true) { collection in
            try await collection?.write(batch, kind: kind, sparseKeys: Set(info.schema.sparseKeys.keys))
        }
    }

    /// Records in insertion order.
    public func get(
        _ selection: RecordSelection, from info: CollectionInfo, offset: Int, limit: Int?, fields: RecordFields
    ) async throws -> [VectorRecord] {
        try admit(selection, info)
        return try await withCollection(info) { collection in
            try collection?.get(selection, offset: offset, limit: limit, fields: fields) ?? []
        }
    }

    /// For each query vector, its nearest records.
    public func query(
        _ vectors: [[Float]], _ selection: RecordSelection, in info: CollectionInfo, count: Int, fields: RecordFields
    ) async throws -> [[VectorRecord]] {
        try admit(selection, info)
        return try await withCollection(info) { collection in
            guard let collection else {
                if let ids = selection.ids, !ids.isEmpty, selection.filter == nil, selection.documentFilter == nil {
                    throw VectorError.recordMissing
                }
                return vectors.map { _ in [] }
            }
            return try collection.query(vectors, selection, count: count, fields: fields)
        }
    }

    /// Runs searches of the Search API, one after another.
    public func search(_ requests: [SearchRequest], in info: CollectionInfo) async throws -> [[SearchHit]] {
        for request in requests { try admit(RecordSelection(filter: request.filter), info) }
        return try await withCollection(info) { collection in
            let sparseKeys = info.schema.sparseKeys
            return try requests.map { try collection?.search($0, sparseKeys: sparseKeys) ?? [] }
        }
    }

    /// Deletes what is selected; returns how many records there were.
    ///
    /// - Parameter limit: Deletes only the first so many in insertion order.
    public func delete(_ selection: RecordSelection, limit: Int?, from info: CollectionInfo) async throws -> Int {
        try admit(selection, info)
        return try await withCollection(info) { collection in
            guard let collection else { return 0 }
            return try await collection.delete(sparseKeys: Set(info.schema.sparseKeys.keys)) {
                // Runs on the collection's queue, so that nothing is written between choosing and deleting.
                try collection.ids(selection, limit: limit)
            }
        }
    }

    /// The number of records.
    public func count(_ info: CollectionInfo) async throws -> Int {
        try await withCollection(info) { collection in
            collection.map { collection in collection.lock.reading { collection.state.count } } ?? 0
        }
    }

    /// Records of all writes and deletes so far, and how many of them the index does not have yet.
    public func indexingStatus(_ info: CollectionInfo) async throws -> (operations: Int, unindexed: Int) {
        try await withCollection(info) { collection in
            guard let collection else { return (0, 0) }
            return collection.lock.reading {
                // Without a graph every search is exact, so that everything counts as indexed.
                (collection.state.operations, collection.index.graph == nil ? 0 : collection.index.unindexed.count)
            }
        }
    }

    private func admit(_ selection: RecordSelection, _ info: CollectionInfo) throws(VectorError) {
        if let filter = selection.filter { try info.schema.admit(filter) }
        if let filter = selection.documentFilter { try info.schema.admit(filter) }
    }
}
