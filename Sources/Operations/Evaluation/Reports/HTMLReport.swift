/// Runs and comparisons as one HTML file that needs nothing beside it: pictures are SVG, there is no script, and a policy in
/// the file itself keeps what documents and models wrote from loading any.
public enum HTMLReport {
    private static let shownPassages = 5
    private static let longestPassage = 600

    /// A run: its figures, how long answers took, and every question, what went wrong first.
    public static func html(_ run: EvaluationRun) -> String {
        let figures = run.figures
        let shares = figures.filter { $0.metric.unit.isShare }
        var body = heading(
            run.set,
            [("begun", run.startedAt), ("questions", String(run.asked.count)), ("left out", String(run.leftOut))]
                + run.parameters.map { ($0.name, $0.value) })
        body += section(
            "Figures",
            Charts.bars(
                shares.map { figure in
                    Charts.Row(
                        label: figure.metric.name, title: figure.metric.title, value: figure.value,
                        interval: figure.interval,
                        written: "\(figure.metric.unit.written(figure.value))  of \(figure.count)")
                }, title: "Figures with intervals of 95 %")
                + table(
                    ["metric", "value", "95 % interval", "questions", "what it is"],
                    figures.map { TextReport.cells($0).map(HTML.text) }))
        let times = run.asked.compactMap { $0.answer.flatMap { $0.isRemembered ? nil : $0.milliseconds } }
        if !times.isEmpty {
            body += section("Time to the whole answer", Charts.distribution(times, title: "Distribution of times"))
        }
        let sorted = run.asked.enumerated().sorted { first, second in
            let (a, b) = (weight(first.element), weight(second.element))
            return a == b ? first.offset < second.offset : a > b
        }
        body += section(
            "Questions",
            table(["id", "question", "what went wrong", "ms"], sorted.map { question($0.element) }, style: "questions"))
        return page(run.set, body)
    }

    /// A comparison: what changed, and the questions that did.
    public static func html(_ comparison: Comparison, _ before: EvaluationRun, _ after: EvaluationRun) -> String {
        let shares = comparison.differences.filter { $0.metric.unit.isShare }
        var body = heading(
            "\(before.set): two runs", [("before", before.startedAt), ("after", after.startedAt)])
        body += section(
            "Differences",
            Charts.differences(
                shares.map { difference in
                    Charts.Row(
                        label: difference.metric.name, title: difference.metric.title,
                        value: difference.after - difference.before, interval: difference.interval,
                        written: difference.metric.unit.signed(difference.after - difference.before))
                }, title: "Differences with intervals of 95 %")
                + table(
                    ["metric", "before", "after", "difference", "95 % interval", "questions", ""],
                    comparison.differences.map { TextReport.cells($0).map(HTML.text) }))
        body += section(
            "Questions that changed",
            table(
                ["id", "question", "better", "worse"],
                comparison.changes.map { change in
                    [
                        change.question.id, change.question.text, change.better.map(\.name).joined(separator: ", "),
                        change.worse.map(\.name).joined(separator: ", "),
                    ].map(HTML.text)
                }))
        return page("\(before.set): two runs", body)
    }

    // MARK: - A question

    /// How much went wrong.
    private static func weight(_ asked: AskedQuestion) -> Int { asked.answer == nil ? .max : asked.faults.count }

    private static func question(_ asked: AskedQuestion) -> [String] {
        let faults = asked.answer == nil ? ["no answer"] : asked.faults.map(\.name)
        let marks = faults.map { HTML.element("span", [("class", "fault")], HTML.text($0)) }
        return [
            HTML.element("code", [], HTML.text(asked.question.id)),
            HTML.element(
                "details", [], HTML.element("summary", [], HTML.text(asked.question.text)) + details(asked)),
            marks.isEmpty ? HTML.element("span", [("class", "right")], "right") : marks.joined(separator: " "),
            asked.answer.map { Digits.fixed($0.milliseconds, 0) } ?? "",
        ]
    }

