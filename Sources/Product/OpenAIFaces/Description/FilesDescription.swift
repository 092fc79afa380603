package import APIDescription
import HTTPMessages

/// `/v1/files`
package enum FilesDescription {
    private static let id: Parameter = .path("id", .text, "The file's: a document's id.")

    private static let file = Schema.named(
        "File",
        .object([
            .has("id", .id), .has("object", .choice(["file"])), .has("bytes", .count), .has("created_at", .count),
            .has("expires_at", .anything), .has("filename", .text), .has("purpose", .text),
            .has("status", .choice(["uploaded", "processed", "error"])), .has("status_details", .text.orNull),
        ]))

    /// Those of the upload app.
    package static let routes: [RouteDescription] = [
        OpenAISchemas.route(
            .post, "files", "Upload a file as OpenAI does", "It is a document from then on.",
            body: .upload(.fields([.has("file", .file), .has("purpose", .choice(FileForm.purposes))]), alone: []),
            answers: [.json(file)],
            problems: [
                .init(.conflict, "The workspace holds as many documents as it may."),
                .init(.paymentRequired, "A quota of the workspace leaves no room."),
                .init(.unsupportedMediaType, "The content is of no kind that can be read."),
                .init(.insufficientStorage, "There is no room left."),
            ]),
        OpenAISchemas.route(
            .get, "files", "List the files", "",
            [.query("purpose", .text)] + OpenAISchemas.listed(standard: 10_000, most: 10_000, hasBefore: false),
            answers: [OpenAISchemas.page(file)]),
        OpenAISchemas.route(.get, "files/{id}", "Read what is known of a file", "", [id], answers: [.json(file)]),
        OpenAISchemas.route(
            .delete, "files/{id}", "Delete a file", "The document, everywhere.", [id],
            answers: [.json(OpenAISchemas.deleted)]),
        OpenAISchemas.route(.get, "files/{id}/content", "Download a file", "", [id], answers: [.bytes("*/*")]),
    ]
}
