import AccessControl
import Catalog
import Digests
import DocumentQueue
import FunctionsRuntime
import HTTPMessages
import HTTPServing
import Ingestion
import JSONCoding
import Problems

/// `/api/jobs`: work on many documents at once, how far it is, and what became of each.
struct JobRoutes: Sendable {
    static let page = PageSize(standard: 20, most: 100)
    static let itemPage = PageSize(standard: 100, most: WorkspaceCatalog.mostJobItems)
    private static let bodyLimit = 64 * 1024
    private static let unknown = Problem(.notFound, "There is no job with this id.")

    let catalog: WorkspaceCatalog
    let queue: IngestQueue
    let checks: CheckRoutes
    let access: Access

    /// What can be asked for.
    enum Kind: String, CaseIterable { case process, check }

    /// What `status` chooses.
    enum Chosen: String, CaseIterable { case ready, failed }

    /// `{kind: "process", documents: [id] | status: "ready" | "failed"}`, or `{kind: "check"}`.
    func begin(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        var reader = try FieldReader(body, allowed: ["kind", "documents", "status"])
        let kind = reader.choice("kind", of: Kind.self)
        if kind == nil { reader.add("kind", "Required: process or check.") }
        let documents = reader.strings("documents", maximumCount: WorkspaceCatalog.mostJobItems)
        let status = reader.choice("status", of: Chosen.self)
        if kind == .check, documents != nil || status != nil {
            reader.add("documents", "A check looks at everything. Leave it out, and status.")
        }
        if let documents, !documents.allSatisfy(UUIDv7.isValid) {
            reader.add("documents", "Every entry must be the id of a document.")
        }
        if kind == .process, (documents == nil) == (status == nil) {
            reader.add("documents", "Required: ids of documents, or else status with ready or failed.")
        }
        try reader.finish()
        if kind == .check {
            try access.require(.manage)
            return try await checks.begin()
        }
        let wanted: WorkspaceCatalog.Processing =
            if let documents { .these(documents) } else { .all(status == .ready ? .ready : .failed) }
        guard let (job, queued) = try await catalog.processAnew(wanted) else {
            throw Problem(
                .conflict, "None of the documents meant are ready or have failed, so nothing can be read anew.")
        }
        AuditObjects.note("job", job)
        try await put(queued)
        return try await answer(job, .accepted)
    }

    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.page)
        let jobs = try await catalog.jobs(limit: limit + 1, after: try request.idParameter("after"))
        let shown = jobs.prefix(limit)
        return HTTPResponse(
            json: ["jobs": .array(shown.map(\.json)), "next": .optional(jobs.count > limit ? shown.last?.id : nil)])
    }

    func get(_ request: HTTPRequest) async throws -> HTTPResponse {
        HTTPResponse(json: try await job(request).json)
    }

    /// `?state=` chooses those of one state, `?after=` goes on behind a number.
    func items(_ request: HTTPRequest) async throws -> HTTPResponse {
        let job = try await job(request)
        let limit = try PageLimit.read(request, Self.itemPage)
        let state = try request.target.parameter("state").map { text in
            guard let state = JobItem.State(rawValue: text) else {
                let known = JobItem.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvalidFields(field: "state", detail: "Must be one of \(known).")
            }
            return state
        }
        let after = try request.target.parameter("after").map { text in
            guard let number = Int32(text), number >= 0 else {
                throw InvalidFields(field: "after", detail: "Must be the number of an item.")
            }
            return Int(number)
        }
        let items = try await catalog.items(of: job.id, in: state, after: after ?? 0, limit: limit + 1)
        let shown = items.prefix(limit)
        return HTTPResponse(
            json: [
                "items": .array(shown.map(\.json)),
                "next": items.count > limit ? .optional(shown.last.map { String($0.number) }) : .null,
            ])
    }

    /// The job each time it has changed, until it is over.
    func events(_ request: HTTPRequest) async throws -> HTTPResponse {
        let job = try await job(request)
        return JobEvents(catalog: catalog, id: job.id).response
    }

    func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
        let job = try await job(request)
        guard !job.state.isOver || job.state == .interrupted else {
            throw Problem(.conflict, "The job is over; its state is \(job.state.rawValue).")
        }
        // Taking them out is the queue's, as when a document is deleted; the mark lets `tidy` finish it.
        try await put(try await catalog.cancelJob(job.id))
        return try await answer(job.id, .ok)
    }

    /// Has those of its documents read again that failed.
    func retry(_ request: HTTPRequest) async throws -> HTTPResponse {
        let job = try await job(request)
        let queued = try await catalog.retryJob(job.id)
        guard !queued.isEmpty else {
            throw Problem(
                .conflict,
                "No document of the job can be tried again: none has failed. A file that was refused has to be sent again."
            )
        }
        try await put(queued)
        return try await answer(job.id, .accepted)
    }

    private func put(_ documents: [String]) async throws {
        // Those that are left out where this is cut short stand in the database, and `tidy` puts them into the queue.
        for id in documents { try await queue.put(id, of: catalog.workspace) }
    }

    private func job(_ request: HTTPRequest) async throws -> JobRecord {
        guard let job = try await catalog.job(request.parameters["id"] ?? "") else { throw Self.unknown }
        return job
    }

    private func answer(_ id: String, _ status: HTTPStatus) async throws -> HTTPResponse {
        guard let job = try await catalog.job(id) else { throw Self.unknown }
        return HTTPResponse(status, job: job)
    }
}
