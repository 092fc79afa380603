import Catalog
import JSONCoding

/// What an upload says beside its files, in parts of a form that stand before them, or in the address.
struct UploadForm: Sendable {
    static let names = ["chatId", "readers", "onExisting"] + DocumentFacts.names
    /// The list of readers is the longest.
    static let longestField = 64 * 1024

    var chatId: String?
    var readers: String?
    /// Where nothing is said, files stand beside what is there, as they always have.
    var onExisting = OnExisting.keep
    var facts = DocumentFacts()

    /// Takes a field; `nil` and empty ones say nothing.
    ///
    /// - Throws: `InvalidFields`.
    mutating func set(_ name: String, _ text: String?) throws {
        guard let text, !text.isEmpty else { return }
        switch name {
        case "chatId": chatId = text
        case "readers": readers = text
        case "onExisting":
            guard let choice = OnExisting(rawValue: text) else {
                let known = OnExisting.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvalidFields(field: name, detail: "Must be one of \(known).")
            }
            onExisting = choice
        default:
            let tags = text.split(separator: ",").filter { $0.contains { !$0.isWhitespace } }.map(String.init)
            let body: JSONValue = name == "tags" ? ["tags": .strings(tags)] : .object([name: .string(text)])
            var reader = try FieldReader(body, allowed: DocumentFacts.names)
            let said = DocumentFacts(body, &reader)
            try reader.finish()
            facts.tags = said.tags ?? facts.tags
            facts.source = said.source ?? facts.source
            facts.author = said.author ?? facts.author
            facts.date = said.date ?? facts.date
        }
    }
}
