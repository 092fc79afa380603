import Telemetry

/// What becomes of documents, stage by stage.
enum IngestionMetrics {
    private static let stages = Metrics.shared.histogram(
        "apus.ingestion.stage.duration", unit: "s", "Time that a document spends in a stage of ingestion.")
    private static let documents = Metrics.shared.counter(
        "apus.ingestion.documents", unit: "{document}", "Documents that ended ingestion: ready, or why they failed.")
    private static let passages = Metrics.shared.counter(
        "apus.ingestion.passages", unit: "{passage}", "Passages that were indexed.")

    static func note(stage: String, milliseconds: Double) { stages.record(milliseconds / 1000, ["stage": stage]) }

    static func note(result: String, passages count: Int = 0) {
        documents.add(1, ["result": result])
        if count > 0 { passages.add(Double(count)) }
    }
}
