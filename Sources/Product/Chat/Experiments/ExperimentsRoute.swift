import Catalog
import Digests
import FunctionsRuntime
import HTTPMessages
import JSONCoding
import Problems

/// `GET`, `POST /api/experiments`, `DELETE /api/experiments/{id}`: what runs of `apus eval` came to. What was asked and
/// answered stays with whoever asked.
struct ExperimentsRoute: Sendable {
    private static let bodyLimit = 1 << 20
    static let page = PageSize(standard: 30, most: 200)

    let catalog: WorkspaceCatalog
    let splits: SplitsInForce

    /// Keeps a run's figures.
    func add(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try JSONParser.parse(try await request.body.collect(limit: Self.bodyLimit))
        let fields = try ExperimentFields(body)
        let record = try await catalog.addExperiment(UUIDv7.make(), name: fields.name, result: fields.result)
        return HTTPResponse(.created, json: record.json)
    }

    /// `?limit=&before=`, the newest first.
    func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let limit = try PageLimit.read(request, Self.page)
        let page = try await catalog.experiments(limit: limit + 1, before: try request.idParameter("before"))
        let shown = page.prefix(limit)
        return HTTPResponse(
            json: [
                "experiments": .array(shown.map(\.json)), "next": .optional(page.count > limit ? shown.last?.id : nil),
            ])
    }

    /// Removes what was kept, and the trial with it: what it changed is no longer so.
    func delete(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard try await catalog.deleteExperiment(request.parameters["id"] ?? "") else {
            throw Problem(.notFound, "There is no experiment with this id.")
        }
        await splits.forget()
        return HTTPResponse(json: ["rows": 1])
    }
}
