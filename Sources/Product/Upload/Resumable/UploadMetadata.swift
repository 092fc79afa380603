import Digests
import HTTPMessages
import JSONCoding

/// The field `Upload-Metadata`: pairs of a key and a value in base64, with commas between.
struct UploadMetadata {
    static let field = "Upload-Metadata"
    /// Bytes of the whole field.
    static let longest = 8 * 1024
    /// Keys that name the file. The others are those of an upload's form.
    private static let nameKeys = ["filename", "name"]
    /// What clients say of a file's kind and folder; its content tells the one, and nothing has the other.
    private static let ignoredKeys = ["filetype", "type", "contentType", "relativePath"]

    /// The field as it came.
    let text: String
    private(set) var fileName: String?
    private(set) var form = UploadForm()

    /// Reads the field.
    ///
    /// - Throws: `InvalidFields`.
    init(_ text: String) throws {
        self.text = text
        guard text.utf8.count <= Self.longest else {
            throw InvalidFields(
                field: Self.field,
                detail: "Has \(text.utf8.count) bytes, the limit is \(Self.longest). Leave out what is not needed.")
        }
        var seen: Set<String> = []
        for pair in text.split(separator: ",", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: " ", omittingEmptySubsequences: true)
            guard let key = parts.first.map(String.init) else { continue }
            guard parts.count <= 2, let bytes = Base64.decode(String(parts.count == 2 ? parts[1] : "")),
                let value = String(validating: bytes, as: UTF8.self)
            else {
                throw InvalidFields(
                    field: Self.field, detail: "Must be pairs of a key and a text in base64, with commas between.")
            }
            guard seen.insert(key).inserted else {
                throw InvalidFields(field: Self.field, detail: "Has \(key.prefix(100)) twice. Say it once.")
            }
            try take(key, value)
        }
    }

    private mutating func take(_ key: String, _ value: String) throws {
        switch key {
        case let key where Self.nameKeys.contains(key): fileName = key == "filename" ? value : fileName ?? value
        case let key where UploadForm.names.contains(key): try form.set(key, value)
        case let key where Self.ignoredKeys.contains(key): break
        default:
            throw InvalidFields(
                field: Self.field,
                detail: """
                    Has the unknown key \(key.prefix(100)). Known keys: \
                    \((["filename"] + UploadForm.names + ["filetype"]).joined(separator: ", ")).
                    """)
        }
    }
}
