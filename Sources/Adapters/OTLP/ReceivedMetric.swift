public import JSONCoding
public import Telemetry

/// One value of a metric as another program reported it.
public struct ReceivedMetric: Sendable {
    public let definition: MetricDefinition
    /// `service.name` of the reporter.
    public let service: String
    /// `service.instance.id` of the reporter.
    public let instance: String
    public let attributes: [String: String]
    public let value: MetricValue
    /// Whether a sum counts from the last report, not from the start.
    public let isDelta: Bool
    /// Nanoseconds since 1970 from which on a sum was counted; 0 when unknown.
    public let start: UInt64

    /// Scalars of a name or of an attribute's value: a character may be any number of them.
    private static let nameLimit = 200
    private static let descriptionLimit = 1000
    private static let attributeLimit = 16
    private static let bucketLimit = 100

    /// Every value of a request in OTLP's JSON form that has a name and a form that is understood.
    public static func all(in request: JSONValue) -> [ReceivedMetric] {
        (request["resourceMetrics"]?.array ?? []).flatMap { block in
            let resource = texts(block["resource"]?["attributes"])
            let metrics = (block["scopeMetrics"]?.array ?? []).flatMap { $0["metrics"]?.array ?? [] }
            return metrics.flatMap { points(of: $0, resource) }
        }
    }

    private static func points(of metric: JSONValue, _ resource: [String: String]) -> [ReceivedMetric] {
        guard let name = metric["name"]?.string, !name.isEmpty, name.utf8.count <= nameLimit else { return [] }
        let forms: [(String, Bool)] = [("gauge", false), ("sum", metric["sum"]?["isMonotonic"]?.bool ?? false)]
        for (form, isCounter) in forms {
            guard let data = metric[form] else { continue }
            return (data["dataPoints"]?.array ?? []).compactMap { point in
                guard let number = point["asDouble"]?.double ?? point["asInt"].flatMap(integer).map(Double.init),
                    number.isFinite
                else {
                    return nil
                }
                return make(metric, name, isCounter ? .counter : .gauge, resource, data, point, .number(number))
            }
        }
        let data = metric["histogram"]
        return (data?["dataPoints"]?.array ?? []).compactMap { point in
            let bounds = (point["explicitBounds"]?.array ?? []).compactMap(\.double)
            let buckets = (point["bucketCounts"]?.array ?? []).compactMap { integer($0).flatMap(UInt64.init(exactly:)) }
            guard let sum = point["sum"]?.double, sum.isFinite, buckets.count == bounds.count + 1,
                buckets.count <= bucketLimit, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 })
            else { return nil }
            return make(
                metric, name, .histogram(bounds), resource, data, point,
                .distribution(.init(buckets: buckets, sum: sum)))
        }
    }

    private static func make(
        _ metric: JSONValue, _ name: String, _ kind: MetricDefinition.Kind, _ resource: [String: String],
        _ data: JSONValue?, _ point: JSONValue, _ value: MetricValue
    ) -> ReceivedMetric {
        ReceivedMetric(
            definition: MetricDefinition(
                name: name, unit: start(metric["unit"]?.string ?? "", nameLimit),
                description: start(metric["description"]?.string ?? "", descriptionLimit), kind: kind),
            service: resource["service.name"] ?? "unknown", instance: resource["service.instance.id"] ?? "",
            attributes: texts(point["attributes"]), value: value,
            isDelta: data?["aggregationTemporality"]?.int == OTLPMessages.Temporality.delta.rawValue,
            start: point["startTimeUnixNano"].flatMap { $0.string.flatMap { UInt64($0) } } ?? 0)
    }

    private static func texts(_ attributes: JSONValue?) -> [String: String] {
        var result: [String: String] = [:]
        for attribute in (attributes?.array ?? []).prefix(attributeLimit) {
            guard let key = attribute["key"]?.string, key.utf8.count <= nameLimit, let value = attribute["value"] else {
                continue
            }
            let text =
                value["stringValue"]?.string ?? value["boolValue"]?.bool.map(String.init)
                ?? value["intValue"].flatMap(integer).map { String($0) }
                ?? value["doubleValue"]?.double.map { "\($0)" }
            if let text { result[key] = start(text, nameLimit) }
        }
        return result
    }

    private static func start(_ text: String, _ limit: Int) -> String {
        text.utf8.count <= limit ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }

    /// 64-bit integers come as texts, from some senders as numbers.
    private static func integer(_ value: JSONValue) -> Int64? { value.string.flatMap { Int64($0) } ?? value.int }
}
