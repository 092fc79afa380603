import Digests
import HTTPMessages
import JSONCoding

/// The field `Upload-Concat`: an upload is a part, or is put together from parts.
enum UploadConcatenation: Equatable {
    static let field = "Upload-Concat"
    static let mostParts = 100

    case part
    /// Of the parts with these ids, in this order.
    case joined([String])

    /// Reads the field; `nil` when it is not there.
    ///
    /// - Throws: `InvalidFields`.
    init?(_ request: HTTPRequest) throws {
        guard let text = request.fields[Self.field] else { return nil }
        if text == "partial" {
            self = .part
            return
        }
        guard text.hasPrefix("final;") else {
            throw InvalidFields(
                field: Self.field, detail: "Must be partial, or final; and the addresses of the parts.")
        }
        let addresses = text.dropFirst("final;".utf8.count).split(separator: " ", omittingEmptySubsequences: true)
        guard (1...Self.mostParts).contains(addresses.count) else {
            throw InvalidFields(field: Self.field, detail: "Must name 1 to \(Self.mostParts) parts.")
        }
        // Whole addresses or paths, as they were given.
        self = .joined(
            try addresses.map { address in
                let id = address.split(separator: "/").last.map(String.init) ?? ""
                guard UUIDv7.isValid(id) else {
                    throw InvalidFields(
                        field: Self.field, detail: "Must name each part by the address that Location gave for it.")
                }
                return id
            })
    }
}
