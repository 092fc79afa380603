public import JSONCoding
import Postgres

/// Work on many documents at once, with a state that can be asked for.
public struct JobRecord: Sendable {
    /// What is done.
    public enum Kind: String, Sendable, CaseIterable {
        /// Files that came together are read.
        case batch
        /// Documents are read anew.
        case process
        /// The stores are compared with each other.
        case check
        /// What a check finds is mended.
        case repair
    }

    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        /// Files are still coming.
        case receiving
        /// Whoever sent the files has gone before the last one, or whoever did the check has died.
        case interrupted
        case queued, running, done, cancelled, failed

        /// Whether nothing more becomes of it by itself.
        public var isOver: Bool {
            switch self {
            case .receiving, .queued, .running: false
            case .interrupted, .done, .cancelled, .failed: true
            }
        }
    }

    public let id: String
    public let kind: Kind
    public let state: State
    /// Items by their state; those that there are none of are left out.
    public let counts: [JobItem.State: Int]
    /// What was found, or mended; `nil` for jobs on documents, and before the end.
    public let report: JSONValue?
    public let createdAt: String
    public let finishedAt: String?

    /// Nobody has sent anything for so long: what is still being received is given up.
    private static let patience = "interval '5 minutes'"

    /// Columns and source of a statement over `jobs j`.
    static let selection = """
        j.id, j.kind, j.stage, j.report::text AS report, j.cancelled_at IS NOT NULL AS is_cancelled,
            j.stage IN ('receiving', 'working') AND j.updated_at < now() - \(patience) AS is_interrupted,
            \(JobItem.State.allCases.map { "i.\($0.rawValue)" }.joined(separator: ", ")),
            \(SQLTime.column("j.created_at", as: "created_at")),
            \(SQLTime.column("coalesce(j.cancelled_at, greatest(j.updated_at, i.settled))", as: "finished_at"))
        FROM jobs j CROSS JOIN LATERAL (SELECT max(updated_at) AS settled,
            \(JobItem.State.allCases.map { "count(*) FILTER (WHERE state = '\($0.rawValue)') AS \($0.rawValue)" }
                .joined(separator: ", "))
            FROM job_items WHERE job_id = j.id) i
        """

    init(_ row: PostgresRow) throws {
        id = try row.string("id")
        kind = Kind(rawValue: try row.string("kind")) ?? .batch
        report = try row.optional("report").map { try JSONParser.parse($0) }
        createdAt = try row.string("created_at")
        var counts: [JobItem.State: Int] = [:]
        for state in JobItem.State.allCases {
            let count = try row.int(state.rawValue)
            if count > 0 { counts[state] = count }
        }
        self.counts = counts
        state = Self.state(
            stage: try row.string("stage"), isCancelled: try row.bool("is_cancelled"),
            isInterrupted: try row.bool("is_interrupted"), counts)
        finishedAt = state.isOver ? try row.optional("finished_at") : nil
    }

    private static func state(stage: String, isCancelled: Bool, isInterrupted: Bool, _ counts: [JobItem.State: Int])
        -> State
    {
        if isCancelled { return .cancelled }
        switch stage {
        case "receiving": return isInterrupted ? .interrupted : .receiving
        case "cut": return .interrupted
        case "working": return isInterrupted ? .interrupted : .running
        case "finished": return .done
        case "failed": return .failed
        default: break
        }
        // A check has no items, and is not open any more once it is worked on.
        guard !counts.isEmpty else { return .queued }
        if !counts.keys.contains(where: \.isOpen) { return .done }
        let isBegun = counts.keys.contains { ![.waiting, .refused].contains($0) }
        return isBegun ? .running : .queued
    }

    /// How many items there are.
    public var total: Int { counts.values.reduce(0, +) }

    /// The wire form.
    public var json: JSONValue {
        let open = counts.reduce(0) { $0 + ($1.key.isOpen ? $1.value : 0) }
        var numbers: JSONObject = ["total": .int(Int64(total))]
        for state in JobItem.State.allCases { numbers[state.rawValue] = .int(Int64(counts[state] ?? 0)) }
        let progress = total > 0 ? Double(total - open) / Double(total) : state.isOver ? 1 : 0
        return [
            "id": .string(id), "kind": .string(kind.rawValue), "state": .string(state.rawValue),
            "progress": .double((progress * 1000).rounded() / 1000), "counts": .object(numbers),
            "report": report ?? .null, "createdAt": .string(createdAt), "finishedAt": .optional(finishedAt),
        ]
    }
}
