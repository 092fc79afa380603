import Digests
public import HTTPMessages
import JSONCoding
import Telemetry

/// How many entries a page of a list has.
public struct PageSize: Sendable {
    /// Where nothing is said.
    public let standard: Int
    public let most: Int

    /// A size.
    public init(standard: Int, most: Int) {
        self.standard = standard
        self.most = most
    }
}

/// The `limit` parameter of lists.
public enum PageLimit {
    /// Reads the parameter.
    ///
    /// - Throws: `InvalidFields` when it is no number within bounds.
    public static func read(_ request: HTTPRequest, _ size: PageSize) throws -> Int {
        try read(request, default: size.standard, maximum: size.most)
    }

    /// Reads the parameter.
    ///
    /// - Throws: `InvalidFields` when it is no number within bounds.
    public static func read(_ request: HTTPRequest, default standard: Int, maximum: Int) throws -> Int {
        guard let text = request.target.parameter("limit") else { return standard }
        guard let limit = Int(text), (1...maximum).contains(limit) else {
            throw InvalidFields(field: "limit", detail: "Must be a number from 1 to \(maximum).")
        }
        return limit
    }
}

extension HTTPRequest {
    /// A query parameter that names something by its id; `nil` when absent.
    ///
    /// - Throws: `InvalidFields` when it cannot be an id.
    public func idParameter(_ name: String) throws -> String? {
        guard let text = target.parameter(name), !text.isEmpty else { return nil }
        guard UUIDv7.isValid(text) else { throw InvalidFields(field: name, detail: "Must be an id.") }
        return text
    }

    /// A query parameter that is a day, such as `2026-01-31`; `nil` when absent.
    ///
    /// - Throws: `InvalidFields` when it is none.
    public func dayParameter(_ name: String) throws -> String? {
        guard let text = target.parameter(name) else { return nil }
        guard Timestamp.isDay(text) else {
            throw InvalidFields(field: name, detail: "Must be a date such as 2026-01-31.")
        }
        return text
    }
}
