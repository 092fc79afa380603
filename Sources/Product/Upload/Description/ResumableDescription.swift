import APIDescription
import Catalog
import HTTPMessages

/// `/api/uploads`
enum ResumableDescription {
    private static let id: Parameter = .path("id", .id, "The upload's.")
    private static let version: Parameter = .header(
        "Tus-Resumable", .choice([ResumableProtocol.version]), "Always; without it the answer is 412.")
    private static let checksum: Parameter = .header(
        UploadChecksum.field, .text,
        "Of the body: `\(UploadChecksum.algorithms.split(separator: ",").joined(separator: "`, `"))`, a space, and the checksum in base64. Nothing of a body is kept that has another one."
    )
    private static let metadata: Parameter = .header(
        UploadMetadata.field, .text(0...UploadMetadata.longest),
        "Pairs of a key and a value in base64, with commas between: `filename`, and the fields of an upload's form.")
    private static let bytes: Body = .bytes(ResumableProtocol.contentType)

    private static let upload = Schema.named(
        "ResumableUpload",
        .object([
            .has("id", .id), .has("state", .choice(UploadRecord.State.self)),
            .has("offset", .count, "Bytes that are stored."),
            .has("length", Schema.count.orNull, "Null as long as it has not been said."),
            .has("part", .flag, "Whether it is to be put together with others."),
            .has("documentId", Schema.id.orNull),
            .has("outcome", Schema.choice(UploadRecord.Outcome.self).orNull),
            .has("problem", Schema.anything.orNull, "Why no document could be made of it, as it is."),
            .has("createdAt", .time), .has("expiresAt", .time),
        ]))

    private static func told(_ answer: Answer) -> Answer {
        answer.sending("Upload-Offset", "Bytes that are stored.")
            .sending("Upload-Expires", "Until when it can be gone on with.")
            .sending("Upload-Document-Id", "The document, when the upload is done.")
            .sending(
                "Upload-Outcome",
                "What became of it then: `new`, `duplicate` or `skipped`; `refused` where all of it has come and no document can be made, as `GET` explains."
            )
    }

    private static let endings: [RouteDescription.Remark] = [
        .init(.paymentRequired, "A quota of the workspace leaves no room."),
        .init(.unsupportedMediaType, "The content is of no kind that can be read, or the body of another type."),
        .init(.preconditionFailed, "`Tus-Resumable` is missing."),
        .init(.checksumMismatch, "The body has another checksum than `\(UploadChecksum.field)` says."),
    ]

    static let routes: [RouteDescription] = [
        RouteDescription(
            .options, "/api/uploads", "Read what resumable uploads can do",
            "They are those of tus 1.0.0 (https://tus.io/protocols/resumable-upload).",
            answers: [
                .nothing().sending("Tus-Version", "What is spoken.").sending(
                    "Tus-Extension", "What of it, beside its core."
                )
                .sending("Tus-Max-Size", "Bytes of the longest file.")
                .sending("Tus-Checksum-Algorithm", "What checksums may be.")
            ]),
        RouteDescription(
            .post, "/api/uploads", "Begin a resumable upload",
            "It can be gone on with after any break, from `Upload-Offset`. A body is its first bytes. With `\(UploadConcatenation.field): final;` and the addresses of parts they are put together.",
            [
                version, .header("Upload-Length", .whole(from: 1), "Bytes of the file."),
                .header("Upload-Defer-Length", .choice(["1"]), "In its place: that is said later."), metadata, checksum,
                .header(
                    UploadConcatenation.field, .text, "`partial` for a part, or `final;` and the parts' addresses."),
            ], body: .bytes(ResumableProtocol.contentType, isRequired: false),
            answers: [told(.nothing(.created)).sending("Location", "`/api/uploads/{id}`.")],
            problems: [
                .init(
                    .conflict,
                    "There are as many unfinished uploads as there may be, `onExisting` is `ask` and the name is taken, or a part is not complete."
                )
            ] + endings),
        RouteDescription(
            .get, "/api/uploads/{id}", "Read how far an upload is",
            "HEAD tells the same by fields, as clients of tus ask for it.", [id],
            answers: [
                told(.json(upload)).sending("Upload-Length", "Bytes of the file.").sending(
                    UploadMetadata.field, "As it was sent.")
            ],
            problems: [.init(.gone, "It has expired."), .init(.preconditionFailed, "HEAD without `Tus-Resumable`.")]),
        RouteDescription(
            .patch, "/api/uploads/{id}", "Send bytes of an upload",
            "With the last one the document is made. Where that is refused, what came stays, and an empty body at the same offset tries it again.",
            [
                id, version, .header("Upload-Offset", .count, "Where in the file the body begins: what HEAD has said."),
                .header("Upload-Length", .whole(from: 1), "Where it was deferred."), checksum,
                .query(
                    "onExisting", .choice(OnExisting.self), "In place of what the upload has said, for the document."),
            ], body: bytes, answers: [told(.nothing())],
            problems: [
                .init(.conflict, "The upload is at another offset, or the name of its document is taken."),
                .init(.gone, "It has expired."), .init(.locked, "The document is being made."),
            ] + endings),
        RouteDescription(
            .post, "/api/uploads/{id}", "Send bytes where PATCH cannot be sent",
            "`X-HTTP-Method-Override` names the method that is meant.",
            [id, version, .header("X-HTTP-Method-Override", .choice(["PATCH", "DELETE", "HEAD"]))],
            body: .bytes(ResumableProtocol.contentType, isRequired: false), answers: [told(.nothing())],
            problems: [
                .init(.methodNotAllowed, "Without `X-HTTP-Method-Override`."),
                .init(.conflict, "The upload is at another offset."), .init(.gone, "It has expired."),
                .init(.locked, "The document is being made."),
            ] + endings),
        RouteDescription(
            .delete, "/api/uploads/{id}", "Give up an upload",
            "What came of it is removed; the document of one that is done stays.", [id, version],
            answers: [.nothing()],
            problems: [
                .init(.gone, "It has expired."), .init(.locked, "The document is being made."),
                .init(.preconditionFailed, "`Tus-Resumable` is missing."),
            ]),
    ]
}
