import Catalog
import JSONCoding
import Telemetry

extension UploadRecord {
    /// How far an upload is, in one word.
    enum State: String, CaseIterable {
        case receiving, finishing, done, refused
    }

    var state: State {
        if stage == .done { return .done }
        guard isWhole else { return .receiving }
        return refusal == nil ? .finishing : .refused
    }

    /// The wire form.
    var json: JSONValue {
        [
            "id": .string(id), "state": .string(state.rawValue), "offset": .int(Int64(received)),
            "length": length.map { .int(Int64($0)) } ?? .null, "part": .bool(isPart),
            "documentId": .optional(documentId), "outcome": .optional(outcome?.rawValue), "problem": refusal ?? .null,
            "createdAt": .string(createdAt),
            "expiresAt": .string(Timestamp.format(milliseconds: Int64(expiresAt) * 1000)),
        ]
    }
}
