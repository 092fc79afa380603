import Chroma
import Dispatch
import FoundationEssentials
import Glibc
import JSONCoding
import SQLite

/// The store's first format, one database for everything (`vectors.sqlite`), brought into the present one.
enum FirstFormat {
    private static let fileName = "vectors.sqlite"
    private static let batchSize = 500

    /// Imports the old database if there is one, then removes it. A crash in between begins again: collections count
    /// only when the catalogue has them, and folders that it does not know are removed at the next start.
    static func importIfPresent(_ directory: String, catalog: CollectionCatalog) throws {
        let path = directory + "/" + fileName
        guard access(path, F_OK) == 0 else { return }
        let old = try SQLiteDatabase(path: path, schema: "")
        let collections = try old.query(
            "SELECT id, name, tenant, db, metadata, hnsw, embedding_function FROM collections"
        ).map { row in
            let configuration: JSONValue = [
                "hnsw": try JSONParser.parse(row[5].string ?? "null"),
                "embedding_function": try JSONParser.parse(row[6].string ?? "null"),
            ]
            let metadata = try row[4].string.flatMap { try JSONParser.parse($0).object }
            return CollectionInfo(
                id: row[0].string ?? "", name: row[1].string ?? "", tenant: row[2].string ?? "",
                database: row[3].string ?? "", metadata: metadata,
                schema: try CollectionSchema(
                    configuration: configuration, schema: nil, metadata: metadata, allowsSparse: false))
        }
        for info in collections { try copy(info, from: old, to: directory + "/collections/" + info.id) }
        try catalog.adopt(
            tenants: try old.query("SELECT name FROM tenants").compactMap { $0[0].string },
            databases: try old.query("SELECT id, name, tenant FROM databases").map {
                .init(id: $0[0].string ?? "", name: $0[1].string ?? "", tenant: $0[2].string ?? "")
            }, collections: collections)
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    }

    private static func copy(_ info: CollectionInfo, from old: SQLiteDatabase, to folder: String) throws {
        let collection = try VectorCollection(directory: folder, space: info.schema.space, options: .init())
        defer { collection.close(checkpointing: false) }
        var last: Int64 = -1
        while true {
            let rows = try old.query(
                "SELECT seq, id, document, uri, metadata, embedding FROM records WHERE collection = ? AND seq > ? ORDER BY seq LIMIT ?",
                [.text(info.id), .integer(last), .integer(Int64(batchSize))])
            guard let end = rows.last?[0].int else { break }
            last = end
            let batch = try RecordBatch(
                [
                    "ids": .array(rows.map { .optional($0[1].string) }),
                    "documents": .array(rows.map { .optional($0[2].string) }),
                    "uris": .array(rows.map { .optional($0[3].string) }),
                    "metadatas": .array(try rows.map { try JSONParser.parse($0[4].string ?? "null") }),
                    "embeddings": .array(rows.map { .string(Data($0[5].bytes ?? []).base64EncodedString()) }),
                ], kind: .add)
            try collection.queue.sync {
                _ = try collection.transact(batch.ids.count, []) { write, access in
                    try collection.admit(batch.dimension, access)
                    for index in batch.ids.indices { try write.put(batch, index, .add, access) }
                }
            }
        }
        try collection.vectors?.synchronise()
        try collection.database.writer.synchronise()
    }
}
