package import APIDescription
import Catalog
import FunctionsRuntime
import OpenAIFaces

extension UploadFunctions {
    /// What is to be known of the app's routes.
    package static let topics = [
        APITopic("Documents", "Files go in, are read, and are searched by questions.", DocumentDescription.routes),
        APITopic(
            "Resumable uploads", "Large files, over connections that break.", ResumableDescription.routes),
        APITopic("Jobs", "Many documents at once, and checks of the stores.", JobDescription.routes),
        APITopic("OpenAI's files", "Documents, as OpenAI's API has them.", FilesDescription.routes),
        APITopic("OpenAI's vector stores", "Sets of documents.", VectorStoresDescription.routes),
        APITopic("Pages", "How a document was read, and how its pages look.", PageDescription.routes),
    ]
}

/// `/api/upload` and `/api/documents`
enum DocumentDescription {
    static let id: Parameter = .path("id", .id, "The document's.")
    private static let readers =
        "Ids of members, or `me`, with commas between, at most \(WorkspaceCatalog.mostReaders): the others do not see it."

    private static let tags = "With commas between."
    private static let onExisting = "What becomes of a file whose name is there."

    /// What an upload says of its files in the address.
    static let uploadParameters: [Parameter] = [
        .query("readers", .text, readers),
        .query("onExisting", Schema.choice(OnExisting.self).standard("keep"), onExisting), .query("tags", .text, tags),
        .query("source", .text), .query("author", .text), .query("date", .day),
    ]
    /// The same in parts of a form, before the files.
    static let facts: [Member] = [
        .may("readers", .text, readers), .may("onExisting", .choice(OnExisting.self), onExisting),
        .may("tags", .text, tags), .may("source", .text), .may("author", .text), .may("date", .day),
    ]

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/upload", "Upload files",
            "As parts `file` of a form, up to \(UploadRoutes.maximumFiles) at once, or one file as the body with its name in the query. A request is accepted or refused as a whole. Files are up to \(UploadFunctions.defaultMaximumBytes >> 20) MiB large, unless `APUS_MAX_UPLOAD_BYTES` says otherwise; their kind is told by their content.",
            [
                .query("name", .text(1...FileName.maximumLength), "The file's name, where it is the body."),
                .query("chatId", .id, "The chat that the files belong to."),
            ] + uploadParameters,
            body: .upload(
                .fields([.has("file", .list(.file, 1...UploadRoutes.maximumFiles)), .may("chatId", .id)] + facts)),
            answers: [
                .json(
                    .accepted, .object([.has("documents", .list(DocumentSchemas.uploaded))]),
                    "They are stored, and will be read.")
            ],
            problems: [
                .init(
                    .conflict,
                    "The workspace holds as many documents as it may, or `onExisting` is `ask` and a name is taken."),
                .init(.paymentRequired, "A quota of the workspace leaves no room."),
                .init(.unsupportedMediaType, "The content is of no kind that can be read."),
                .init(.insufficientStorage, "There is no room left."),
            ]),
        RouteDescription(
            .get, "/api/documents", "List the documents", "The newest first.",
            [
                .query("chatId", .id, "Those of a chat, instead of the workspace's."),
                .limit(standard: DocumentRoutes.page.standard, most: DocumentRoutes.page.most),
                .query("after", .text, "The `next` of the page before, or a day: those of it and later ones."),
                .query("before", .day, "Those of an earlier day."),
                .query("tag", .text, "Given twice, both are asked for."),
                .query("source", .text), .query("author", .text), .query("language", .text(2...8)),
                .query(
                    "versions", .text,
                    "`current`, which is meant when nothing is said; `newest`, also where the current one was deleted; `all`; or an id, for the versions of that document."
                ),
            ],
            answers: [
                .json(.object([.has("documents", .list(DocumentSchemas.document)), .has("next", Schema.id.orNull)]))
            ]),
        RouteDescription(
            .get, "/api/documents/{id}", "Read what is known of a document", "", [id],
            answers: [.json(DocumentSchemas.document)]),
        RouteDescription(
            .delete, "/api/documents/{id}", "Delete a document", "Everywhere: the answer says what went.",
            [id, .query("versions", .choice(["this", "all"]), "This version, or all.")],
            answers: [
                .json(
                    .object([
                        .has("rows", .count), .has("blobs", .count), .has("passages", .count),
                        .may("versionsLeft", .count, "Other versions of the document."),
                    ]))
            ]),
        RouteDescription(
            .patch, "/api/documents/{id}", "Say something of a document", "Null takes away what was said.", [id],
            body: .json(
                .changes([
                    .may(
                        "tags", Schema.list(.text(DocumentFacts.tagLength), 0...DocumentFacts.mostTags).orNull,
                        "In lower case, as they are kept."),
                    .may("source", .text.orNull), .may("author", .text.orNull), .may("date", Schema.day.orNull),
                ]), example: ["tags": ["contracts"]]),
            answers: [.json(DocumentSchemas.document)]),
        RouteDescription(
            .post, "/api/documents/{id}/restore", "Make an old version the newest", "", [id],
            answers: [.json(DocumentSchemas.document)],
            problems: [.init(.conflict, "It is the current one, or was never read.")]),
        RouteDescription(
            .get, "/api/documents/{id}/content", "Download the file", "", [id],
            answers: [
                .bytes("*/*", "The bytes as they were uploaded.").sending("Content-Disposition", "The file's name.")
            ]),
        RouteDescription(
            .post, "/api/documents/{id}/retry", "Read a document again that failed", "", [id],
            answers: [.json(.accepted, DocumentSchemas.document)],
            problems: [.init(.conflict, "It has not failed.")]),
        RouteDescription(
            .get, "/api/documents/{id}/access", "Read whom a document is limited to", "", [id],
            answers: [.json(DocumentSchemas.access)]),
        RouteDescription(
            .put, "/api/documents/{id}/access", "Limit a document to some people", "", [id],
            body: .json(
                .changes([
                    .has(
                        "people", Schema.list(.id, 0...WorkspaceCatalog.mostReaders).orNull,
                        "Members; null opens it to everybody in the workspace.")
                ]), example: ["people": .null]),
            answers: [.json(DocumentSchemas.access)],
            problems: [.init(.conflict, "Nobody signs in here, or the document belongs to a chat.")]),
    ]
}