    private static func details(_ asked: AskedQuestion) -> String {
        let question = asked.question
        var entries: [(String, String)] = []
        func add(_ name: String, _ texts: [String]) {
            entries += texts.enumerated().map { ($0 == 0 ? name : "", HTML.text($1)) }
        }
        if !question.isAnswerable { add("should be", ["refused"]) }
        add("right answers", question.answers)
        add("places", question.places.map(written))
        add("evidence", question.evidence)
        switch asked.outcome {
        case .failed(let reason): add("no answer", [reason])
        case .answered(let answer):
            add("answer", [answer.text])
            add("ended", ["\(answer.finishReason), \(answer.model)"])
            add("cited", answer.citations.map { "\(written($0.place)) \($0.support ?? ""): \($0.quote)" })
            add(
                "found",
                answer.passages.prefix(shownPassages).map { passage in
                    let text = passage.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    let score = Digits.fixed(passage.score, 3)
                    return "\(written(passage.place)), \(score): \(text.prefix(longestPassage))"
                })
        }
        return HTML.element(
            "dl", [], entries.map { HTML.element("dt", [], HTML.text($0)) + HTML.element("dd", [], $1) }.joined())
    }

    private static func written(_ place: Place) -> String {
        place.page.map { "\(place.document), page \($0)" } ?? place.document
    }

    // MARK: - The page

    private static func heading(_ title: String, _ facts: [(String, String)]) -> String {
        HTML.element("h1", [], HTML.text(title))
            + HTML.element(
                "p", [("class", "facts")],
                facts.map { HTML.text("\($0): \($1)") }.joined(separator: " · "))
    }

    private static func section(_ title: String, _ content: String) -> String {
        HTML.element("section", [], HTML.element("h2", [], HTML.text(title)) + content)
    }

    /// A table of markup.
    private static func table(_ head: [String], _ rows: [[String]], style: String = "figures") -> String {
        let top = HTML.element("tr", [], head.map { HTML.element("th", [], HTML.text($0)) }.joined())
        let body = rows.map { HTML.element("tr", [], $0.map { HTML.element("td", [], $0) }.joined()) }.joined(
            separator: "\n")
        return HTML.element(
            "div", [("class", "wide")],
            HTML.element("table", [("class", style)], HTML.element("thead", [], top) + HTML.element("tbody", [], body)))
    }

    private static func page(_ title: String, _ body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(HTML.text(title))</title>
        <style>\(style)</style>
        </head>
        <body><main>\(body)</main></body>
        </html>

        """
    }

    private static let style = """
        :root { color-scheme: light dark; --text: #1d2330; --ground: #fff; --muted: #5a6372; --line: #d9dee6;
            --bar: #3b6fd4; --interval: #16233f; --fault: #b3261e; --right: #1b6e3a; }
        @media (prefers-color-scheme: dark) { :root { --text: #e6e9ef; --ground: #14171d; --muted: #9aa4b5; --line: #343b47;
            --bar: #5b8ff0; --interval: #eef2fa; --fault: #ff8a80; --right: #7bd69b; } }
        body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
        h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
        .facts, .soft, th { color: var(--muted); } svg { max-width: 100%; height: auto; display: block; margin: 1rem 0; }
        svg text { font-size: 12px; } .label { fill: var(--text); } svg .soft { fill: var(--muted); }
        .bar { fill: var(--bar); } .axis { stroke: var(--line); } .interval { stroke: var(--interval); stroke-width: 1.5; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        .figures td:not(:last-child) { white-space: nowrap; } .questions { width: 100%; } summary { cursor: pointer; }
        .fault, .right { font-size: .8rem; border: 1px solid; border-radius: 1rem; padding: 0 .5rem;
            white-space: nowrap; display: inline-block; }
        .fault { color: var(--fault); } .right { color: var(--right); }
        dl { display: grid; grid-template-columns: 8rem 1fr; gap: .3rem 1rem; margin: .6rem 0; }
        dt { color: var(--muted); } dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        @media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
        """
}
