/// Runs and comparisons for a terminal.
public enum TextReport {
    private static let shownChanges = 40
    private static let shownFailures = 5
    private static let questionWidth = 78

    /// A line for each figure.
    public static func text(_ run: EvaluationRun) -> String {
        let answerable = run.asked.count { $0.question.isAnswerable }
        var lines = [
            "\(run.set): \(run.asked.count) questions, \(answerable) answerable, \(run.asked.count - answerable) not, "
                + "\(Digits.fixed(run.seconds, 1)) s"
        ]
        if run.leftOut > 0 { lines.append("left out, since their documents cannot be read: \(run.leftOut)") }
        lines += table(
            ["metric", "value", "95 % interval", "n", ""],
            run.figures.map(cells))
        for failure in run.failures.prefix(shownFailures) {
            lines.append("no answer to \(failure.id): \(failure.reason)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line for each metric, then the questions that changed.
    public static func text(_ comparison: Comparison) -> String {
        var lines = table(
            ["metric", "before", "after", "difference", "95 % interval", "n", ""],
            comparison.differences.map(cells))
        if comparison.unpaired > 0 {
            lines.append("in one of the runs alone, and not compared: \(comparison.unpaired)")
        }
        lines.append("questions that changed: \(comparison.changes.count)")
        for change in comparison.changes.prefix(shownChanges) {
            lines.append("\(change.question.id)  \(change.question.text.prefix(questionWidth))")
            for (word, metrics) in [("better", change.better), ("worse", change.worse)] where !metrics.isEmpty {
                lines.append("    \(word): \(metrics.map(\.name).joined(separator: ", "))")
            }
        }
        if comparison.changes.count > shownChanges { lines.append("… --json FILE has all of them") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A figure's row: metric, value, interval, questions, what it is.
    static func cells(_ figure: Figure) -> [String] {
        let unit = figure.metric.unit
        return [
            figure.metric.name, unit.written(figure.value),
            "\(unit.written(figure.interval.lowerBound)) to \(unit.written(figure.interval.upperBound))",
            String(figure.count), figure.metric.title,
        ]
    }

    /// A difference's row: metric, before, after, difference, interval, questions, what is to be thought of it.
    static func cells(_ difference: Comparison.Difference) -> [String] {
        let unit = difference.metric.unit
        return [
            difference.metric.name, unit.written(difference.before), unit.written(difference.after),
            unit.signed(difference.after - difference.before),
            "\(unit.signed(difference.interval.lowerBound)) to \(unit.signed(difference.interval.upperBound))",
            String(difference.count), verdict(difference),
        ]
    }

    private static func verdict(_ difference: Comparison.Difference) -> String {
        guard let isBetter = difference.isBetter else { return "same" }
        guard difference.isClear else { return "may be chance" }
        return isBetter ? "better" : "worse"
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 || column == head.count - 1 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ").trimmingEnd
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
