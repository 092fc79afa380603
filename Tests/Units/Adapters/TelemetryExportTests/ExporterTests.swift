import Glibc
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import OTLP
import ProgramSupport
import Settings
import Synchronization
import Telemetry
import TelemetryExport
import TestSupport
import Testing

/// A collector that remembers what it is sent, behind a real socket.
private final class Collector: Sendable {
    struct Report: Sendable {
        let path: String
        let fields: HTTPFields
        let body: [UInt8]
    }

    private let reports = Mutex<[Report]>([])
    let failing = Mutex(false)
    private let server = Mutex<HTTPServer?>(nil)

    init() throws {
        let started = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            let body = (try? await request.body.collect(limit: 1 << 20)) ?? []
            guard let self else { return HTTPResponse(.serviceUnavailable) }
            if self.failing.withLock({ $0 }) { return HTTPResponse(.serviceUnavailable) }
            self.reports.withLock {
                $0.append(Report(path: request.target.rawPath, fields: request.fields, body: body))
            }
            return HTTPResponse(.ok)
        }
        server.withLock { $0 = started }
    }

    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port } ?? 0)" }

    func all(_ path: String) -> [Report] { reports.withLock { $0.filter { $0.path == path } } }

    /// Values of a counter, report by report.
    func sums(_ name: String) throws -> [Double] {
        try all("/v1/metrics").flatMap { report in
            let value = try ProtobufReader.decode(report.body, as: OTLPSchema.metricsRequest)
            return ReceivedMetric.all(in: value).filter { $0.definition.name == name }.compactMap {
                if case .number(let number) = $0.value { number } else { nil }
            }
        }
    }

    static func settings(_ collector: Collector, _ more: [String: String] = [:]) -> SettingsReader {
        SettingsReader(
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_METRIC_EXPORT_INTERVAL": "100",
                "OTEL_BSP_SCHEDULE_DELAY": "20",
            ]
            .merging(more) { $1 })
    }
}

/// Exporting goes on for the rest of a process, so each case has one of its own.
@Suite struct ExporterTests {
    /// OTLP specification, "OTLP/HTTP".
    @Test func metricsAndSpansReachTheCollector() async {
        await #expect(processExitsWith: .success) {
            let collector = try Collector()
            var settings = Collector.settings(
                collector,
                [
                    "OTEL_EXPORTER_OTLP_HEADERS": "x-key=s%20t",
                    "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
                ])
            let metrics = Metrics()
            let read = TelemetryExporter.start(
                "shop", &settings, client: HTTPSession(), log: Log(label: "t", level: .error), metrics: metrics)
            #expect(read.serviceName == "shop")
            metrics.counter("orders", "Orders.").add(3)
            try await Span.run("step") {}
            let isThere = await eventually {
                !collector.all("/v1/traces").isEmpty && !((try? collector.sums("orders")) ?? []).isEmpty
            }
            try #require(isThere)
            #expect(try collector.sums("orders").first == 3)
            let traces = try #require(collector.all("/v1/traces").first)
            #expect(traces.fields["content-type"] == "application/x-protobuf")
            #expect(traces.fields["x-key"] == "s t")
            // Exporting is not traced itself.
            #expect(traces.fields["traceparent"] == nil)
            let message = try ProtobufReader.decode(traces.body, as: OTLPSchema.tracesRequest)
            let block = message["resourceSpans"]?[0]
            let names = block?["scopeSpans"]?[0]?["spans"]?.array?.compactMap { $0["name"]?.string }
            #expect(names?.contains("step") == true)
            let resource = Dictionary(
                uniqueKeysWithValues: (block?["resource"]?["attributes"]?.array ?? []).map {
                    ($0["key"]?.string ?? "", $0["value"]?["stringValue"]?.string ?? "")
                })
            #expect(resource["service.name"] == "shop" && resource["service.version"] == Product.version)
            #expect(
                resource["deployment.environment.name"] == "test" && resource["service.instance.id"] == Product.instance
            )
        }
    }

    @Test func jsonIsSpokenWhereItIsAskedFor() async {
        await #expect(processExitsWith: .success) {
            let collector = try Collector()
            var settings = Collector.settings(
                collector, ["OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_TRACES_EXPORTER": "none"])
            let metrics = Metrics()
            TelemetryExporter.start(
                "shop", &settings, client: HTTPSession(), log: Log(label: "t", level: .error), metrics: metrics)
            metrics.gauge("length", unit: "By", "Length.").set(2.5)
            #expect(await eventually { !collector.all("/v1/metrics").isEmpty })
            let report = try #require(collector.all("/v1/metrics").first)
            #expect(report.fields["content-type"] == "application/json")
            let received = ReceivedMetric.all(in: try JSONParser.parse(report.body))
            #expect(received.first { $0.definition.name == "length" }?.value == .number(2.5))
        }
    }

    /// With delta temporality the reports add up to the whole, however many of them were refused in between.
    @Test func deltasAddUpAcrossFailures() async {
        await #expect(processExitsWith: .success) {
            let collector = try Collector()
            var settings = Collector.settings(
                collector,
                [
                    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta", "OTEL_TRACES_EXPORTER": "none",
                ])
            let metrics = Metrics()
            let log = Log(label: "t", level: .error)
            TelemetryExporter.start("shop", &settings, client: HTTPSession(), log: log, metrics: metrics)
            let orders = metrics.counter("orders", "Orders.")
            orders.add(5)
            #expect(await eventually { (try? collector.sums("orders").reduce(0, +)) == 5 })
            collector.failing.withLock { $0 = true }
            orders.add(7)
            let failures = metrics.counter("apus.telemetry.export.failures", unit: "{request}", "")
            #expect(
                await eventually {
                    metrics.snapshot().contains { $0.definition == failures.definition && !$0.points.isEmpty }
                })
            orders.add(1)
            collector.failing.withLock { $0 = false }
            #expect(await eventually { (try? collector.sums("orders").reduce(0, +)) == 13 })
        }
    }

    @Test func whatIsLeftIsSentAtTheEnd() async {
        await #expect(processExitsWith: .success) {
            let collector = try Collector()
            var settings = Collector.settings(
                collector, ["OTEL_METRIC_EXPORT_INTERVAL": "3600000", "OTEL_BSP_SCHEDULE_DELAY": "600000"])
            TelemetryExporter.start(
                "shop", &settings, client: HTTPSession(), log: Log(label: "t", level: .error), metrics: Metrics())
            // An attempt has two seconds, which a busy machine may not give it.
            let isThere = await eventually {
                try? await Span.run("last words") {}
                await ProgramLife.runExitWork()
                return !collector.all("/v1/traces").isEmpty && !collector.all("/v1/metrics").isEmpty
            }
            #expect(isThere)
        }
    }

    /// A collector that is not there is said once, and costs the program nothing else.
    @Test func aCollectorThatIsNotThereIsSaidOnce() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            var settings = SettingsReader([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_METRIC_EXPORT_INTERVAL": "100",
                "OTEL_TRACES_EXPORTER": "none",
            ])
            let metrics = Metrics()
            TelemetryExporter.start("shop", &settings, client: HTTPSession(), log: Log(label: "t"), metrics: metrics)
            let failed = await eventually {
                metrics.snapshot().contains { snapshot in
                    guard snapshot.definition.name == "apus.telemetry.export.failures" else { return false }
                    return snapshot.points.contains { $0.value != .number(1) && $0.value != .number(2) }
                }
            }
            #expect(failed)
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.split(separator: "telemetry cannot be exported").count == 2)
    }
}
