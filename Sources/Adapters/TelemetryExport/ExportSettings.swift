public import Settings
public import Telemetry

/// Where telemetry goes, in the environment variables that OpenTelemetry's own tools read (OpenTelemetry
/// specification, "OTLP exporter" and "General SDK configuration").
public struct ExportSettings: Sendable {
    /// Where one kind of telemetry goes.
    public struct Target: Sendable {
        /// The complete URL.
        public let url: String
        public let headers: [(name: String, value: String)]
        /// Whether bodies are protobuf rather than JSON.
        public let isProtobuf: Bool
        public let timeout: Duration
        /// File with the certificates to trust.
        public let certificateFile: String?
    }

    /// `nil` when metrics are not exported.
    public let metrics: Target?
    /// `nil` when spans are not exported.
    public let traces: Target?
    public let serviceName: String
    /// Attributes of the reporter beside its name and instance.
    public let resource: [String: String]
    public let metricInterval: Duration
    public let spanDelay: Duration
    public let spanCapacity: Int
    public let spanBatch: Int
    public let sampler: SpanRecorder.Sampler
    /// Whether sums count from the last report.
    public let usesDelta: Bool

    /// Reads the variables; what is wrong is noted in the reader.
    ///
    /// - Parameter service: The name unless `OTEL_SERVICE_NAME` gives another.
    public init(_ settings: inout SettingsReader, service: String) {
        let isDisabled = settings.optional("OTEL_SDK_DISABLED")?.lowercased() == "true"
        metrics = isDisabled ? nil : Self.target(&settings, "METRICS", path: "v1/metrics")
        traces = isDisabled ? nil : Self.target(&settings, "TRACES", path: "v1/traces")
        var resource = Self.pairs(settings.optional("OTEL_RESOURCE_ATTRIBUTES"), "OTEL_RESOURCE_ATTRIBUTES", &settings)
        serviceName = settings.optional("OTEL_SERVICE_NAME") ?? resource["service.name"] ?? service
        resource["service.name"] = nil
        self.resource = resource
        metricInterval = .milliseconds(
            settings.int("OTEL_METRIC_EXPORT_INTERVAL", default: 60_000, in: 100...3_600_000))
        spanDelay = .milliseconds(settings.int("OTEL_BSP_SCHEDULE_DELAY", default: 5000, in: 10...600_000))
        spanCapacity = settings.int("OTEL_BSP_MAX_QUEUE_SIZE", default: 2048, in: 1...100_000)
        spanBatch = settings.int("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", default: 512, in: 1...10_000)
        sampler = Self.sampler(&settings)
        let preference = settings.optional("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE")?.lowercased()
        usesDelta = preference == "delta" || preference == "lowmemory"
        if let preference, !["cumulative", "delta", "lowmemory"].contains(preference) {
            settings.add(
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "is none of cumulative, delta, lowmemory")
        }
    }

    private static func target(_ settings: inout SettingsReader, _ signal: String, path: String) -> Target? {
        let exporter = settings.optional("OTEL_\(signal)_EXPORTER") ?? "otlp"
        guard exporter != "none" else { return nil }
        if exporter != "otlp" { settings.add("OTEL_\(signal)_EXPORTER", "is neither otlp nor none") }
        let own = "OTEL_EXPORTER_OTLP_\(signal)_"
        let common = "OTEL_EXPORTER_OTLP_"
        func name(_ suffix: String) -> String {
            settings.optional(own + suffix) == nil ? common + suffix : own + suffix
        }
        let url: String
        if settings.optional(own + "ENDPOINT") != nil {
            // The signal's own variable is the complete address.
            url = settings.url(own + "ENDPOINT")
        } else if settings.optional(common + "ENDPOINT") != nil {
            url = settings.url(common + "ENDPOINT") + "/" + path
        } else {
            return nil
        }
        let wire = settings.optional(name("PROTOCOL")) ?? "http/protobuf"
        if !["http/protobuf", "http/json"].contains(wire) {
            settings.add(name("PROTOCOL"), "is neither http/protobuf nor http/json; gRPC is not spoken here")
        }
        if let compression = settings.optional(name("COMPRESSION")), compression != "none" {
            settings.add(name("COMPRESSION"), "is not none; other compression is not supported")
        }
        let headers = pairs(settings.optional(name("HEADERS")), name("HEADERS"), &settings)
        return Target(
            url: url, headers: headers.map { ($0.key, $0.value) }, isProtobuf: wire == "http/protobuf",
            timeout: .milliseconds(settings.int(name("TIMEOUT"), default: 10_000, in: 1...600_000)),
            certificateFile: settings.optional(name("CERTIFICATE")))
    }

    private static func sampler(_ settings: inout SettingsReader) -> SpanRecorder.Sampler {
        let name = settings.optional("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on"
        let followsParent = name.hasPrefix("parentbased_")
        switch followsParent ? String(name.dropFirst("parentbased_".count)) : name {
        case "always_on": return .init(ratio: 1, followsParent: followsParent)
        case "always_off": return .init(ratio: 0, followsParent: followsParent)
        case "traceidratio":
            let text = settings.optional("OTEL_TRACES_SAMPLER_ARG") ?? "1"
            guard let ratio = Double(text), (0...1).contains(ratio) else {
                settings.add("OTEL_TRACES_SAMPLER_ARG", "is not a number from 0 to 1")
                return .init()
            }
            return .init(ratio: ratio, followsParent: followsParent)
        default:
            settings.add(
                "OTEL_TRACES_SAMPLER",
                "is none of always_on, always_off, traceidratio, and these with parentbased_ before them")
            return .init()
        }
    }

    /// `name=value` pairs separated by commas; values may be percent-encoded (W3C Baggage).
    private static func pairs(_ text: String?, _ variable: String, _ settings: inout SettingsReader) -> [String: String]
    {
        var result: [String: String] = [:]
        for part in (text ?? "").split(separator: ",") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = halves[0].filter { $0 != " " }
            guard halves.count == 2, !name.isEmpty, let value = decoded(halves[1]) else {
                settings.add(variable, "is not a list of name=value separated by commas")
                return result
            }
            result[String(name)] = value
        }
        return result
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let number = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(number)
        }
        let value = String(validating: bytes, as: UTF8.self)
        return value.map { String($0.drop { $0 == " " }) }
    }
}
