public import Catalog
public import JSONCoding

/// Documents as files of OpenAI's API.
public enum FileForm {
    /// What files may be for here: what is read and answered from.
    public static let purposes = [WorkspaceCatalog.standardPurpose, "user_data"]

    /// A file.
    public static func json(_ document: DocumentRecord, purpose: String) -> JSONValue {
        let status =
            switch document.status {
            case .ready: "processed"
            case .failed: "error"
            case .queued, .extracting, .embedding: "uploaded"
            }
        return [
            "id": .string(document.id), "object": "file", "bytes": .int(Int64(document.bytes)),
            "created_at": UnixTime.json(document.createdAt), "expires_at": nil, "filename": .string(document.name),
            "purpose": .string(purpose), "status": .string(status),
            "status_details": .optional(document.status == .failed ? document.errorDetail : nil),
        ]
    }

    /// - Throws: `InvalidFields` when files are not kept for that here.
    public static func requirePurpose(_ purpose: String) throws {
        guard purposes.contains(purpose) else {
            throw InvalidFields(
                field: "purpose",
                detail: "'\(purpose.prefix(64))' is not supported. Files are for \(purposes.joined(separator: " or "))."
            )
        }
    }
}
