public import JSONCoding
import Postgres

/// One file of a batch, or one document that is read anew, and what became of it.
public struct JobItem: Sendable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        case waiting, working, ready, failed
        /// Its file was not taken in.
        case refused
        case cancelled
        /// Its document was deleted.
        case deleted

        /// Whether something is still to be done.
        public var isOpen: Bool { self == .waiting || self == .working }
    }

    /// From 1, as the files came.
    public let number: Int
    /// The file's name; `nil` when its document is gone.
    public let name: String?
    public let documentId: String?
    public let state: State
    /// Whether the document was there before, with the same bytes.
    public let isDuplicate: Bool
    /// Of the answer that the file alone would have had.
    public let status: Int?
    public let code: String?
    /// What went wrong, and what to do.
    public let detail: String?

    static let columns = "number, name, document_id, state, duplicate, status, code, detail"

    /// A file that has just been taken in, or refused.
    public init(
        number: Int, name: String?, documentId: String?, state: State, isDuplicate: Bool = false, status: Int,
        code: String? = nil, detail: String? = nil
    ) {
        self.number = number
        self.name = name
        self.documentId = documentId
        self.state = state
        self.isDuplicate = isDuplicate
        self.status = status
        self.code = code
        self.detail = detail
    }

    init(_ row: PostgresRow) throws {
        number = try row.int("number")
        name = try row.optional("name")
        documentId = try row.optional("document_id")
        state = State(rawValue: try row.string("state")) ?? .failed
        isDuplicate = try row.bool("duplicate")
        status = try row.optionalInt("status")
        code = try row.optional("code")
        detail = try row.optional("detail")
    }

    /// The wire form.
    public var json: JSONValue {
        var object: JSONObject = [
            "number": .int(Int64(number)), "name": .optional(name), "documentId": .optional(documentId),
            "state": .string(state.rawValue),
        ]
        if isDuplicate { object["duplicate"] = true }
        if let status { object["status"] = .int(Int64(status)) }
        if let detail { object["error"] = ["code": .optional(code), "detail": .string(detail)] }
        return .object(object)
    }
}
