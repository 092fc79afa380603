import Telemetry

/// How long finding passages takes, and how near what was found is.
enum RetrievalMetrics {
    private static let durations = Metrics.shared.histogram(
        "apus.retrieval.duration", unit: "s", "Time to find passages, by step.")
    private static let scores = Metrics.shared.histogram(
        "apus.retrieval.score", unit: "1",
        bounds: stride(from: 0.1, through: 0.9, by: 0.1).map { ($0 * 10).rounded() / 10 },
        "Score of the best passage of a question, from 0 to 1.")
    private static let found = Metrics.shared.counter(
        "apus.retrieval.searches", unit: "{search}", "Searches, and whether they found anything.")

    static func note(step: String, milliseconds: Double) { durations.record(milliseconds / 1000, ["step": step]) }

    static func note(_ passages: [FoundPassage]) {
        found.add(1, ["result": passages.isEmpty ? "nothing" : "found"])
        if let best = passages.first { scores.record(best.score) }
    }
}
