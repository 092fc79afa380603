/// Pictures in SVG; colours come from the classes of the report's style sheet.
enum Charts {
    private static let rowHeight = 24.0
    private static let labelWidth = 150.0
    private static let barWidth = 420.0
    private static let valueWidth = 170.0

    /// A row of a chart of shares.
    struct Row {
        let label: String
        let title: String
        let value: Double
        let interval: ClosedRange<Double>
        let written: String
    }

    /// A bar from 0 to 1 for each row, with its interval as a line.
    static func bars(_ rows: [Row], title: String) -> String {
        let height = Double(rows.count) * rowHeight + 24
        var shapes = grid(rows: rows.count, steps: [0, 0.25, 0.5, 0.75, 1]) { labelWidth + $0 * barWidth }
        for (index, row) in rows.enumerated() {
            let top = Double(index) * rowHeight
            let middle = top + rowHeight / 2
            shapes += label(row.label, x: labelWidth - 8, y: middle, anchor: "end")
            shapes += HTML.element(
                "rect",
                [
                    ("class", "bar"), ("x", number(labelWidth)), ("y", number(top + 5)),
                    ("width", number(max(row.value, 0) * barWidth)), ("height", number(rowHeight - 10)),
                ], HTML.element("title", [], HTML.text("\(row.title): \(row.written)")))
            shapes += whisker(row.interval, y: middle) { labelWidth + $0 * barWidth }
            shapes += label(row.written, x: labelWidth + barWidth + 10, y: middle, anchor: "start")
        }
        return picture(width: labelWidth + barWidth + valueWidth, height: height, title: title, shapes)
    }

    /// A point for each difference, with its interval, on both sides of zero.
    static func differences(_ rows: [Row], title: String) -> String {
        let reach = max(
            0.05, rows.map { max(abs($0.interval.lowerBound), abs($0.interval.upperBound), abs($0.value)) }.max() ?? 0)
        let place = { (value: Double) in labelWidth + (value / reach + 1) / 2 * barWidth }
        var shapes = grid(rows: rows.count, steps: [-reach, 0, reach], place)
        for (index, row) in rows.enumerated() {
            let middle = Double(index) * rowHeight + rowHeight / 2
            shapes += label(row.label, x: labelWidth - 8, y: middle, anchor: "end")
            shapes += whisker(row.interval, y: middle, place)
            shapes += HTML.element(
                "circle", [("class", "bar"), ("cx", number(place(row.value))), ("cy", number(middle)), ("r", "5")],
                HTML.element("title", [], HTML.text("\(row.title): \(row.written)")))
            shapes += label(row.written, x: labelWidth + barWidth + 10, y: middle, anchor: "start")
        }
        return picture(
            width: labelWidth + barWidth + valueWidth, height: Double(rows.count) * rowHeight + 24, title: title, shapes
        )
    }

    /// How often each time was needed, in columns of equal width, with lines at two quantiles.
    static func distribution(_ values: [Double], title: String) -> String {
        let (width, height, columns) = (560.0, 140.0, 28)
        let most = max(values.max() ?? 0, 1)
        var counts = [Int](repeating: 0, count: columns)
        for value in values { counts[min(columns - 1, Int(max(value, 0) / most * Double(columns)))] += 1 }
        let highest = Double(counts.max() ?? 1)
        var shapes = ""
        for (index, count) in counts.enumerated() where count > 0 {
            let size = Double(count) / highest * height
            let (from, to) = (Double(index) / Double(columns) * most, Double(index + 1) / Double(columns) * most)
            let told = "\(Digits.fixed(from, 0)) to \(Digits.fixed(to, 0)) ms: \(count)"
            shapes += HTML.element(
                "rect",
                [
                    ("class", "bar"), ("x", number(20 + Double(index) * width / Double(columns))),
                    ("y", number(20 + height - size)), ("width", number(width / Double(columns) - 2)),
                    ("height", number(size)),
                ], HTML.element("title", [], HTML.text(told)))
        }
        for (index, share) in [0.5, 0.95].enumerated() {
            let value = Statistic.quantile(share).of(values)
            let x = 20 + value / most * width
            shapes += line(x, 14, x, 20 + height, "interval")
            let text = "p\(Int(share * 100)) \(Digits.fixed(value, 1)) ms"
            // On either side, so that lines close to each other keep their words.
            shapes += label(text, x: index == 0 ? x - 4 : x + 4, y: 9, anchor: index == 0 && x > 100 ? "end" : "start")
        }
        shapes += line(20, 20 + height, 20 + width, 20 + height, "axis")
        shapes += label("0", x: 20, y: 34 + height, anchor: "middle", soft: true)
        shapes += label("\(Digits.fixed(most, 0)) ms", x: 20 + width, y: 34 + height, anchor: "middle", soft: true)
        return picture(width: width + 180, height: height + 48, title: title, shapes)
    }

    // MARK: - Shapes

    private static func picture(width: Double, height: Double, title: String, _ shapes: String) -> String {
        HTML.element(
            "svg",
            [
                ("viewBox", "0 0 \(number(width)) \(number(height))"), ("width", number(width)), ("role", "img"),
                ("aria-label", title),
            ], shapes)
    }

    private static func grid(rows: Int, steps: [Double], _ place: (Double) -> Double) -> String {
        let bottom = Double(rows) * rowHeight
        return steps.map { step in
            let x = place(step)
            return line(x, 0, x, bottom, "axis")
                + label(Digits.fixed(step, 2), x: x, y: bottom + 12, anchor: "middle", soft: true)
        }.joined()
    }

    private static func whisker(_ interval: ClosedRange<Double>, y: Double, _ place: (Double) -> Double) -> String {
        let (low, high) = (place(interval.lowerBound), place(interval.upperBound))
        return line(low, y, high, y, "interval") + line(low, y - 4, low, y + 4, "interval")
            + line(high, y - 4, high, y + 4, "interval")
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        HTML.element(
            "line",
            [("class", style), ("x1", number(x1)), ("y1", number(y1)), ("x2", number(x2)), ("y2", number(y2))])
    }

    private static func label(_ text: String, x: Double, y: Double, anchor: String, soft: Bool = false) -> String {
        HTML.element(
            "text",
            [
                ("class", soft ? "soft" : "label"), ("x", number(x)), ("y", number(y)), ("text-anchor", anchor),
                ("dominant-baseline", "central"),
            ], HTML.text(text))
    }

    private static func number(_ value: Double) -> String { Digits.fixed(value, 1) }
}
