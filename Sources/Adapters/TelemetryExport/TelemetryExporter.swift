public import HTTPClient
import HTTPMessages
import JSONCoding
import OTLP
import ProgramSupport
public import Settings
import Synchronization
public import Telemetry

/// Sends the process's metrics and spans to a collector by OTLP over HTTP, in the background.
///
/// Requests never wait for it: spans wait in a bounded buffer, an attempt has a deadline, and what cannot be sent is
/// dropped and counted.
public final class TelemetryExporter: SecretSettings, Sendable {
    public static var secretNames: [String] { [secretName] }

    private let settings: ExportSettings
    private let client: HTTPSession
    private let log: Log
    private let metrics: Metrics
    private let resource: [String: String]
    private let start = Timestamp.nowNanoseconds()
    private let dropped: Instrument
    private let failures: Instrument
    private let lastFailure = Mutex("")
    private let baseline = Mutex(DeltaBaseline())

    /// Reads the settings and, when they name a collector, begins to export.
    ///
    /// - Parameter service: `service.name` unless the settings give another.
    /// - Returns: What the settings say.
    @discardableResult
    public static func start(
        _ service: String, _ settings: inout SettingsReader, client: HTTPSession, log: Log, metrics: Metrics = .shared
    ) -> ExportSettings {
        let settings = ExportSettings(&settings, service: service)
        ProcessMetrics.register(in: metrics)
        guard settings.metrics != nil || settings.traces != nil else { return settings }
        let exporter = TelemetryExporter(settings, client: client, log: log, metrics: metrics)
        exporter.run()
        ProgramLife.beforeExit { await exporter.flush() }
        return settings
    }

    /// The setting that may hold a secret, for whoever reads secrets elsewhere.
    public static let secretName = "OTEL_EXPORTER_OTLP_HEADERS"

    private init(_ settings: ExportSettings, client: HTTPSession, log: Log, metrics: Metrics) {
        self.settings = settings
        self.client = client
        self.log = log
        self.metrics = metrics
        var resource = settings.resource
        resource["service.name"] = settings.serviceName
        resource["service.version"] = Product.version
        resource["service.instance.id"] = resource["service.instance.id"] ?? Product.instance
        resource["telemetry.sdk.name"] = "apus"
        resource["telemetry.sdk.language"] = "swift"
        resource["telemetry.sdk.version"] = Product.version
        self.resource = resource
        dropped = metrics.counter(
            "apus.telemetry.spans.dropped", unit: "{span}", "Spans that found no room or could not be sent.")
        failures = metrics.counter(
            "apus.telemetry.export.failures", unit: "{request}", "Requests to the collector that failed.")
        if settings.traces != nil {
            SpanRecorder.shared.start(capacity: settings.spanCapacity, sampler: settings.sampler)
        }
    }

    private func run() {
        if let target = settings.traces {
            Task.detached { [self] in
                while true {
                    try? await Task.sleep(for: settings.spanDelay)
                    await sendSpans(to: target)
                }
            }
        }
        if let target = settings.metrics {
            Task.detached { [self] in
                while true {
                    try? await Task.sleep(for: settings.metricInterval)
                    await sendMetrics(to: target)
                }
            }
        }
    }

    /// Sends what is there; for the end of the process. Gives up after `limit`.
    func flush(within limit: Duration = .seconds(2)) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                if let target = settings.traces { await sendSpans(to: target) }
                if let target = settings.metrics { await sendMetrics(to: target) }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sendSpans(to target: ExportSettings.Target) async {
        while true {
            let (spans, lost) = SpanRecorder.shared.take(settings.spanBatch)
            if lost > 0 { dropped.add(Double(lost)) }
            guard !spans.isEmpty else { return }
            let request = OTLPMessages.traces(spans, resource: resource)
            guard await send(request, as: OTLPSchema.tracesRequest, to: target) else {
                dropped.add(Double(spans.count))
                return
            }
        }
    }

    private func sendMetrics(to target: ExportSettings.Target) async {
        let now = Timestamp.nowNanoseconds()
        let current = metrics.snapshot()
        guard settings.usesDelta else {
            let request = OTLPMessages.metrics(current, resource: resource, start: start, now: now)
            _ = await send(request, as: OTLPSchema.metricsRequest, to: target)
            return
        }
        let since = baseline.withLock { $0 }
        let request = OTLPMessages.metrics(
            since.changes(in: current), resource: resource, start: since.time ?? start, now: now, temporality: .delta)
        // What a collector did not take is in the next report.
        if await send(request, as: OTLPSchema.metricsRequest, to: target) {
            baseline.withLock { $0 = DeltaBaseline(current, time: now) }
        }
    }

    private func send(
        _ message: JSONValue, as schema: OTLPSchema.Message, to target: ExportSettings.Target
    ) async -> Bool {
        let body = target.isProtobuf ? ProtobufWriter.encode(message, as: schema) : message.encoded
        var request = HTTPSession.Request(
            .post, target.url,
            fields: [
                "Content-Type": target.isProtobuf ? "application/x-protobuf" : "application/json",
                "User-Agent": "OTel-OTLP-Exporter-Swift/\(Product.version)",
            ], body: .bytes(body))
        for (name, value) in target.headers { request.fields[name] = value }
        request.headTimeout = target.timeout
        request.idleTimeout = target.timeout
        request.certificateFile = target.certificateFile
        request.continuesTrace = false
        do {
            let (status, _, _) = try await client.fetch(request, limit: 1 << 20)
            guard status.rawValue < 300 else { return note("the collector answered \(status.rawValue)") }
            if lastFailure.withLock({ !$0.isEmpty }) {
                lastFailure.withLock { $0 = "" }
                log.info("telemetry is exported again")
            }
            return true
        } catch is CancellationError {
            return false
        } catch {
            return note("\(error)")
        }
    }

    /// Logs a failure once for as long as it is the same.
    private func note(_ reason: String) -> Bool {
        failures.add()
        let isNew = lastFailure.withLock { last in
            defer { last = reason }
            return last != reason
        }
        if isNew { log.warning("telemetry cannot be exported; requests are not affected", ["reason": reason]) }
        return false
    }
}
