package import APIDescription
import HTTPMessages
import JSONCoding

/// `/v1/vector_stores`
package enum VectorStoresDescription {
    private static let id: Parameter = .path("id", .text, "The store's, `vs_…`.")
    private static let fileId: Parameter = .path("file", .text, "The file's: a document's id.")
    private static let batchId: Parameter = .path("batch", .text, "The batch's, `vsfb_…`.")
    private static let filter: Parameter = .query(
        "filter", .choice(["in_progress", "completed", "failed", "cancelled"]), "Those of one status.")

    private static let counts = Schema.object([
        .has("in_progress", .count), .has("completed", .count), .has("failed", .count), .has("cancelled", .count),
        .has("total", .count),
    ])

    private static let store = Schema.named(
        "VectorStore",
        .object([
            .has("id", .text), .has("object", .choice(["vector_store"])), .has("created_at", .count),
            .has("name", .text),
            .has("description", .text.orNull), .has("usage_bytes", .count), .has("file_counts", counts),
            .has("status", .text), .has("expires_after", .anything), .has("expires_at", .anything),
            .has("last_active_at", .count.orNull), .has("metadata", OpenAISchemas.metadata),
        ]))

    private static let file = Schema.named(
        "VectorStoreFile",
        .object([
            .has("id", .id), .has("object", .choice(["vector_store.file"])), .has("created_at", .count),
            .has("vector_store_id", .text), .has("usage_bytes", .count), .has("status", .text),
            .has("last_error", Schema.object([.has("code", .text), .has("message", .text)]).orNull),
            .has("attributes", .anything), .has("chunking_strategy", .anything),
        ]))

    private static let batch = Schema.named(
        "VectorStoreFileBatch",
        .object([
            .has("id", .text), .has("object", .choice(["vector_store.files_batch"])), .has("created_at", .count),
            .has("vector_store_id", .text), .has("status", .text), .has("file_counts", counts),
        ]))

    private static let found = Schema.object([
        .has("object", .text), .has("search_query", .list(.text)),
        .has(
            "data",
            .list(
                .object([
                    .has("file_id", .id), .has("filename", .text), .has("score", .number),
                    .has("attributes", .anything),
                    .has("content", .list(.object([.has("type", .text), .has("text", .text)]))), .has("page", .count),
                    .has("start", .count), .has("end", .count),
                ]))), .has("has_more", .flag), .has("next_page", .text.orNull),
    ])

    private static let storeFields: [Member] = [
        .may("name", .text.orNull), .may("metadata", .anything),
        .may("expires_after", .anything, "Not supported."),
    ]

    /// Those of the upload app.
    package static let routes: [RouteDescription] = stores + files + batches

    private static let stores: [RouteDescription] = [
        OpenAISchemas.route(
            .post, "vector_stores", "Make a vector store", "A set of documents of the workspace.",
            body: .json(
                .fields(
                    storeFields + [
                        .may("description", .text.orNull), .may("file_ids", .anything),
                        .may("chunking_strategy", .anything, "`auto` alone."),
                    ]), example: ["name": "Contracts"], isRequired: false), answers: [.json(store)],
            problems: [.init(.conflict, "There are as many stores, or files in one, as there may be.")]),
        OpenAISchemas.route(
            .get, "vector_stores", "List the vector stores", "", OpenAISchemas.listed(),
            answers: [OpenAISchemas.page(store)]),
        OpenAISchemas.route(.get, "vector_stores/{id}", "Read a vector store", "", [id], answers: [.json(store)]),
        OpenAISchemas.route(
            .post, "vector_stores/{id}", "Change a vector store", "", [id],
            body: .json(.fields(storeFields), example: ["name": "Contracts of 2026"]), answers: [.json(store)]),
        OpenAISchemas.route(
            .delete, "vector_stores/{id}", "Delete a vector store", "Its documents stay.", [id],
            answers: [.json(OpenAISchemas.deleted)]),
        OpenAISchemas.route(
            .post, "vector_stores/{id}/search", "Search a vector store", "The best passages, best first.", [id],
            body: .json(
                .fields([
                    .has("query", .either([.text, .list(.text)])), .may("max_num_results", Schema.whole(1...50).orNull),
                    .may("ranking_options", .anything), .may("filters", .anything), .may("rewrite_query", .flag.orNull),
                ]), example: ["query": "What is the notice period?"]), answers: [.json(found)]),
    ]

    private static let attributes: Member = .may("attributes", .anything, "Up to 16 texts, numbers and truth values.")

    private static let files: [RouteDescription] = [
        OpenAISchemas.route(
            .post, "vector_stores/{id}/files", "Add a file", "", [id],
            body: .json(
                .fields([.has("file_id", .text), attributes, .may("chunking_strategy", .anything, "`auto` alone.")]),
                example: ["file_id": "01890000-0000-7000-8000-000000000000"]), answers: [.json(file)],
            problems: [.init(.conflict, "The store has as many files as it may.")]),
        OpenAISchemas.route(
            .get, "vector_stores/{id}/files", "List a store's files", "", [id, filter] + OpenAISchemas.listed(),
            answers: [OpenAISchemas.page(file)]),
        OpenAISchemas.route(
            .get, "vector_stores/{id}/files/{file}", "Read a store's file", "", [id, fileId], answers: [.json(file)]),
        OpenAISchemas.route(
            .post, "vector_stores/{id}/files/{file}", "Change a file's attributes", "", [id, fileId],
            body: .json(.fields([.has("attributes", .anything)]), example: ["attributes": ["year": 2026]]),
            answers: [.json(file)]),
        OpenAISchemas.route(
            .delete, "vector_stores/{id}/files/{file}", "Take a file out of a store", "The document stays.",
            [id, fileId], answers: [.json(OpenAISchemas.deleted)]),
    ]

    private static let batches: [RouteDescription] = [
        OpenAISchemas.route(
            .post, "vector_stores/{id}/file_batches", "Add files together", "", [id],
            body: .json(
                .fields([
                    .may("file_ids", .anything), .may("files", .anything), attributes,
                    .may("chunking_strategy", .anything, "`auto` alone."),
                ]), example: ["file_ids": ["01890000-0000-7000-8000-000000000000"]]), answers: [.json(batch)],
            problems: [.init(.conflict, "The store has as many files as it may.")]),
        OpenAISchemas.route(
            .get, "vector_stores/{id}/file_batches/{batch}", "Read how far a batch is", "", [id, batchId],
            answers: [.json(batch)]),
        OpenAISchemas.route(
            .post, "vector_stores/{id}/file_batches/{batch}/cancel", "Cancel a batch",
            "Is refused: files are read once they are uploaded.",
            [id, batchId], answers: [.json(batch)], problems: [.init(.badRequest, "It cannot be cancelled.")]),
        OpenAISchemas.route(
            .get, "vector_stores/{id}/file_batches/{batch}/files", "List a batch's files", "",
            [id, batchId, filter] + OpenAISchemas.listed(), answers: [OpenAISchemas.page(file)]),
    ]
}
