/// The messages of OTLP that are sent and read here, field by field (opentelemetry-proto 1.x, `metrics.proto`,
/// `trace.proto`, `common.proto`, `resource.proto`). One description serves both encodings.
public enum OTLPSchema {
    /// How a field is encoded.
    indirect enum Kind: Sendable {
        case string, bool, double, fixed64, sfixed64, fixed32, varint
        /// An id: bytes in protobuf, hexadecimal digits in JSON.
        case identifier
        case message(@Sendable () -> Message)
        case list(Kind)
    }

    /// A field: its number in protobuf, its name in JSON.
    struct Field: Sendable {
        let number: Int
        let name: String
        let kind: Kind

        init(_ number: Int, _ name: String, _ kind: Kind) {
            self.number = number
            self.name = name
            self.kind = kind
        }
    }

    /// A message's fields. Others are skipped when reading.
    public struct Message: Sendable {
        let fields: [Field]
    }

    /// Body of `POST /v1/metrics`.
    public static let metricsRequest = Message(fields: [Field(1, "resourceMetrics", list { resourceMetrics })])
    /// Body of `POST /v1/traces`.
    public static let tracesRequest = Message(fields: [Field(1, "resourceSpans", list { resourceSpans })])

    private static func list(_ message: @escaping @Sendable () -> Message) -> Kind { .list(.message(message)) }

    // MARK: - Common

    private static let anyValue = Message(fields: [
        Field(1, "stringValue", .string), Field(2, "boolValue", .bool), Field(3, "intValue", .varint),
        Field(4, "doubleValue", .double),
    ])
    private static let keyValue = Message(fields: [Field(1, "key", .string), Field(2, "value", .message { anyValue })])
    private static let resource = Message(fields: [Field(1, "attributes", list { keyValue })])
    private static let scope = Message(fields: [Field(1, "name", .string), Field(2, "version", .string)])

    // MARK: - Metrics

    private static let resourceMetrics = Message(fields: [
        Field(1, "resource", .message { resource }), Field(2, "scopeMetrics", list { scopeMetrics }),
    ])
    private static let scopeMetrics = Message(fields: [
        Field(1, "scope", .message { scope }), Field(2, "metrics", list { metric }),
    ])
    private static let metric = Message(fields: [
        Field(1, "name", .string), Field(2, "description", .string), Field(3, "unit", .string),
        Field(5, "gauge", .message { Message(fields: [Field(1, "dataPoints", list { numberPoint })]) }),
        Field(
            7, "sum",
            .message {
                Message(fields: [
                    Field(1, "dataPoints", list { numberPoint }), Field(2, "aggregationTemporality", .varint),
                    Field(3, "isMonotonic", .bool),
                ])
            }),
        Field(
            9, "histogram",
            .message {
                Message(fields: [
                    Field(1, "dataPoints", list { histogramPoint }), Field(2, "aggregationTemporality", .varint),
                ])
            }),
    ])
    private static let numberPoint = Message(fields: [
        Field(2, "startTimeUnixNano", .fixed64), Field(3, "timeUnixNano", .fixed64), Field(4, "asDouble", .double),
        Field(6, "asInt", .sfixed64), Field(7, "attributes", list { keyValue }),
    ])
    private static let histogramPoint = Message(fields: [
        Field(2, "startTimeUnixNano", .fixed64), Field(3, "timeUnixNano", .fixed64), Field(4, "count", .fixed64),
        Field(5, "sum", .double), Field(6, "bucketCounts", .list(.fixed64)), Field(7, "explicitBounds", .list(.double)),
        Field(9, "attributes", list { keyValue }),
    ])

    // MARK: - Traces

    private static let resourceSpans = Message(fields: [
        Field(1, "resource", .message { resource }), Field(2, "scopeSpans", list { scopeSpans }),
    ])
    private static let scopeSpans = Message(fields: [
        Field(1, "scope", .message { scope }), Field(2, "spans", list { span }),
    ])
    private static let span = Message(fields: [
        Field(1, "traceId", .identifier), Field(2, "spanId", .identifier), Field(3, "traceState", .string),
        Field(4, "parentSpanId", .identifier), Field(5, "name", .string), Field(6, "kind", .varint),
        Field(7, "startTimeUnixNano", .fixed64), Field(8, "endTimeUnixNano", .fixed64),
        Field(9, "attributes", list { keyValue }), Field(13, "links", list { link }),
        Field(
            15, "status", .message { Message(fields: [Field(2, "message", .string), Field(3, "code", .varint)]) }),
        Field(16, "flags", .fixed32),
    ])
    private static let link = Message(fields: [
        Field(1, "traceId", .identifier), Field(2, "spanId", .identifier),
    ])
}
