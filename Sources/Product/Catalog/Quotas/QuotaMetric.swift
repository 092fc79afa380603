/// What can be limited, by its name in the API and in the table `quotas`.
public enum QuotaMetric: String, Sendable, CaseIterable {
    /// Documents that a workspace holds.
    case documents
    /// Bytes of the files that a workspace holds.
    case bytes
    /// Files a minute, so many at once too (a token bucket).
    case uploadsPerMinute
    /// Questions a minute, so many at once too (a token bucket).
    case questionsPerMinute
    /// Questions of a day in UTC.
    case questionsPerDay
    /// Tokens that language models read and write in a month in UTC.
    case tokensPerMonth
    /// US dollars that language models cost in a month in UTC.
    case costPerMonth

    /// After which time it begins anew.
    public enum Window: String, Sendable {
        /// Never: it counts what is held.
        case held
        case minute, day, month
    }

    /// After which time it begins anew.
    public var window: Window {
        switch self {
        case .documents, .bytes: .held
        case .uploadsPerMinute, .questionsPerMinute: .minute
        case .questionsPerDay: .day
        case .tokensPerMonth, .costPerMonth: .month
        }
    }

    /// Whether it is about the whole workspace alone: whose a document is, is not kept.
    public var isOfWorkspace: Bool { window == .held }

    /// What it counts, in words that follow that number.
    public func unit(_ amount: Double) -> String {
        let (one, many) =
            switch self {
            case .documents: ("document", "documents")
            case .bytes: ("byte", "bytes")
            case .uploadsPerMinute: ("upload a minute", "uploads a minute")
            case .questionsPerMinute: ("question a minute", "questions a minute")
            case .questionsPerDay: ("question a day", "questions a day")
            case .tokensPerMonth: ("token a month", "tokens a month")
            case .costPerMonth: ("US dollar a month", "US dollars a month")
            }
        return amount == 1 ? one : many
    }
}
