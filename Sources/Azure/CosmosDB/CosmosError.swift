import HTTPMessages
public import Problems

/// A Cosmos DB call that did not succeed. Never holds a key.
public struct CosmosError: Error, Sendable, CustomStringConvertible {
    /// What was asked, e.g. `create item`.
    public let operation: String
    /// Status of the answer; 0 when there was none.
    public let status: Int
    /// `x-ms-substatus`, 0 when there is none.
    public let subStatus: Int
    /// The service's code or the reason that there was no answer.
    public let code: String
    public let activityID: String
    /// What somebody can do about it, where that is known.
    public let advice: String?

    init(
        operation: String, status: Int, subStatus: Int = 0, code: String, activityID: String = "", advice: String? = nil
    ) {
        self.operation = operation
        self.status = status
        self.subStatus = subStatus
        self.code = code
        self.activityID = activityID
        self.advice = advice
    }

    /// Whether the service could not be reached or is unwell.
    public var isUnavailable: Bool { status == 0 || status >= 500 || [408, 410, 429, 449].contains(status) }
    /// Whether the item exists already.
    public var isConflict: Bool { status == 409 }
    /// Whether the item is not there.
    public var isNotFound: Bool { status == 404 }
    /// Whether somebody else has written the item meanwhile.
    public var isPreconditionFailed: Bool { status == 412 }

    public var description: String {
        let number = status == 0 ? "" : "\(status)\(subStatus == 0 ? "" : "/\(subStatus)") "
        let activity = activityID.isEmpty ? "" : ", activity \(activityID)"
        return "Cosmos DB: \(operation): \(number)\(code)\(activity)\(advice.map { " (\($0))" } ?? "")"
    }
}

extension CosmosError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(
                .serviceUnavailable, "The message store (Cosmos DB) is not available. Please try again in a moment.")
            : Problem(
                .internalServerError,
                "The message store refused the request. The log has the reason under the request id.")
    }
}
