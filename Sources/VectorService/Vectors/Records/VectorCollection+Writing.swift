import Chroma
import Dispatch
import FoundationEssentials
import SQLite
import Synchronization

extension VectorCollection {
    /// Applies a batch as a whole; it is on the disk when this returns.
    func write(_ batch: RecordBatch, kind: RecordBatch.Kind, sparseKeys: Set<String>) async throws {
        await index.waitForRoom()
        try await commit(operations: batch.ids.count, sparseKeys: sparseKeys) { write, access in
            try self.admit(batch.dimension, access)
            for index in batch.ids.indices { try write.put(batch, index, kind, access) }
        }
    }

    /// Deletes records; returns how many there were.
    ///
    /// - Parameter choose: Says which, on the queue, so that what it sees is what is deleted.
    func delete(sparseKeys: Set<String>, choosing choose: @escaping @Sendable () throws -> [String]) async throws -> Int
    {
        try await commit(operations: nil, sparseKeys: sparseKeys) { write, access in
            for id in try choose() { try write.remove(id, access) }
        }
    }

    /// Runs the body in a transaction on the queue, then waits for the disk. Returns the number of removed records.
    @discardableResult
    private func commit(
        operations: Int?, sparseKeys: Set<String>,
        _ body: @escaping @Sendable (inout RecordWrite, borrowing SQLiteDatabase.Access) throws -> Void
    ) async throws -> Int {
        let removed = try await onQueue { try self.transact(operations, sparseKeys, body) }
        do {
            try await synchroniser.wait()
        } catch {
            // What reached the disk is unknown now; the next to come reads it from there.
            isClosed.store(true, ordering: .sequentiallyConsistent)
            throw error
        }
        return removed
    }

    /// Runs the body in a transaction; memory follows with the commit. On the queue. The disk follows later.
    func transact(
        _ operations: Int?, _ sparseKeys: Set<String>,
        _ body: (inout RecordWrite, borrowing SQLiteDatabase.Access) throws -> Void
    ) throws -> Int {
        try database.writer.read { access in
            try access.query("BEGIN IMMEDIATE")
            do {
                var write = RecordWrite(state, sparseKeys: sparseKeys)
                try body(&write, access)
                try finish(write, operations ?? write.removedCount, access)
                return write.removedCount
            } catch {
                // The database may have had to end the transaction itself, when the disk was full.
                _ = try? access.query("ROLLBACK")
                throw error
            }
        }
    }

    func onQueue<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(
                    with: Result {
                        guard !self.isClosed.load(ordering: .sequentiallyConsistent) else { throw CollectionClosed() }
                        return try body()
                    })
            }
        }
    }

    /// Checks a batch's dimension and makes the vector file with the first.
    func admit(_ dimension: Int?, _ access: borrowing SQLiteDatabase.Access) throws {
        guard let dimension else { return }
        if let expected = state.dimension {
            guard expected == dimension else {
                throw VectorError.wrongDimension(expected: expected, given: dimension)
            }
            return
        }
        if vectors?.dimension != dimension {
            // Left by a write that was rolled back.
            try? FileManager.default.removeItem(atPath: vectorPath)
            let file = try VectorFile(path: vectorPath, dimension: dimension)
            // The new files' names have to be on the disk, too.
            try GraphFile.synchronise(directory)
            try GraphFile.synchronise(directory + "/..")
            lock.writing { vectors = file }
        }
    }

    private func finish(_ write: RecordWrite, _ operations: Int, _ access: borrowing SQLiteDatabase.Access) throws {
        var dimension: Int?
        if !write.vectors.isEmpty, let vectors {
            try vectors.write(write.vectors)
            if write.vectors.count * vectors.dimension * 4 <= Self.keptBytes {
                for (slot, vector) in write.vectors { try RecordDatabase.keep(slot, vector, access) }
                keptCount.add(write.vectors.count, ordering: .relaxed)
            } else {
                // Before the commit: a power failure must not leave records whose vectors are not there.
                try vectors.synchronise()
            }
            if state.dimension == nil {
                dimension = vectors.dimension
                try RecordDatabase.setState("dimension", vectors.dimension, access)
            }
        }
        if write.nextSeq != state.nextSeq { try RecordDatabase.setState("next_seq", Int(write.nextSeq), access) }
        if write.slots != state.slots { try RecordDatabase.setState("slots", Int(write.slots), access) }
        try RecordDatabase.setState("version", state.version + 1, access)
        try RecordDatabase.setState("operations", state.operations + operations, access)
        try lock.writing {
            try access.query("COMMIT")
            if let dimension { state.dimension = dimension }
            state.nextSeq = write.nextSeq
            state.slots = write.slots
            state.free = write.free
            state.version += 1
            state.operations += operations
            state.keys.formUnion(write.newKeys)
            for change in write.changes { apply(change) }
            index.noticeVectors(write.vectors.map(\.slot))
        }
        index.noticeWrite(erases: write.erases)
    }

    /// Writes the vector file to the disk, after which no copies of its vectors are needed.
    func releaseKept() throws {
        guard keptCount.load(ordering: .relaxed) > 0, let vectors else { return }
        try queue.sync {
            try vectors.synchronise()
            _ = try database.writer.transaction { access in try access.query("DELETE FROM fresh") }
            keptCount.store(0, ordering: .relaxed)
        }
    }

    private func apply(_ change: RecordWrite.Change) {
        switch change {
        case .inserted(let seq, let slot, let metadata):
            live.insert(seq)
            dead.remove(slot)
            setPlace(seq, slot)
            state.count += 1
            if metadata != nil { columns?.set(seq, metadata) }
        case .moved(let seq, let from, let to):
            dead.insert(from)
            dead.remove(to)
            state.seqOf[from] = nil
            setPlace(seq, to)
        case .described(let seq, let old, let metadata): columns?.set(seq, metadata, replacing: old)
        case .removed(let seq, let slot):
            live.remove(seq)
            dead.insert(slot)
            state.slotOf[seq] = nil
            state.seqOf[slot] = nil
            state.count -= 1
            columns?.forget()
            // Read anew by the next filter, without what is gone.
            if let columns, columns.staleCount > max(state.count, Self.keptStale) { self.columns = nil }
        }
    }

    /// Removed records whose metadata may stay in memory, whatever the number of the others.
    private static let keptStale = 4096

    private func setPlace(_ seq: UInt32, _ slot: UInt32) {
        if seq == slot {
            state.slotOf[seq] = nil
            state.seqOf[slot] = nil
        } else {
            state.slotOf[seq] = slot
            state.seqOf[slot] = seq
        }
    }
}

/// The collection was deleted, or its disk failed, while this call waited.
struct CollectionClosed: Error {}
