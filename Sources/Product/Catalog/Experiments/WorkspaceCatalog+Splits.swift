import Digests
public import JSONCoding
import Postgres

extension WorkspaceCatalog {
    /// What came of an attempt to begin a trial.
    public enum SplitStart: Sendable {
        case started(SplitRecord)
        case noExperiment
        /// One at a time: the experiment whose trial runs, or the experiment itself, which has had its own.
        case taken(String)
    }

    /// Begins a trial of an experiment, unless another one runs or the experiment has had its own.
    public func startSplit(_ id: String, share: Double, variant: JSONValue) async throws -> SplitStart {
        guard UUIDv7.isValid(id) else { return .noExperiment }
        // What is in the way at first may have gone when it is looked for.
        for _ in 0..<2 {
            if let start = try await tryToStart(id, share, variant) { return start }
        }
        return .noExperiment
    }

    private func tryToStart(_ id: String, _ share: Double, _ variant: JSONValue) async throws -> SplitStart? {
        let rows = try await query(
            """
            INSERT INTO splits (id, workspace_id, share, variant)
            SELECT e.id, e.workspace_id, $3::float8, $4::json FROM experiments e WHERE e.workspace_id = $1 AND e.id = $2::uuid
            ON CONFLICT DO NOTHING RETURNING \(SplitRecord.columns)
            """,
            [workspace, id, String(share), variant.text])
        if let row = rows.first { return .started(try SplitRecord(row)) }
        let others = try await query(
            "SELECT id FROM splits WHERE workspace_id = $1 AND (ended_at IS NULL OR id = $2::uuid) ORDER BY id = $2::uuid DESC",
            [workspace, id])
        return try others.first.map { .taken(try $0.string("id")) }
    }

    /// Ends a trial with the arm that was picked, or takes back that the variant was. Returns it; `nil` when there is nothing of
    /// that kind to end.
    public func endSplit(_ id: String, winner: SplitRecord.Arm) async throws -> SplitRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            """
            UPDATE splits SET ended_at = coalesce(ended_at, now()), winner = $3
            WHERE workspace_id = $1 AND id = $2::uuid
                AND (ended_at IS NULL OR winner = 'variant' AND $3::text = 'control')
            RETURNING \(SplitRecord.columns)
            """,
            [workspace, id, winner.rawValue])
        return try rows.first.map(SplitRecord.init)
    }

    /// The trial of an experiment; `nil` when it has had none.
    public func split(_ id: String) async throws -> SplitRecord? {
        guard UUIDv7.isValid(id) else { return nil }
        let rows = try await query(
            "SELECT \(SplitRecord.columns) FROM splits WHERE workspace_id = $1 AND id = $2::uuid", [workspace, id])
        return try rows.first.map(SplitRecord.init)
    }

    /// What says how chats are answered: the variants that were picked, in that order, and the trial that runs.
    public func splitsInForce() async throws -> (picked: [SplitRecord], running: SplitRecord?) {
        let rows = try await query(
            """
            SELECT \(SplitRecord.columns) FROM splits s
            WHERE workspace_id = $1 AND (s.ended_at IS NULL OR s.winner = 'variant') ORDER BY s.ended_at, s.id
            """,
            [workspace])
        let splits = try rows.map(SplitRecord.init)
        return (splits.filter { $0.endedAt != nil }, splits.first { $0.endedAt == nil })
    }

    /// Notes an answer that was given under a trial; one that is written again takes the place of the one before.
    ///
    /// - Parameters:
    ///   - sentences: Sentences with citations.
    ///   - supported: Those of them that the passages bear out.
    public func addSplitAnswer(
        _ answerId: String, of split: String, _ arm: SplitRecord.Arm, in chatId: String, refused: Bool, failed: Bool,
        sentences: Int, supported: Int, milliseconds: Double, cost: Double?
    ) async throws {
        try await query(
            """
            INSERT INTO split_answers (split_id, chat_id, answer_id, arm, refused, failed, sentences, supported,
                milliseconds, cost)
            SELECT s.id, c.id, $4::uuid, $5, $6::boolean, $7::boolean, $8::int, $9::int, $10::float8, $11::float8
            FROM splits s, chats c
            WHERE s.workspace_id = $1 AND s.id = $2::uuid AND s.ended_at IS NULL AND c.workspace_id = $1
                AND c.id = $3::uuid AND NOT c.deleting
            ON CONFLICT (split_id, chat_id, answer_id) DO UPDATE SET refused = excluded.refused, failed = excluded.failed,
                sentences = excluded.sentences, supported = excluded.supported, milliseconds = excluded.milliseconds,
                cost = excluded.cost
            """,
            [
                workspace, split, chatId, answerId, arm.rawValue, String(refused), String(failed), String(sentences),
                String(supported), String(milliseconds), cost.map { String($0) },
            ])
    }

    /// What the chats of each arm came to; an arm without answers is not there.
    public func outcomes(of split: String) async throws -> [SplitRecord.Arm: ArmOutcomes] {
        // Chats are drawn, so each counts once: answers of one chat are like each other.
        let rows = try await query(
            """
            WITH chat AS (
                SELECT a.arm, count(*) AS answers, count(f.rating) AS rated,
                    avg((f.rating = 'up')::int) AS helpful, avg(a.refused::int) AS refused, avg(a.failed::int) AS failed,
                    sum(a.supported)::float8 / nullif(sum(a.sentences), 0) AS supported,
                    avg(a.milliseconds) AS milliseconds,
                    CASE WHEN count(a.cost) = count(*) THEN avg(a.cost) END AS cost
                FROM split_answers a LEFT JOIN feedback f ON f.chat_id = a.chat_id AND f.answer_id = a.answer_id
                WHERE a.split_id = $1::uuid GROUP BY a.arm, a.chat_id)
            SELECT arm, count(*) AS chats, sum(answers) AS answers, sum(rated) AS rated,
                \(ArmOutcomes.Figure.allCases.map(\.columns).joined(separator: ", "))
            FROM chat GROUP BY arm
            """,
            [split])
        var outcomes: [SplitRecord.Arm: ArmOutcomes] = [:]
        for row in rows {
            guard let arm = SplitRecord.Arm(rawValue: try row.string("arm")) else { continue }
            outcomes[arm] = try ArmOutcomes(row)
        }
        return outcomes
    }
}
