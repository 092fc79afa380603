import AccessControl
import Catalog
import DocumentQueue
import HTTPMessages
import JSONCoding
import Problems

/// `/api/check`: whether the stores agree with each other about the workspace's documents.
struct CheckRoutes: Sendable {
    let catalog: WorkspaceCatalog
    let queue: JobQueue

    /// The newest check that has come to its end.
    func latest(_ request: HTTPRequest) async throws -> HTTPResponse {
        HTTPResponse(json: ["check": try await catalog.latestCheck()?.json ?? .null])
    }

    func check(_ request: HTTPRequest) async throws -> HTTPResponse { try await begin() }

    /// Begins a check.
    func begin() async throws -> HTTPResponse { try await begin(.check) }

    /// Mends what a check has found, as far as it is still so.
    func repair(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let check = try await catalog.job(request.parameters["id"] ?? ""), check.kind == .check else {
            throw Problem(.notFound, "There is no check with this id.")
        }
        guard check.state == .done else {
            throw Problem(.conflict, "The check is not done; its state is \(check.state.rawValue).")
        }
        guard check.report?["findings"]?.array?.isEmpty == false else {
            throw Problem(.conflict, "The check has found nothing, so there is nothing to be mended.")
        }
        return try await begin(.repair)
    }

    private func begin(_ kind: JobRecord.Kind) async throws -> HTTPResponse {
        let id = try await catalog.addJob(kind)
        AuditObjects.note("job", id)
        try await queue.put(JobQueue.Message(jobId: id, workspace: catalog.workspace))
        guard let job = try await catalog.job(id) else { throw Problem(.notFound, "There is no job with this id.") }
        return HTTPResponse(.accepted, job: job)
    }
}
