import Telemetry

/// What was reported last, for collectors that want sums since the last report.
struct DeltaBaseline: Sendable {
    private var values: [String: [[String: String]: MetricValue]] = [:]
    /// Nanoseconds since 1970; `nil` before the first report.
    private(set) var time: UInt64?

    init() {}

    init(_ snapshots: [MetricSnapshot], time: UInt64) {
        self.time = time
        for snapshot in snapshots where snapshot.definition.kind != .gauge {
            values[snapshot.definition.name] = Dictionary(
                snapshot.points.map { ($0.attributes, $0.value) }, uniquingKeysWith: { $1 })
        }
    }

    /// The same metrics with sums since then; what has not changed is left out.
    func changes(in snapshots: [MetricSnapshot]) -> [MetricSnapshot] {
        snapshots.compactMap { snapshot in
            guard let before = values[snapshot.definition.name] else { return snapshot }
            let points = snapshot.points.compactMap { point in
                point.value.since(before[point.attributes]).map { (attributes: point.attributes, value: $0) }
            }
            return points.isEmpty ? nil : MetricSnapshot(definition: snapshot.definition, points: points)
        }
    }
}

extension MetricValue {
    /// The growth since an earlier value; `nil` when there is none.
    fileprivate func since(_ earlier: MetricValue?) -> MetricValue? {
        switch (self, earlier) {
        case (.number(let now), .number(let then)): now == then ? nil : .number(now - then)
        case (.distribution(let now), .distribution(let then)):
            now == then
                ? nil
                : .distribution(
                    .init(buckets: zip(now.buckets, then.buckets).map { $0 &- $1 }, sum: now.sum - then.sum))
        default: self
        }
    }
}
