public import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import OTLP
import Problems
import Telemetry
public import TelemetryExport

/// `POST /v1/metrics` and `POST /v1/traces`, OTLP over HTTP in both encodings, and `GET /metrics` for Prometheus.
///
/// Metrics are summed up here. Spans go on to the collector that this process exports to; without one they are dropped
/// and counted.
public struct TelemetryRoutes: Sendable {
    private static let bodyLimit = 4 << 20
    /// Where everything is read.
    static let metricsPath = "/metrics"
    /// Where reports go.
    static let paths: Set<String> = ["/v1/metrics", "/v1/traces"]

    private let gateway = MetricsGateway()
    private let client: HTTPSession
    private let traces: ExportSettings.Target?
    private let dropped = Metrics.shared.counter(
        "apus.gateway.traces.dropped", unit: "{request}", "Reports of spans that had nowhere to go.")

    /// - Parameter traces: Where spans go on to.
    public init(client: HTTPSession, traces: ExportSettings.Target?) {
        self.client = client
        self.traces = traces
    }

    func add(to router: inout Router) {
        router.on(.post, "/v1/metrics") { try await metrics($0) }
        router.on(.post, "/v1/traces") { try await passOn($0) }
    }

    /// The process's own metrics and everything that was reported.
    var text: String {
        var families: [(definition: MetricDefinition, points: [(attributes: [String: String], value: MetricValue)])] =
            gateway.snapshot().map { ($0.definition, $0.points) }
        for own in Metrics.shared.snapshot() {
            let points = own.points.map { (attributes: $0.attributes.merging(["service": "apus-vm"]) { $1 }, $0.value) }
            // One family may stand only once.
            if let index = families.firstIndex(where: { $0.definition.name == own.definition.name }) {
                guard families[index].definition.kind == own.definition.kind else { continue }
                families[index].points += points
            } else {
                families.append((own.definition, points))
            }
        }
        return PrometheusText(families.map { MetricSnapshot(definition: $0.definition, points: $0.points) }).text
    }

    private func metrics(_ request: HTTPRequest) async throws -> HTTPResponse {
        let isProtobuf = try Self.isProtobuf(request)
        let body = try await request.body.collect(limit: Self.bodyLimit)
        let message: JSONValue
        if isProtobuf {
            do { message = try ProtobufReader.decode(body, as: OTLPSchema.metricsRequest) } catch {
                throw Problem(.badRequest, "The body is not an ExportMetricsServiceRequest in protobuf.")
            }
        } else {
            message = try JSONParser.parse(body)
        }
        let refused = gateway.take(ReceivedMetric.all(in: message))
        return Self.answer(refused, isProtobuf)
    }

    private func passOn(_ request: HTTPRequest) async throws -> HTTPResponse {
        let isProtobuf = try Self.isProtobuf(request)
        let body = try await request.body.collect(limit: Self.bodyLimit)
        guard let traces else {
            dropped.add()
            return Self.answer(0, isProtobuf)
        }
        var outgoing = HTTPSession.Request(
            .post, traces.url, fields: ["Content-Type": request.fields["content-type"] ?? ""], body: .bytes(body))
        for (name, value) in traces.headers { outgoing.fields[name] = value }
        outgoing.headTimeout = traces.timeout
        outgoing.certificateFile = traces.certificateFile
        outgoing.continuesTrace = false
        guard let answer = try? await client.fetch(outgoing, limit: 1 << 20), answer.status.isSuccess else {
            throw Problem(.serviceUnavailable, "The collector behind this one does not take spans at the moment.")
        }
        return Self.answer(0, isProtobuf)
    }

    private static func isProtobuf(_ request: HTTPRequest) throws -> Bool {
        if let coding = request.fields["content-encoding"], coding != "identity" {
            throw Problem(
                HTTPStatus(rawValue: 415),
                "Compressed reports are not taken; set OTEL_EXPORTER_OTLP_COMPRESSION=none where they are sent.")
        }
        let type = (request.fields["content-type"] ?? "").split(separator: ";").first ?? ""
        switch type {
        case "application/x-protobuf": return true
        case "application/json": return false
        default:
            throw Problem(
                HTTPStatus(rawValue: 415), "The content type has to be application/x-protobuf or application/json.")
        }
    }

    /// An `Export…ServiceResponse`; its field 1 says how much was refused, if anything was.
    private static func answer(_ refused: Int, _ isProtobuf: Bool) -> HTTPResponse {
        if isProtobuf { return HTTPResponse(.ok, fields: ["Content-Type": "application/x-protobuf"], body: .bytes([])) }
        return refused == 0
            ? HTTPResponse(json: [:])
            : HTTPResponse(json: [
                "partialSuccess": [
                    "rejectedDataPoints": .string(String(refused)),
                    "errorMessage": "Their metric has another form here, or there is no room for more series.",
                ]
            ])
    }
}
