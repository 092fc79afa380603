public import HTTPMessages
public import Problems

/// A storage call that did not succeed. Never holds a key, a signature or a path.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// `Blob Storage` or `Queue Storage`.
    public let service: String
    /// What was asked, e.g. `Put Blob`.
    public let operation: String
    /// Status of the answer; 0 when there was none.
    public let status: HTTPStatus
    /// The service's error code, e.g. `BlobNotFound`, or the reason that there was no answer.
    public let code: String
    /// The service's request id.
    public let requestID: String
    /// What somebody can do about it, where that is known.
    public var advice: String?

    /// Whether the service could not be reached or is unwell.
    public var isUnavailable: Bool {
        status.rawValue == 0 || status.rawValue >= 500 || [408, 429].contains(status.rawValue)
    }
    /// Whether the resource is not there.
    public var isNotFound: Bool { status == .notFound }
    /// Whether a condition or a lease was not met, or the resource exists already.
    public var isConflict: Bool { status == .preconditionFailed || status == .conflict }

    public var description: String {
        let request = requestID.isEmpty ? "" : ", request \(requestID)"
        let number = status.rawValue == 0 ? "" : "\(status.rawValue) "
        return "\(service): \(operation): \(number)\(code)\(request)\(advice.map { " (\($0))" } ?? "")"
    }
}

extension StorageError: ProblemConvertible {
    public var problem: Problem {
        isUnavailable
            ? Problem(
                .serviceUnavailable,
                "The file store (Blob and Queue Storage) is not available. Please try again in a moment.")
            : Problem(
                .internalServerError, "The file store refused the request. The log has the reason under the request id."
            )
    }
}
