public import Catalog
public import JSONCoding

/// Vector stores, their files and batches as OpenAI's API has them.
public enum VectorStoreForm {
    /// A store.
    public static func store(_ record: VectorStoreRecord) -> JSONValue {
        [
            "id": .string(ObjectID.vectorStore.text(record.id)), "object": "vector_store",
            "created_at": UnixTime.json(record.createdAt), "name": .string(record.name),
            "description": .optional(record.description), "usage_bytes": .int(Int64(record.bytes)),
            "file_counts": counts(record.counts), "status": .string(status(record.counts)), "expires_after": nil,
            "expires_at": nil, "last_active_at": UnixTime.json(record.lastActiveAt), "metadata": record.metadata,
        ]
    }

    /// A file of a store.
    public static func file(_ record: VectorStoreFileRecord) -> JSONValue {
        let error: JSONValue =
            record.status == .failed
            ? [
                "code": .string(record.errorCode == "unavailable" ? "server_error" : "invalid_file"),
                "message": .string(record.errorDetail ?? "The document could not be read."),
            ] : nil
        return [
            "id": .string(record.document), "object": "vector_store.file",
            "created_at": UnixTime.json(record.createdAt),
            "vector_store_id": .string(ObjectID.vectorStore.text(record.store)),
            "usage_bytes": .int(Int64(record.bytes)),
            "status": .string(status(record.status)), "last_error": error, "attributes": record.attributes,
            "chunking_strategy": ["type": "other"],
        ]
    }

    /// Files that were added together.
    public static func batch(_ record: VectorStoreBatchRecord) -> JSONValue {
        [
            "id": .string(ObjectID.batch.text(record.id)), "object": "vector_store.files_batch",
            "created_at": UnixTime.json(record.createdAt),
            "vector_store_id": .string(ObjectID.vectorStore.text(record.store)),
            "status": .string(status(record.counts)), "file_counts": counts(record.counts),
        ]
    }

    /// A deletion.
    public static func deleted(_ id: String, _ object: String) -> JSONValue {
        ["id": .string(id), "object": .string(object), "deleted": true]
    }

    /// Statuses of documents that a file of that status may have; `nil` when there is no such status.
    public static func statuses(_ name: String) -> [DocumentRecord.Status]? {
        switch name {
        case "completed": [.ready]
        case "failed": [.failed]
        case "in_progress": [.queued, .extracting, .embedding]
        case "cancelled": []
        default: nil
        }
    }

    private static func status(_ status: DocumentRecord.Status) -> String {
        switch status {
        case .ready: "completed"
        case .failed: "failed"
        case .queued, .extracting, .embedding: "in_progress"
        }
    }

    private static func status(_ counts: VectorStoreRecord.Counts) -> String {
        counts.inProgress > 0 ? "in_progress" : "completed"
    }

    private static func counts(_ counts: VectorStoreRecord.Counts) -> JSONValue {
        let total = counts.completed + counts.inProgress + counts.failed
        return [
            "in_progress": .int(Int64(counts.inProgress)), "completed": .int(Int64(counts.completed)),
            "failed": .int(Int64(counts.failed)), "cancelled": 0, "total": .int(Int64(total)),
        ]
    }
}
