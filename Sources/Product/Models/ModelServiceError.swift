import HTTPMessages
public import Problems

/// A model service that did not do what was asked.
public struct ModelServiceError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, by what can be done about it.
    public enum Kind: String, Sendable {
        /// Nobody answers, or the service itself fails: 5xx, a broken connection, an unreadable answer.
        case unavailable
        /// 429.
        case rateLimited = "rate_limited"
        /// No word in time, or silence in the middle.
        case timedOut = "timed_out"
        /// 401 or 403: the key or identity is not accepted.
        case unauthorized
        /// 402, or a used-up quota.
        case paymentRequired = "payment_required"
        /// There is no such model or deployment.
        case modelNotFound = "model_not_found"
        /// More tokens than the model takes.
        case contextTooLong = "context_too_long"
        /// The service's content rules refuse the request.
        case refused
        /// The request itself is at fault: another service would refuse it too.
        case badRequest = "bad_request"
        /// A budget of whoever asks leaves no room; the service was not asked.
        case overBudget = "over_budget"
    }

    /// Which service, for people: `embeddings`, `openai:gpt-4.1-mini`.
    public let service: String
    public let kind: Kind
    /// Status of the answer; 0 when there was none.
    public let status: Int
    /// For the log and the operator; never holds a key.
    public let reason: String
    /// How long the service asks to be left alone.
    public let retryAfter: Duration?
    /// What whoever asks is told instead of what the kind says.
    private let said: Problem?
    /// Whether another service may do what this one did not. What is wrong with the request is wrong everywhere.
    public let failsOver: Bool

    /// Makes an error.
    public init(service: String, kind: Kind, status: Int = 0, reason: String, retryAfter: Duration? = nil) {
        self.service = service
        self.kind = kind
        self.status = status
        self.reason = reason
        self.retryAfter = retryAfter
        said = nil
        failsOver = kind != .badRequest && kind != .refused
    }

    private init(overBudget service: String, _ problem: Problem, failsOver: Bool) {
        self.service = service
        kind = .overBudget
        status = 0
        reason = problem.detail
        retryAfter = nil
        said = problem
        self.failsOver = failsOver
    }

    /// A budget of whoever asks leaves no room.
    ///
    /// - Parameters:
    ///   - problem: What they are told.
    ///   - failsOver: Whether another service may be asked, which may cost less.
    public static func overBudget(service: String, problem: Problem, failsOver: Bool) -> ModelServiceError {
        ModelServiceError(overBudget: service, problem, failsOver: failsOver)
    }

    /// Whether trying later, or the same elsewhere, may help.
    public var isUnavailable: Bool { [.unavailable, .rateLimited, .timedOut].contains(kind) }

    public var description: String { "\(service): \(status == 0 ? "" : "\(status) ")\(reason)" }
}

extension ModelServiceError: ProblemConvertible {
    public var problem: Problem {
        if let said { return said }
        return switch kind {
        case .unavailable, .rateLimited, .timedOut:
            Problem(
                .serviceUnavailable, "The model service (\(service)) is not available. Please try again in a moment.")
        case .unauthorized:
            Problem(.badGateway, "The model service (\(service)) does not accept the key that it is called with.")
        case .overBudget: Problem(.paymentRequired, reason)
        case .paymentRequired:
            Problem(.badGateway, "The account at the model service (\(service)) has no credit left.")
        case .modelNotFound:
            Problem(.badGateway, "The model service has no model of that name (\(service)): \(reason)")
        case .contextTooLong:
            Problem(
                .badGateway,
                "The question is too long for the model (\(service)). Ask a shorter one or start a new chat.")
        case .refused:
            Problem(.badGateway, "The model service (\(service)) declined to answer this under its content rules.")
        case .badRequest:
            Problem(.badGateway, "The model service (\(service)) refused the request with status \(status).")
        }
    }
}
