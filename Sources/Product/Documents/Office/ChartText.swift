import DocumentReading
import Markup

/// The words and values of a chart: its titles, and a table of its series.
enum ChartText {
    private static let mostPoints = 2000

    /// - Throws: `ExtractionError`.
    static func text(_ package: OfficePackage, _ part: String) throws -> String {
        guard let chart = try package.tree(part)?["chart"] else { return "" }
        var lines: [String] = []
        if let title = chart["title"] { lines.append(words(title)) }
        for plot in chart["plotArea"]?.children ?? [] {
            let series = plot.all("ser")
            if let title = plot["title"] { lines.append(words(title)) }
            guard !series.isEmpty else { continue }
            let names = series.map { points($0["tx"]).first?.value ?? words($0["tx"]) }
            let categories = series.lazy.map { points($0["cat"] ?? $0["xVal"]) }.first { !$0.isEmpty } ?? []
            let values = series.map { points($0["val"] ?? $0["yVal"]) }
            lines.append(row([""] + names))
            let indices = Set(categories.map(\.index) + values.flatMap { $0.map(\.index) }).sorted()
            let columns = ([categories] + values).map {
                Dictionary($0.map { ($0.index, $0.value) }) { first, _ in first }
            }
            for index in indices.prefix(mostPoints) { lines.append(row(columns.map { $0[index] ?? "" })) }
        }
        return lines.filter { $0.contains { !$0.isWhitespace } }.joined(separator: "\n")
    }

    private static func row(_ cells: [String]) -> String {
        let line = cells.map { String($0.map { $0.isWhitespace ? " " : $0 }) }.joined(separator: "\t")
        return String(line.reversed().drop { $0 == "\t" }.reversed())
    }

    /// The values that were kept when the chart was saved.
    private static func points(_ node: XMLNode?) -> [(index: Int, value: String)] {
        guard let node else { return [] }
        if node.name == "pt", let index = node.attributes["idx"].flatMap(Int.init), let value = node["v"]?.text {
            return [(index, value)]
        }
        return node.children.flatMap(points)
    }

    private static func words(_ node: XMLNode?) -> String {
        guard let node else { return "" }
        if node.name == "t" || node.name == "v" { return node.text }
        return node.children.map(words).joined(separator: node.name == "txPr" ? " " : "")
    }
}
