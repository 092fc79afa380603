import APIDescription

/// `/api/documents/{id}/text`, `report` and `pages`
enum PageDescription {
    private static let page: Parameter = .path("page", .whole(from: 1), "From 1.")
    private static let unread: RouteDescription.Remark = .init(.conflict, "The document has not been read.")
    private static let tag: Parameter = .header("If-None-Match", .text, "The `ETag` of what the caller has.")
    private static let tagNote = "For `If-None-Match`: of a document's bytes the same comes every time."
    private static let made: [RouteDescription.Remark] = [
        unread, .init(.unprocessableContent, "The page takes more time or memory than showing it may."),
    ]

    static let routes: [RouteDescription] = [
        RouteDescription(
            .get, "/api/documents/{id}/text", "Read a document's text", "All pages, or one.",
            [DocumentDescription.id, .query("page", .whole(from: 1))],
            answers: [.json(DocumentSchemas.pages)], problems: [unread]),
        RouteDescription(
            .get, "/api/documents/{id}/report", "Read how a document was read", "", [DocumentDescription.id],
            answers: [.json(DocumentSchemas.report)], problems: [unread]),
        RouteDescription(
            .get, "/api/documents/{id}/pages/{page}", "See a page of a PDF",
            "Drawn when it is first asked for, \(PageRoutes.widths.map(String.init).joined(separator: " or ")) pixels wide: the next of them to what is asked for.",
            [DocumentDescription.id, page, .query("width", .whole(PageRoutes.askedWidths)), tag],
            answers: [
                .bytes("image/jpeg").sending("ETag", tagNote), .nothing(.notModified, "The caller has it."),
            ], problems: made),
        RouteDescription(
            .get, "/api/documents/{id}/pages/{page}/words", "Read where the words of a page stand", "",
            [DocumentDescription.id, page, tag],
            answers: [
                .json(DocumentSchemas.words).sending("ETag", tagNote), .nothing(.notModified, "The caller has it."),
            ], problems: made),
    ]
}
