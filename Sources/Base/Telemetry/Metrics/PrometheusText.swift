/// Metrics in Prometheus' text format (version 0.0.4), named as OpenTelemetry's compatibility specification says: dots
/// become underscores, units and `total` become endings.
public struct PrometheusText {
    /// What `/metrics` answers with.
    public private(set) var text = ""

    /// The content type of the format.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private static let units = ["s": "seconds", "ms": "milliseconds", "By": "bytes", "USD": "usd", "%": "percent"]

    /// Metrics in the order given.
    public init(_ snapshots: [MetricSnapshot]) { for snapshot in snapshots { add(snapshot) } }

    /// Adds one metric with all its values. Each value's labels are given; they are sorted here.
    private mutating func add(_ snapshot: MetricSnapshot) {
        let name = Self.name(snapshot.definition)
        let kind = snapshot.definition.kind
        let type: String
        switch kind {
        case .counter: type = "counter"
        case .gauge: type = "gauge"
        case .histogram: type = "histogram"
        }
        text +=
            "# HELP \(name) \(Self.escaped(snapshot.definition.description, quotes: false))\n# TYPE \(name) \(type)\n"
        let points = snapshot.points.map { (Self.labels($0.attributes), $0.value) }.sorted { $0.0 < $1.0 }
        for (labels, value) in points {
            switch (value, kind) {
            case (.number(let number), _): text += "\(name)\(Self.braced(labels)) \(Self.text(number))\n"
            case (.distribution(let distribution), .histogram(let bounds)):
                var sum: UInt64 = 0
                let limits = bounds.map { "\($0)" } + ["+Inf"]
                for (bound, count) in zip(limits, distribution.buckets) {
                    sum &+= count
                    let separator = labels.isEmpty ? "" : ","
                    text += "\(name)_bucket{\(labels)\(separator)le=\"\(bound)\"} \(sum)\n"
                }
                text += "\(name)_sum\(Self.braced(labels)) \(distribution.sum)\n"
                text += "\(name)_count\(Self.braced(labels)) \(sum)\n"
            case (.distribution, _): break
            }
        }
    }

    /// The name of a metric as Prometheus knows it.
    static func name(_ definition: MetricDefinition) -> String {
        var name = identifier(definition.name)
        if let unit = units[definition.unit], !name.hasSuffix("_" + unit) { name += "_" + unit }
        if definition.kind == .counter, !name.hasSuffix("_total") { name += "_total" }
        return name
    }

    /// Whole numbers, which most counts are, stand without a fraction.
    private static func text(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }

    private static func labels(_ attributes: [String: String]) -> String {
        attributes.sorted { $0.key < $1.key }
            .map { "\(identifier($0.key))=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
    }

    private static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func identifier(_ name: String) -> String {
        let text = String(
            name.map { character in
                character.isASCII && (character.isLetter || character.isNumber) || character == "_" ? character : "_"
            })
        return text.first.map { $0.isNumber } ?? true ? "_" + text : text
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        // Scalar by scalar: a line feed behind a carriage return, or a quotation mark below an accent, is a part of one
        // character.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
