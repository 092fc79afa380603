public import JSONCoding
public import Telemetry

/// Requests of OTLP in their JSON form, made from what the process has recorded.
public enum OTLPMessages {
    /// How values count (opentelemetry-proto, `AggregationTemporality`).
    public enum Temporality: Int64, Sendable {
        case delta = 1
        case cumulative = 2
    }

    /// A request with metrics.
    ///
    /// - Parameters:
    ///   - resource: Who reports.
    ///   - start: Nanoseconds since 1970 from which on sums were counted.
    public static func metrics(
        _ snapshots: [MetricSnapshot], resource: [String: String], start: UInt64, now: UInt64,
        temporality: Temporality = .cumulative
    ) -> JSONValue {
        let metrics = snapshots.map { metric($0, start: start, now: now, temporality: temporality) }
        return [
            "resourceMetrics": [
                [
                    "resource": self.resource(resource),
                    "scopeMetrics": [["scope": scope, "metrics": .array(metrics)]],
                ]
            ]
        ]
    }

    /// A request with spans.
    public static func traces(_ spans: [Span.Record], resource: [String: String]) -> JSONValue {
        [
            "resourceSpans": [
                [
                    "resource": self.resource(resource),
                    "scopeSpans": [["scope": scope, "spans": .array(spans.map(span))]],
                ]
            ]
        ]
    }

    private static let scope: JSONValue = ["name": "apus", "version": .string(Product.version)]

    private static func resource(_ attributes: [String: String]) -> JSONValue {
        ["attributes": self.attributes(attributes.mapValues { .string($0) })]
    }

    private static func metric(
        _ snapshot: MetricSnapshot, start: UInt64, now: UInt64, temporality: Temporality
    ) -> JSONValue {
        let definition = snapshot.definition
        let points = snapshot.points.map { point in
            dataPoint(point.value, point.attributes, definition.kind, start: start, now: now)
        }
        var data: JSONObject = ["dataPoints": .array(points)]
        let name: String
        switch definition.kind {
        case .gauge: name = "gauge"
        case .counter:
            name = "sum"
            data["aggregationTemporality"] = .int(temporality.rawValue)
            data["isMonotonic"] = true
        case .histogram:
            name = "histogram"
            data["aggregationTemporality"] = .int(temporality.rawValue)
        }
        return .object(
            JSONObject([
                ("name", .string(definition.name)), ("description", .string(definition.description)),
                ("unit", .string(definition.unit)), (name, .object(data)),
            ]))
    }

    private static func dataPoint(
        _ value: MetricValue, _ attributes: [String: String], _ kind: MetricDefinition.Kind, start: UInt64, now: UInt64
    ) -> JSONValue {
        var point: JSONObject = [
            "startTimeUnixNano": .string(String(start)), "timeUnixNano": .string(String(now)),
            "attributes": self.attributes(attributes.mapValues { .string($0) }),
        ]
        switch value {
        case .number(let number): point["asDouble"] = .double(number)
        case .distribution(let distribution):
            point["count"] = .string(String(distribution.count))
            point["sum"] = .double(distribution.sum)
            point["bucketCounts"] = .strings(distribution.buckets.map(String.init))
            if case .histogram(let bounds) = kind { point["explicitBounds"] = .array(bounds.map { .double($0) }) }
        }
        return .object(point)
    }

    private static func span(_ span: Span.Record) -> JSONValue {
        var object: JSONObject = [
            "traceId": .string(span.context.traceIDText), "spanId": .string(span.context.spanIDText),
            "name": .string(span.name), "kind": .int(Int64(span.kind.rawValue)),
            "startTimeUnixNano": .string(String(span.startNanoseconds)),
            "endTimeUnixNano": .string(String(span.endNanoseconds)), "attributes": attributes(span.attributes),
            "flags": .int(span.context.isSampled ? 1 : 0),
        ]
        if let state = span.context.state { object["traceState"] = .string(state) }
        if let parent = span.parentID { object["parentSpanId"] = .string(TraceContext.hex(parent)) }
        if let link = span.link {
            object["links"] = [["traceId": .string(link.traceIDText), "spanId": .string(link.spanIDText)]]
        }
        if let failure = span.failure { object["status"] = ["message": .string(failure), "code": 2] }
        return .object(object)
    }

    private static func attributes(_ attributes: [String: AttributeValue]) -> JSONValue {
        .array(
            attributes.sorted { $0.key < $1.key }.map { key, value in
                let wire: JSONValue =
                    switch value {
                    case .string(let text): ["stringValue": .string(text)]
                    case .int(let number): ["intValue": .string(String(number))]
                    case .double(let number): ["doubleValue": .double(number)]
                    case .bool(let flag): ["boolValue": .bool(flag)]
                    }
                return ["key": .string(key), "value": wire]
            })
    }
}
