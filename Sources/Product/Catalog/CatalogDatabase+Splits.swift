public import JSONCoding
import Postgres

extension CatalogDatabase {
    /// What came of an attempt to begin a trial.
    public enum SplitStart: Sendable {
        case started(SplitRecord)
        case noExperiment
        /// One at a time: the experiment whose trial runs, or the experiment itself, which has had its own.
        case taken(String)
    }

    /// Begins a trial of an experiment, unless another one runs or the experiment has had its own.
    public func startSplit(_ id: String, share: Double, variant: JSONValue) async throws -> SplitStart {
        guard Self.isID(id) else { return .noExperiment }
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
        return try others.first.map { .taken(try $0.string("id")) } ?? .noExperiment
    }

    /// Ends a trial with the arm that was picked. Returns it; `nil` when none of this experiment runs.
    public func endSplit(_ id: String, winner: SplitRecord.Arm) async throws -> SplitRecord? {
        guard Self.isID(id) else { return nil }
        let rows = try await query(
            """
            UPDATE splits SET ended_at = now(), winner = $3 WHERE workspace_id = $1 AND id = $2::uuid AND ended_at IS NULL
            RETURNING \(SplitRecord.columns)
            """,
            [workspace, id, winner.rawValue])
        return try rows.first.map(SplitRecord.init)
    }

    /// The trial of an experiment; `nil` when it has had none.
    public func split(_ id: String) async throws -> SplitRecord? {
        guard Self.isID(id) else { return nil }
        let rows = try await query(
            "SELECT \(SplitRecord.columns) FROM splits WHERE workspace_id = $1 AND id = $2::uuid", [workspace, id])
        return try rows.first.map(SplitRecord.init)
    }

    /// What says how chats are answered: the variant that was picked last, and the trial that runs.
    public func splitsInForce() async throws -> (picked: SplitRecord?, running: SplitRecord?) {
        let rows = try await query(
            """
            (SELECT \(SplitRecord.columns) FROM splits WHERE workspace_id = $1 AND ended_at IS NULL)
            UNION ALL
            (SELECT \(SplitRecord.columns) FROM splits s WHERE workspace_id = $1 AND winner = 'variant'
             ORDER BY s.ended_at DESC, s.id DESC LIMIT 1)
            """,
            [workspace])
        let splits = try rows.map(SplitRecord.init)
        return (splits.first { $0.endedAt != nil }, splits.first { $0.endedAt == nil })
    }

    /// Notes an answer that was given under a trial; one that is written again takes the place of the one before.
    ///
    /// - Parameters:
    ///   - sentences: Sentences with citations.
    ///   - supported: Those of them that the passages bear out.
    public func addSplitAnswer(
        _ answerId: String, of split: String, _ arm: SplitRecord.Arm, in chatId: String, refused: Bool, failed: Bool,
        sentences: Int, supported: Int, milliseconds: Double, cost: Double
    ) async throws {
        try await query(
            """
            INSERT INTO split_answers (split_id, chat_id, answer_id, arm, refused, failed, sentences, supported,
                milliseconds, cost)
            SELECT s.id, c.id, $4::uuid, $5, $6::boolean, $7::boolean, $8::int, $9::int, $10::float8, $11::float8
            FROM splits s, chats c
            WHERE s.workspace_id = $1 AND s.id = $2::uuid AND s.ended_at IS NULL AND c.workspace_id = $1
                AND c.id = $3::uuid AND NOT c.deleting
            ON CONFLICT (split_id, answer_id) DO UPDATE SET refused = excluded.refused, failed = excluded.failed,
                sentences = excluded.sentences, supported = excluded.supported, milliseconds = excluded.milliseconds,
                cost = excluded.cost
            """,
            [
                workspace, split, chatId, answerId, arm.rawValue, String(refused), String(failed), String(sentences),
                String(supported), String(milliseconds), String(cost),
            ])
    }

    /// What the answers of each arm came to; an arm without answers is not there.
    public func outcomes(of split: String) async throws -> [SplitRecord.Arm: ArmOutcomes] {
        let rows = try await query(
            """
            SELECT a.arm, count(*) AS answers, count(DISTINCT a.chat_id) AS chats,
                count(*) FILTER (WHERE f.rating = 'up') AS up, count(*) FILTER (WHERE f.rating = 'down') AS down,
                count(*) FILTER (WHERE a.refused) AS refused, count(*) FILTER (WHERE a.failed) AS failed,
                sum(a.sentences) AS sentences, sum(a.supported) AS supported,
                sum(a.milliseconds) AS milliseconds, sum(a.milliseconds * a.milliseconds) AS milliseconds_squared,
                sum(a.cost) AS cost, sum(a.cost * a.cost) AS cost_squared
            FROM split_answers a LEFT JOIN feedback f ON f.chat_id = a.chat_id AND f.answer_id = a.answer_id
            WHERE a.split_id = $1::uuid GROUP BY a.arm
            """,
            [split])
        var outcomes: [SplitRecord.Arm: ArmOutcomes] = [:]
        for row in rows {
            guard let arm = SplitRecord.Arm(rawValue: try row.string("arm")) else { continue }
            var found = ArmOutcomes()
            found.chats = try row.int("chats")
            found.answers = try row.int("answers")
            found.up = try row.int("up")
            found.down = try row.int("down")
            found.refused = try row.int("refused")
            found.failed = try row.int("failed")
            found.sentences = try row.int("sentences")
            found.supported = try row.int("supported")
            found.milliseconds = .init(
                sum: try row.double("milliseconds"), squares: try row.double("milliseconds_squared"))
            found.cost = .init(sum: try row.double("cost"), squares: try row.double("cost_squared"))
            outcomes[arm] = found
        }
        return outcomes
    }
}
