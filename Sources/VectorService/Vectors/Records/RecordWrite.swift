import Chroma
import JSONCoding
import SQLite

/// One write on its way: what goes into the database, collected so that memory follows only after the commit.
struct RecordWrite {
    enum Change {
        case inserted(seq: UInt32, slot: UInt32, metadata: JSONObject?)
        case moved(seq: UInt32, from: UInt32, to: UInt32)
        case described(seq: UInt32, old: JSONObject?, metadata: JSONObject)
        case removed(seq: UInt32, slot: UInt32)
    }

    private(set) var changes: [Change] = []
    private(set) var vectors: [(slot: UInt32, vector: [Float])] = []
    private(set) var newKeys: Set<String> = []
    private(set) var removedCount = 0
    /// Whether content was deleted or replaced, which is to leave the disk.
    private(set) var erases = false
    private(set) var nextSeq: UInt32
    private(set) var slots: UInt32
    private(set) var free: [UInt32]
    private let knownKeys: Set<String>
    private let sparseKeys: Set<String>

    /// - Parameter sparseKeys: Metadata keys whose sparse vectors are indexed.
    init(_ state: VectorCollection.State, sparseKeys: Set<String>) {
        nextSeq = state.nextSeq
        slots = state.slots
        free = state.free
        knownKeys = state.keys
        self.sparseKeys = sparseKeys
    }

    /// Adds one record of a batch.
    mutating func put(
        _ batch: RecordBatch, _ index: Int, _ kind: RecordBatch.Kind, _ access: borrowing SQLiteDatabase.Access
    ) throws {
        let id = batch.ids[index]
        let vector = batch.embeddings?[index]
        let document = batch.documents?[index]
        let uri = batch.uris?[index]
        let given = batch.metadatas?[index]
        guard let found = try RecordDatabase.find(id, access) else {
            guard kind != .update, let vector else { return }
            let seq = nextSeq
            guard seq < UInt32.max else { throw VectorStorageError("the collection has used up its record numbers") }
            nextSeq += 1
            let slot = try place(vector, access)
            try RecordDatabase.insert(seq, slot: slot, id: id, document: document, uri: uri, access)
            if let tokens = batch.tokenEmbeddings?[index] { try RecordDatabase.setTokens(seq, tokens, access) }
            let kept = given.map { Self.merged(nil, $0) }
            let metadata = kept?.isEmpty == true ? nil : kept
            if let metadata { try describe(seq, old: nil, metadata, access) }
            changes.append(.inserted(seq: seq, slot: slot, metadata: metadata))
            return
        }
        if kind == .add { return }
        erases = true
        var slot: UInt32?
        if let vector {
            let fresh = try place(vector, access)
            try access.query("INSERT INTO dead VALUES (?, 0)", [.integer(Int64(found.slot))])
            changes.append(.moved(seq: found.seq, from: found.slot, to: fresh))
            slot = fresh
        }
        try RecordDatabase.update(found, id: id, document: document, uri: uri, slot: slot, access)
        // Those of a text that is no longer there must not stay.
        let tokens = batch.tokenEmbeddings?[index]
        if tokens != nil || vector != nil || document != nil {
            try RecordDatabase.setTokens(found.seq, tokens, access)
        }
        guard let given, !given.isEmpty else { return }
        let stored = try RecordDatabase.metadata(found.seq, access)
        let merged = Self.merged(stored, given)
        if stored == nil, merged.isEmpty { return }
        try describe(found.seq, old: stored, merged, access)
        changes.append(.described(seq: found.seq, old: stored, metadata: merged))
    }

    /// Takes one record out; nothing happens when there is none of that id.
    mutating func remove(_ id: String, _ access: borrowing SQLiteDatabase.Access) throws {
        guard let found = try RecordDatabase.find(id, access) else { return }
        if !sparseKeys.isEmpty {
            let stored = try RecordDatabase.metadata(found.seq, access)
            for key in sparseKeys {
                guard let old = Self.sparse(stored, key) else { continue }
                try RecordDatabase.setTerms(found.seq, key: key, old: old, new: nil, access)
            }
        }
        try RecordDatabase.remove(found, access)
        changes.append(.removed(seq: found.seq, slot: found.slot))
        removedCount += 1
        erases = true
    }

    /// Null values delete their key, everything else replaces what was there.
    static func merged(_ stored: JSONObject?, _ given: JSONObject) -> JSONObject {
        var result = stored ?? JSONObject()
        var gone: Set<String> = []
        for (key, value) in given.members {
            if value.isNull || value == .array([]) { gone.insert(key) } else { result[key] = value }
        }
        if !gone.isEmpty { result.removeAll(gone) }
        return result
    }

    private mutating func place(_ vector: [Float], _ access: borrowing SQLiteDatabase.Access) throws -> UInt32 {
        let slot: UInt32
        if let used = free.popLast() {
            slot = used
            try access.query("DELETE FROM dead WHERE slot = ?", [.integer(Int64(used))])
        } else {
            slot = slots
            slots += 1
        }
        vectors.append((slot, vector))
        return slot
    }

    private mutating func describe(
        _ seq: UInt32, old: JSONObject?, _ metadata: JSONObject, _ access: borrowing SQLiteDatabase.Access
    ) throws {
        // As in Chroma, a record whose last key was deleted has no metadata, and not an empty object.
        try RecordDatabase.setMetadata(seq, metadata.isEmpty ? nil : metadata, access)
        for (key, value) in metadata.members where !key.hasPrefix("chroma:") {
            guard let type = CollectionSchema.valueType(value) else { continue }
            let name = key + "\0" + type
            guard !knownKeys.contains(name), newKeys.insert(name).inserted else { continue }
            try access.query("INSERT OR IGNORE INTO keys VALUES (?, ?)", [.text(key), .text(type)])
        }
        for key in sparseKeys {
            let (before, after) = (Self.sparse(old, key), Self.sparse(metadata, key))
            if before != after { try RecordDatabase.setTerms(seq, key: key, old: before, new: after, access) }
        }
    }

    private static func sparse(_ metadata: JSONObject?, _ key: String) -> SparseVector? {
        guard let object = metadata?[key]?.object else { return nil }
        return (try? SparseVector(object, field: key)) ?? nil
    }
}
