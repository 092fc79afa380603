import HTTPMessages
public import Problems

/// A quota leaves no room for what somebody wants.
public struct QuotaExceeded: ProblemConvertible {
    private static let rateCode = "rate_limited"
    private static let quotaCode = "quota_exceeded"

    public let holder: QuotaStanding.Holder
    public let metric: QuotaMetric
    public let amount: Double
    /// Until it may be tried again; 0 where waiting does not help.
    public let secondsLeft: Int

    /// Describes what there is no room in.
    public init(holder: QuotaStanding.Holder, metric: QuotaMetric, amount: Double, secondsLeft: Int) {
        self.holder = holder
        self.metric = metric
        self.amount = amount
        self.secondsLeft = secondsLeft
    }

    /// Of a quota that is used up.
    public init(_ standing: QuotaStanding) {
        self.init(
            holder: standing.holder, metric: standing.metric, amount: standing.amount,
            secondsLeft: standing.secondsLeft)
    }

    /// 429 where waiting helps soon, 402 (Payment Required) where it does not.
    public var problem: Problem {
        var problem = Problem(
            status, "\(whose) limit of \(number) \(metric.unit(amount)) \(remedy)", code: Self.quotaCode)
        if metric.window == .minute { problem.code = Self.rateCode }
        if secondsLeft > 0 { problem.headers["Retry-After"] = String(secondsLeft) }
        return problem
    }

    private var status: HTTPStatus {
        switch metric.window {
        case .minute, .day: .tooManyRequests
        case .month, .held: .paymentRequired
        }
    }

    private var whose: String {
        switch holder {
        case .workspace: "The workspace's"
        case .person: "Your"
        case .key: "The key's"
        }
    }

    private var number: String {
        amount == amount.rounded() && amount < 1e15 ? String(Int(amount)) : String(amount)
    }

    private var remedy: String {
        switch metric.window {
        case .minute: "is used up for the moment. Try again in \(secondsLeft) s."
        case .day: "is used up. It begins anew in \(Self.words(secondsLeft)), at midnight UTC."
        case .month:
            "is used up, or held by questions under way. It begins anew in \(Self.words(secondsLeft)), with the next month in UTC; an owner may raise it."
        case .held: "leaves no room for this. Delete documents, or ask an administrator to raise it."
        }
    }

    /// A span of time in the largest units that say enough.
    private static func words(_ seconds: Int) -> String {
        let minutes = (max(0, seconds) + 59) / 60
        if minutes < 60 { return minutes == 1 ? "a minute" : "\(minutes) minutes" }
        let hours = (minutes + 59) / 60
        if hours < 48 { return hours == 1 ? "an hour" : "\(hours) hours" }
        return "\((hours + 23) / 24) days"
    }
}
