import APIDescription
import Catalog
import FunctionsRuntime
import HTTPMessages

/// `/api/documents/batch`, `/api/jobs` and `/api/check`
enum JobDescription {
    private static let id: Parameter = .path("id", .id, "The job's.")
    private static let location = "`/api/jobs/{id}`."

    private static let counts = Schema.object(
        [.has("total", .count)] + JobItem.State.allCases.map { .has($0.rawValue, .count) })

    private static let findings = Schema.list(
        .object([
            .has("kind", .text, "In which way the stores disagree."), .has("count", .count),
            .has("documents", .list(.id), "The first of them."),
        ]))

    private static let report = Schema.object([
        .may("documents", .count, "How many were looked at."), .may("findings", findings),
        .may("mended", .map(.count), "By kind of finding, how many are as they should be now."),
        .may("error", .text, "Why it could not be done."),
    ])

    private static let job = Schema.named(
        "Job",
        .object([
            .has("id", .id), .has("kind", .choice(JobRecord.Kind.self)), .has("state", .choice(JobRecord.State.self)),
            .has("progress", .number(0...1)), .has("counts", counts, "Items by their state."),
            .has("report", report.orNull, "Of a check or a repair, at its end."), .has("createdAt", .time),
            .has("finishedAt", Schema.time.orNull),
        ]))

    private static let item = Schema.named(
        "JobItem",
        .object([
            .has("number", .whole(from: 1), "As the files came."),
            .has("name", .text.orNull, "Null when its document is gone."), .has("documentId", Schema.id.orNull),
            .has("state", .choice(JobItem.State.self)),
            .may("duplicate", .flag, "Whether the document was there before."),
            .may("status", .count, "What the file alone would have been answered."),
            .may("error", .object([.has("code", .text.orNull), .has("detail", .text)])),
        ]))

    private static let upload = Schema.fields(
        [.has("file", .list(.file, 1...WorkspaceCatalog.mostJobItems))] + DocumentDescription.facts)

    static let routes: [RouteDescription] = [
        RouteDescription(
            .post, "/api/documents/batch", "Upload many files",
            "Up to \(WorkspaceCatalog.mostJobItems), as parts of a form, as a ZIP archive, or archives as parts. Each is accepted or refused alone; one job tells how far they are.",
            DocumentDescription.uploadParameters, body: .upload(upload, alone: ["application/zip"]),
            answers: [
                .json(
                    HTTPStatus(rawValue: 207), .object([.has("job", job), .has("items", .list(item))]),
                    "What became of each file so far."
                ).sending("Location", location)
            ],
            problems: [.init(.unsupportedMediaType, "It is neither a form nor a ZIP archive.")]),
        RouteDescription(
            .post, "/api/jobs", "Begin a job",
            "`process` reads documents anew, those that are named or all that are ready or have failed; until each has been read it is not searched. `check` compares the stores with each other, for owners.",
            body: .json(
                .fields([
                    .has("kind", .choice(JobRoutes.Kind.self)),
                    .may("documents", .list(.id, 0...WorkspaceCatalog.mostJobItems)),
                    .may("status", .choice(JobRoutes.Chosen.self), "In place of `documents`."),
                ]), example: ["kind": "process", "status": "failed"]),
            answers: [.json(.accepted, job).sending("Location", location)],
            problems: [
                .init(.conflict, "None of the documents can be read anew."),
                .init(.contentTooLarge, "They are more than one job takes."),
            ]),
        RouteDescription(
            .get, "/api/jobs", "List jobs", "The newest first; owners see all, others their own.",
            [
                .limit(standard: JobRoutes.page.standard, most: JobRoutes.page.most),
                .query("after", .id, "The `next` of the page before."),
            ],
            answers: [.json(.object([.has("jobs", .list(job)), .has("next", Schema.id.orNull)]))]),
        RouteDescription(
            .get, "/api/jobs/{id}", "Read how far a job is", "", [id], answers: [.json(job)]),
        RouteDescription(
            .get, "/api/jobs/{id}/items", "Read what became of each document", "",
            [
                id, .query("state", .choice(JobItem.State.self), "Those of one state."),
                .limit(standard: JobRoutes.itemPage.standard, most: JobRoutes.itemPage.most),
                .query("after", .count, "The `next` of the page before."),
            ],
            answers: [.json(.object([.has("items", .list(item)), .has("next", .text.orNull)]))]),
        RouteDescription(
            .get, "/api/jobs/{id}/events", "Follow a job", "Ten minutes at most; then ask again.", [id],
            answers: [
                .events([.init("job", job, "Each time it has changed."), .init("end", job, "When it is over.")])
            ]),
        RouteDescription(
            .post, "/api/jobs/{id}/cancel", "Cancel a job",
            "What of a batch is not read yet is deleted; documents that were to be read anew stay what they were.",
            [id], answers: [.json(job).sending("Location", location)],
            problems: [.init(.conflict, "The job is over.")]),
        RouteDescription(
            .post, "/api/jobs/{id}/retry", "Read again what failed", "", [id],
            answers: [.json(.accepted, job).sending("Location", location)],
            problems: [.init(.conflict, "No document of the job has failed.")]),
        RouteDescription(
            .get, "/api/check", "Read the newest check", "Whether the stores agree with each other.",
            answers: [.json(.object([.has("check", job.orNull)]))]),
        RouteDescription(
            .post, "/api/check", "Check the stores", "As the timer does every hour.",
            answers: [.json(.accepted, job).sending("Location", location)]),
        RouteDescription(
            .post, "/api/check/{id}/repair", "Mend what a check found",
            "A job of its own, which mends what it finds then.", [.path("id", .id, "The check's.")],
            answers: [.json(.accepted, job).sending("Location", location)],
            problems: [.init(.conflict, "The check is not done, or has found nothing.")]),
    ]
}
