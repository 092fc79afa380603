public import JSONCoding
import Postgres

/// What one answer took.
public struct AnswerUsage: Sendable {
    public let model: String
    public var failed = false
    public var cacheHit = false
    public var promptTokens = 0
    public var completionTokens = 0
    public var cachedTokens = 0
    /// US dollars.
    public var cost = 0.0
    public var milliseconds = 0.0

    /// An answer of a model.
    public init(model: String) { self.model = model }
}

/// What a day's answers of one model took.
public struct UsageDay: Sendable {
    private static let counts = [
        ("answers", "answers"), ("failures", "failures"), ("cacheHits", "cache_hits"),
        ("promptTokens", "prompt_tokens"),
        ("completionTokens", "completion_tokens"), ("cachedTokens", "cached_tokens"),
    ]

    let day: String
    let model: String
    let counts: [Int]
    let cost: Double
    let milliseconds: Double

    init(_ row: PostgresRow) throws {
        day = try row.string("day")
        model = try row.string("model")
        counts = try Self.counts.map { try row.int($0.1) }
        cost = Double(try row.string("cost")) ?? 0
        milliseconds = Double(try row.string("milliseconds")) ?? 0
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = ["date": .string(day), "model": .string(model)]
        for (entry, count) in zip(Self.counts, counts) { object[entry.0] = .int(Int64(count)) }
        object["cost"] = .double(cost)
        object["milliseconds"] = .double(milliseconds.rounded())
        return .object(object)
    }

    /// The sum of several days, without date and model.
    public static func total(_ days: [UsageDay]) -> JSONValue {
        var object = JSONObject()
        for (index, entry) in Self.counts.enumerated() {
            object[entry.0] = .int(Int64(days.reduce(0) { $0 + $1.counts[index] }))
        }
        object["cost"] = .double(days.reduce(0) { $0 + $1.cost })
        return .object(object)
    }
}

extension WorkspaceCatalog {
    /// Adds an answer to its day, in UTC.
    public func addUsage(_ usage: AnswerUsage) async throws {
        try await query(
            """
            INSERT INTO usage_days AS u (workspace_id, day, model, answers, failures, cache_hits, prompt_tokens,
                completion_tokens, cached_tokens, cost, milliseconds)
            VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2, 1, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (workspace_id, day, model) DO UPDATE SET answers = u.answers + 1,
                failures = u.failures + excluded.failures, cache_hits = u.cache_hits + excluded.cache_hits,
                prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
                completion_tokens = u.completion_tokens + excluded.completion_tokens,
                cached_tokens = u.cached_tokens + excluded.cached_tokens, cost = u.cost + excluded.cost,
                milliseconds = u.milliseconds + excluded.milliseconds
            """,
            [
                workspace, usage.model, usage.failed ? "1" : "0", usage.cacheHit ? "1" : "0",
                String(usage.promptTokens), String(usage.completionTokens), String(usage.cachedTokens),
                String(usage.cost), String(usage.milliseconds),
            ])
    }

    /// What the days took, newest first, by model.
    ///
    /// - Parameters:
    ///   - from: First day, `2026-01-31`.
    ///   - to: Last day.
    public func usage(from: String, to: String) async throws -> [UsageDay] {
        try await query(
            """
            SELECT day::text, model, answers, failures, cache_hits, prompt_tokens, completion_tokens, cached_tokens,
                cost::text, milliseconds::text
            FROM usage_days WHERE workspace_id = $1 AND day BETWEEN $2::date AND $3::date
            ORDER BY usage_days.day DESC, model LIMIT 10000
            """,
            [workspace, from, to]
        ).map(UsageDay.init)
    }
}
