public import JSONCoding
import Postgres

/// What a day's questions of somebody took.
public struct QuotaUsageDay: Sendable {
    let day: String
    let person: String?
    let key: String?
    let use: QuotaUse

    init(_ row: PostgresRow) throws(PostgresError) {
        day = try row.string("day")
        person = try row.optional("person_id")
        key = try row.optional("key_id")
        var use = QuotaUse()
        use.questions = try row.int("questions")
        use.tokens = try row.int("tokens")
        use.cost = try row.double("cost")
        self.use = use
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = ["date": .string(day)]
        if let person { object["person"] = .string(person) }
        if let key { object["key"] = .string(key) }
        for (name, value) in use.json.object?.members ?? [] { object[name] = value }
        return .object(object)
    }

    /// The sum of several days.
    public static func total(_ days: [QuotaUsageDay]) -> JSONValue {
        days.reduce(into: QuotaUse()) { sum, day in
            sum.questions += day.use.questions
            sum.tokens += day.use.tokens
            sum.cost += day.use.cost
        }.json
    }
}

extension QuotaUse {
    fileprivate var json: JSONValue {
        ["questions": .int(Int64(questions)), "tokens": .int(Int64(tokens)), "cost": .double(cost)]
    }
}

extension WorkspaceCatalog {
    /// Whose use is asked for.
    public enum UsageOf: Sendable {
        /// All of the workspace together.
        case workspace
        /// Each person.
        case people
        /// Each key.
        case keys
        /// One person.
        case person(String)
    }

    /// Most rows of an answer.
    public static let mostUsageDays = 10_000

    /// What days took, the newest first.
    ///
    /// - Parameters:
    ///   - from: First day, `2026-01-31`.
    ///   - to: Last day.
    public func use(of whom: UsageOf, from: String, to: String) async throws -> [QuotaUsageDay] {
        var person: String?
        let condition: String
        switch whom {
        case .workspace: condition = "person_id IS NULL AND key_id IS NULL AND $4::uuid IS NULL"
        case .people: condition = "person_id IS NOT NULL AND $4::uuid IS NULL"
        case .keys: condition = "key_id IS NOT NULL AND $4::uuid IS NULL"
        case .person(let id):
            condition = "person_id = $4::uuid"
            person = id
        }
        return try await query(
            """
            SELECT day::text AS day, person_id, key_id, questions, tokens, cost FROM quota_usage u
            WHERE workspace_id = $1 AND u.day BETWEEN $2::date AND $3::date AND \(condition)
            ORDER BY u.day DESC, person_id, key_id LIMIT \(Self.mostUsageDays)
            """, [workspace, from, to, person]
        ).map(QuotaUsageDay.init)
    }
}
