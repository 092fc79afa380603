import Catalog
import DocumentQueue
import FunctionsRuntime
import Ingestion
import JSONCoding
import Problems
import Telemetry

/// The queue function `work`, which does checks and repairs, and the timer function `check-timer`.
struct WorkRoute: Sendable {
    private static let findings = Metrics.shared.gauge(
        "apus.check.findings", unit: "{document}", "Documents at which the timer's check has found something.")

    let catalog: CatalogDatabase
    let check: @Sendable (_ workspace: String) -> DataCheck
    /// The queue's `maxDequeueCount`: after so many failures the host puts a message aside.
    let maximumDeliveries: Int
    let log: Log

    /// Does the job that a message names.
    ///
    /// - Throws: what stands in the way, so that the message is delivered again.
    func take(_ message: QueueTrigger) async throws {
        guard let named = JobQueue.Message(text: message.text) else {
            return log.error("a queue message is none of ours", ["length": String(message.text.utf8.count)])
        }
        do {
            try await work(named.jobId, of: named.workspace)
        } catch let error where message.dequeueCount >= maximumDeliveries {
            log.error("giving up on a job", ["job": named.jobId, "error": String(reflecting: error)])
            try await catalog.view(of: named.workspace).endJob(
                named.jobId, report: ["error": .string(Problem(error).detail)], isFailed: true)
        }
    }

    /// Checks every workspace.
    func checkAll() async throws {
        var counts: [String: Double] = [:]
        for workspace in try await catalog.workspaces() {
            let id = try await catalog.view(of: workspace).addJob(.check)
            for finding in try await work(id, of: workspace) {
                counts[finding["kind"]?.string ?? "", default: 0] += finding["count"]?.double ?? 0
            }
        }
        Self.findings.reset()
        for (kind, count) in counts { Self.findings.set(count, ["kind": kind]) }
    }

    /// Does one job. Returns what was found.
    @discardableResult
    private func work(_ id: String, of workspace: String) async throws -> [JSONValue] {
        let view = catalog.view(of: workspace)
        guard let kind = try await view.claimJob(id) else { return [] }
        let report = try await check(workspace).run(mends: kind == .repair)
        try await view.endJob(id, report: report)
        let findings = report["findings"]?.array ?? []
        guard !findings.isEmpty else { return [] }
        log.warning(
            kind == .repair ? "the stores were mended" : "the stores do not agree with each other",
            ["job": id, "workspace": workspace, "report": report.text])
        return findings
    }
}
