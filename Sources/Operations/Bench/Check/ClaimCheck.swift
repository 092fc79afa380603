/// Holds what the documentation states against what this machine does.
public struct ClaimCheck: Sendable {
    /// Whether every statement holds.
    public private(set) var isPassed = true
    private var rows = TextTable(head: ["Page", "What", "Stated", "Limit", "Measured", ""])

    /// Measures what the claims need, one benchmark after the other.
    ///
    /// - Parameter documents: Folder with documents; `questions.jsonl` lies in it or beside it.
    public static func run(on bench: Workbench, documents: String) async throws -> ClaimCheck {
        var measured: [Benchmark: [Figure]] = [:]
        let needed = Set(Claim.all.map(\.benchmark))
        for benchmark in Benchmark.allCases where needed.contains(benchmark) {
            bench.say("measuring \(benchmark.rawValue)")
            measured[benchmark] = try await benchmark.figures(on: bench, documents: documents)
        }
        return ClaimCheck(Claim.all, measured)
    }

    init(_ claims: [Claim], _ measured: [Benchmark: [Figure]]) {
        for claim in claims {
            guard let figure = measured[claim.benchmark]?.first(where: { $0.name == claim.figure }) else {
                rows.add([claim.page, claim.figure, claim.words, "", "not measured", verdict(false)])
                continue
            }
            let limit = claim.limit(for: figure)
            // What is no number passes nothing.
            let isTrue = figure.better == .higher ? figure.value >= limit : figure.value <= limit
            rows.add([
                claim.page, claim.figure, figure.text(claim.value),
                "\(figure.better == .higher ? "≥" : "≤") \(figure.text(limit))", figure.text, verdict(isTrue),
            ])
        }
    }

    private mutating func verdict(_ isTrue: Bool) -> String {
        if !isTrue { isPassed = false }
        return isTrue ? "pass" : "FAIL"
    }

    /// A row for each statement, with pass or FAIL.
    public var text: String { rows.text }
}
