import APIDescription
import Catalog

/// What documents are on the wire.
enum DocumentSchemas {
    static let members: [Member] = [
        .has("id", .id), .has("name", .text), .has("mediaType", .text), .has("bytes", .count), .has("sha256", .text),
        .has("chatId", Schema.id.orNull, "The chat that it belongs to; null for the workspace's."),
        .has("status", .choice(DocumentRecord.Status.self)), .has("error", error.orNull),
        .has("pages", Schema.count.orNull), .has("pagesWithoutText", Schema.count.orNull),
        .has("passages", Schema.count.orNull), .has("language", .text.orNull), .has("createdAt", .time),
        .has("readyAt", Schema.time.orNull),
        .has("version", .whole(from: 1)), .has("tags", .list(.text, 0...DocumentFacts.mostTags)),
        .has("source", .text.orNull), .has("author", .text.orNull), .has("date", Schema.day.orNull),
        .may("versionOf", .id, "The first version of the document, where there are several."),
        .may("supersededAt", .time, "Since when a newer version is searched in its place."),
        .may("supersededBy", Schema.id.orNull, "The version that is searched now; null where none is."),
        .may("limited", .flag, "Whether some people alone see it."),
    ]

    static let error = Schema.object([
        .has("code", .text, "`password_protected`, `no_text`, `damaged`, `too_complex` and the like."),
        .has("detail", .text),
    ])

    static let document = Schema.named("Document", .object(members))

    static let uploaded = Schema.named(
        "UploadedDocument",
        .object(
            members + [
                .may("duplicate", .flag, "Whether the workspace held its bytes before."),
                .may("skipped", .flag, "Whether the file was left out, because its name was there."),
            ]))

    private static let hidden = Schema.object([.has("page", .count), .has("how", .text), .has("sample", .text)])

    static let report = Schema.named(
        "ReadingReport",
        .object([
            .has("documentId", .id), .has("name", .text), .has("mediaType", .text),
            .has("status", .choice(DocumentRecord.Status.self)), .has("error", error.orNull),
            .has("pages", Schema.count.orNull), .has("pagesWithoutText", Schema.count.orNull),
            .has("passages", Schema.count.orNull), .has("language", .text.orNull), .may("encoding", .text.orNull),
            .may("hidden", .list(hidden), "The first pieces of text that a reader of the document does not see."),
            .may("hiddenCount", .count), .may("warnings", .list(.text)),
            .may(
                "ocr", .list(.object([.has("page", .count), .has("confidence", .number(0...1))])),
                "Pages that were read from pictures."),
        ]))

    static let pages = Schema.object([
        .has(
            "pages",
            .list(.object([.has("page", .count), .has("start", .count), .has("text", .text)])))
    ])

    static let words = Schema.list(
        .object([
            .has("start", .count), .has("end", .count),
            .has("box", .list(.number, 4...4), "Left, upper, right and lower edge, as shares of the page."),
        ]))

    static let access = Schema.object([
        .has("limited", .flag),
        .has(
            "people",
            Schema.list(.object([.has("id", .id), .has("login", .text), .has("name", .text)])).orNull),
    ])
}
