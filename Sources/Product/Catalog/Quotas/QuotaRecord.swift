public import JSONCoding
import Postgres
import Telemetry

/// A quota as it was set.
public struct QuotaRecord: Sendable, Equatable {
    public let subject: QuotaSubject
    public let metric: QuotaMetric
    /// The most that may be used in its window.
    public let amount: Double

    /// Describes a quota.
    public init(subject: QuotaSubject, metric: QuotaMetric, amount: Double) {
        self.subject = subject
        self.metric = metric
        self.amount = amount
    }

    /// `nil` for a metric that this program does not know: one that a later version has set.
    init?(_ row: PostgresRow) throws(PostgresError) {
        guard let metric = QuotaMetric(rawValue: try row.string("metric")) else { return nil }
        let subject: QuotaSubject
        if let person = try row.optional("person_id") {
            subject = .person(person)
        } else if let key = try row.optional("key_id") {
            subject = .key(key)
        } else {
            subject = try row.bool("of_members") ? .members : .workspace
        }
        self.init(subject: subject, metric: metric, amount: try row.double("amount"))
    }
}

/// A quota that somebody's use counts against, and how much of it is left.
public struct QuotaStanding: Sendable {
    /// Whose use is counted: the workspace's, the person's or the key's.
    public enum Holder: String, Sendable, CaseIterable {
        case workspace, person, key
    }

    public let holder: Holder
    public let metric: QuotaMetric
    public let amount: Double
    public let used: Double
    /// What questions under way may still use.
    public let reserved: Double
    /// Seconds until its window ends; 0 for what is held.
    public let secondsLeft: Int

    /// What may still be used.
    public var left: Double { max(0, amount - used - reserved) }
    /// From which share on somebody is told.
    private static let warningShare = 0.8

    /// The wire form.
    public var json: JSONValue { json(showsUse: true) }

    /// The wire form.
    ///
    /// - Parameter showsUse: Whether it is told how much is used, beside whether there is room.
    public func json(showsUse: Bool) -> JSONValue {
        var object: JSONObject = [
            "of": .string(holder.rawValue), "metric": .string(metric.rawValue), "amount": .quantity(amount),
            "state": .string(isUsedUp ? "used_up" : isNearlyUsed ? "nearly_used" : "open"),
        ]
        if showsUse {
            object["used"] = .quantity(used)
            object["reserved"] = .quantity(reserved)
        }
        if secondsLeft > 0 {
            object["until"] = .string(
                Timestamp.format(milliseconds: Timestamp.nowMilliseconds() + Int64(secondsLeft) * 1000))
        }
        return .object(object)
    }

    /// Whether it is nearly used up.
    public var isNearlyUsed: Bool { used >= amount * Self.warningShare }
    /// Whether nothing is left, apart from what is reserved.
    public var isUsedUp: Bool { used >= amount }

    /// Describes how much of a quota is left.
    public init(
        holder: Holder, metric: QuotaMetric, amount: Double, used: Double, reserved: Double, secondsLeft: Int
    ) {
        self.holder = holder
        self.metric = metric
        self.amount = amount
        self.used = used
        self.reserved = reserved
        self.secondsLeft = secondsLeft
    }

    /// `nil` for a metric that this program does not know.
    init?(_ row: PostgresRow) throws(PostgresError) {
        guard let metric = QuotaMetric(rawValue: try row.string("metric")),
            let holder = Holder(rawValue: try row.string("holder"))
        else { return nil }
        let secondsLeft =
            switch metric.window {
            case .held, .minute: 0
            case .day: try row.int("day_left")
            case .month: try row.int("month_left")
            }
        self.init(
            holder: holder, metric: metric, amount: try row.double("amount"), used: try row.double("used"),
            reserved: try row.double("reserved"), secondsLeft: secondsLeft)
    }
}

extension JSONValue {
    /// A number that is written without a fraction when it has none.
    public static func quantity(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.int) ?? .double(value)
    }
}
