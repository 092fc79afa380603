import Catalog
import HTTPMessages
import HTTPServing

/// How far a job is, as events: `job` with the whole job each time it has changed, `end` when it is over.
struct JobEvents: Sendable {
    private static let pause = Duration.milliseconds(500)
    /// Whoever wants to know more asks again: no connection lasts for ever.
    private static let longest = Duration.seconds(600)

    let catalog: WorkspaceCatalog
    let id: String

    var response: HTTPResponse {
        EventStream.response { events in
            let end = ContinuousClock.now + Self.longest
            var last: JobRecord?
            while ContinuousClock.now < end, let job = try await catalog.job(id) {
                if job.json != last?.json { try await events.send("job", job.json) }
                last = job
                if job.state.isOver { return try await events.send("end", job.json) }
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}
