public import JSONCoding

extension Comparison {
    /// The form of a file.
    public var json: JSONValue {
        [
            "format": "apus-eval-comparison-1", "unpaired": .int(Int64(unpaired)),
            "differences": .array(
                differences.map { difference in
                    [
                        "name": .string(difference.metric.name), "before": .double(difference.before),
                        "after": .double(difference.after), "difference": .double(difference.after - difference.before),
                        "low": .double(difference.interval.lowerBound),
                        "high": .double(difference.interval.upperBound), "questions": .int(Int64(difference.count)),
                    ]
                }),
            "changes": .array(
                changes.map { change in
                    [
                        "id": .string(change.question.id), "question": .string(change.question.text),
                        "better": .strings(change.better.map(\.name)), "worse": .strings(change.worse.map(\.name)),
                    ]
                }),
        ]
    }
}
