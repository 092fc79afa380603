import AccessControl
import AzureStorage
import Catalog
import ChromaClient
import DocumentQueue
import FunctionsRuntime
import HTTPMessages
import Ingestion
import Telemetry

extension GuardedRoutes {
    /// Adds `/api/jobs` and `/api/check`, and the functions that do the work.
    mutating func addJobs(_ catalog: CatalogDatabase, _ storage: StorageClients, _ vectors: ChromaTenants, _ log: Log) {
        @Sendable func checks(_ access: Access) -> CheckRoutes {
            CheckRoutes(catalog: catalog.view(for: access), queue: JobQueue(storage.queues))
        }
        @Sendable func jobs(_ access: Access) -> JobRoutes {
            JobRoutes(
                catalog: catalog.view(for: access), queue: IngestQueue(storage.queues), checks: checks(access),
                access: access)
        }
        let work = WorkRoute(
            catalog: catalog,
            check: { workspace in
                DataCheck(catalog: catalog.view(of: workspace), storage: storage, vectors: vectors.of(workspace))
            }, maximumDeliveries: UploadFunctions.maximumDeliveries, log: log)
        http(.post, "jobs", for: .write) { try await jobs($1).begin($0) }
        http(.get, "jobs", for: .write) { try await jobs($1).list($0) }
        http(.get, "jobs/{id}", for: .write) { try await jobs($1).get($0) }
        http(.get, "jobs/{id}/items", for: .write) { try await jobs($1).items($0) }
        http(.get, "jobs/{id}/events", for: .write) { try await jobs($1).events($0) }
        http(.post, "jobs/{id}/cancel", for: .write) { try await jobs($1).cancel($0) }
        http(.post, "jobs/{id}/retry", for: .write) { try await jobs($1).retry($0) }
        http(.get, "check", for: .manage) { try await checks($1).latest($0) }
        http(.post, "check", for: .manage) { try await checks($1).check($0) }
        http(.post, "check/{id}/repair", for: .manage) { try await checks($1).repair($0) }
        functions.queue("work") { try await work.take($0) }
        functions.timer("check-timer") { _ in try await work.checkAll() }
    }
}
