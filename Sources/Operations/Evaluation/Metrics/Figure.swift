import JSONCoding

/// What a metric comes to over the questions of a run.
public struct Figure: Sendable {
    public let metric: Metric
    public let value: Double
    /// Where the value would lie in 95 of 100 sets of such questions.
    public let interval: ClosedRange<Double>
    /// Questions that it applies to.
    public let count: Int

    /// The figure of values; `nil` when there are none.
    init?(_ metric: Metric, _ values: [Double]) {
        guard !values.isEmpty else { return nil }
        self.metric = metric
        value = metric.statistic.of(values)
        interval = Bootstrap.interval(values, metric.statistic)
        count = values.count
    }

    /// The form of a run's file.
    var json: JSONValue {
        [
            "name": .string(metric.name), "value": .double(value), "low": .double(interval.lowerBound),
            "high": .double(interval.upperBound), "questions": .int(Int64(count)),
        ]
    }
}

extension AskedQuestion {
    /// The question's value of a metric; `nil` where it does not apply.
    func value(of metric: Metric) -> Double? { answer.flatMap { metric.value(question, $0) } }

    /// The verdicts that went against the answer, of those that reports look at.
    var faults: [Metric] {
        Metric.all.filter { metric in
            Self.telling.contains(metric.name) && value(of: metric) == (metric.moreIsBetter ? 0 : 1)
        }
    }

    private static let telling: Set = [
        "near@5", "number", "evidence", "cited-near", "wrongly-refused", "wrongly-answered",
    ]
}
