import ClaimChecking
import Models
import Telemetry

/// What answers took, by model: for dashboards and alerts.
enum AnswerMetrics {
    private static let answers = Metrics.shared.counter(
        "apus.answers", unit: "{answer}", "Answers by the model that gave them, and how they ended.")
    private static let durations = Metrics.shared.histogram(
        "apus.answer.duration", unit: "s", "Time from a question to the end of its answer.")
    private static let tokens = Metrics.shared.counter(
        "apus.answer.tokens", unit: "{token}", "Tokens by model and kind.")
    private static let cost = Metrics.shared.counter(
        "apus.answer.cost", unit: "USD", "What answers cost, where prices are known.")
    private static let attempts = Metrics.shared.counter(
        "apus.model.attempts", unit: "{attempt}", "Models that were asked, and whether they answered.")
    private static let used = Metrics.shared.counter(
        "apus.answer.passages", unit: "{passage}", "Passages considered for answers, and those that were cited.")

    private static let sentences = Metrics.shared.counter(
        "apus.answer.sentences", unit: "{sentence}", "Sentences with citations, and how far the passages bear them out."
    )

    /// Counts an answer.
    static func note(_ receipt: Receipt, milliseconds: Double, ending: AnswerEnding) {
        let model = receipt.model.isEmpty ? "none" : receipt.model
        answers.add(
            1,
            [
                "model": model, "finish_reason": ending.rawValue, "cache": receipt.cacheHit ? "hit" : "miss",
            ])
        durations.record(milliseconds / 1000, ["model": model])
        let kinds = [
            ("prompt", receipt.usage.prompt), ("completion", receipt.usage.completion),
            ("cached", receipt.usage.cached),
        ]
        for (kind, count) in kinds where count > 0 { tokens.add(Double(count), ["model": model, "kind": kind]) }
        if let amount = receipt.cost, amount > 0 { cost.add(amount, ["model": model]) }
        for attempt in receipt.attempts {
            attempts.add(
                1, ["model": attempt.model, "result": attempt.failure == nil ? "answered" : "failed"])
        }
        used.add(Double(receipt.passagesConsidered), ["use": "considered"])
        used.add(Double(receipt.passagesUsed), ["use": "cited"])
        for (support, count) in receipt.support.all where count > 0 {
            sentences.add(Double(count), ["support": support.rawValue])
        }
    }
}
