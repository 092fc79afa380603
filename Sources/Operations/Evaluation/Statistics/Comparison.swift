/// What the second of two runs changed.
public struct Comparison: Sendable {
    /// The change of one metric, over the questions that both runs measure it by.
    public struct Difference: Sendable {
        let metric: Metric
        let before: Double
        let after: Double
        /// Of the difference, by drawing the same questions for both.
        let interval: ClosedRange<Double>
        let count: Int

        /// Whether chance in the choice of questions is not enough to explain it.
        var isClear: Bool { !interval.contains(0) }
        /// Whether it is for the better; `nil` when there is none.
        var isBetter: Bool? { after == before ? nil : (after > before) == metric.moreIsBetter }
    }

    /// A question whose verdicts changed.
    public struct Change: Sendable {
        let question: Question
        let better: [Metric]
        let worse: [Metric]
    }

    public let differences: [Difference]
    public let changes: [Change]
    /// Questions that only one of the runs asked or got an answer to.
    public let unpaired: Int

    /// Compares the answers to questions of the same id.
    ///
    /// - Throws: `EvaluationError` when the runs share no question, or an id stands for two.
    public init(_ before: EvaluationRun, _ after: EvaluationRun) throws {
        let firsts = Dictionary(before.asked.map { ($0.question.id, $0) }) { first, _ in first }
        var pairs: [(AskedQuestion, AskedQuestion)] = []
        for second in after.asked {
            guard let first = firsts[second.question.id] else { continue }
            guard first.question == second.question else {
                throw EvaluationError(
                    "\(second.question.id) is another question in each run, or its answers changed; runs of one set can be compared"
                )
            }
            if first.answer != nil, second.answer != nil { pairs.append((first, second)) }
        }
        guard !pairs.isEmpty else { throw EvaluationError("the runs have no question in common that both answered") }
        unpaired = before.asked.count + after.asked.count - 2 * pairs.count
        let paired = pairs
        differences = Metric.all.compactMap { metric in
            let values = paired.compactMap { first, second in
                first.value(of: metric).flatMap { a in second.value(of: metric).map { (a, $0) } }
            }
            guard !values.isEmpty else { return nil }
            return Difference(
                metric: metric, before: metric.statistic.of(values.map(\.0)),
                after: metric.statistic.of(values.map(\.1)),
                interval: Bootstrap.interval(differenceOf: values, metric.statistic), count: values.count)
        }
        changes = paired.compactMap { first, second in
            var (better, worse) = ([Metric](), [Metric]())
            for metric in Metric.all where metric.unit == .verdict {
                guard let a = first.value(of: metric), let b = second.value(of: metric), a != b else { continue }
                if (b > a) == metric.moreIsBetter { better.append(metric) } else { worse.append(metric) }
            }
            return better.isEmpty && worse.isEmpty
                ? nil : Change(question: second.question, better: better, worse: worse)
        }
    }
}
