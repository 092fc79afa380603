import Catalog
import HTTPMessages
import JSONCoding

/// What can be said about a chat, and asked of a list of chats.
enum ChatFields {
    /// Members of `PATCH /api/history/{chatId}`.
    static let names = ["name", "pinned", "folder", "archived", "seen"]
    static let longestName = 200
    static let longestFolder = 100

    /// Reads the members of a body; those that are not there change nothing.
    static func changes(_ body: JSONValue, _ reader: inout FieldReader) -> ChatChanges {
        var changes = ChatChanges()
        guard names.contains(where: { body[$0] != nil }) else {
            reader.add("body", "Must have at least one of \(names.joined(separator: ", ")), or chosen.")
            return changes
        }
        if body["name"] != nil {
            let name = reader.requiredString("name", length: 1...longestName)
            if !name.isEmpty, name.allSatisfy(\.isWhitespace) { reader.add("name", "Must not be blank.") }
            if name.contains("\0") { reader.add("name", "Must not have the character U+0000.") }
            changes.name = name
        }
        changes.isSeen = bool("seen", body, &reader)
        keep(body, &changes, &reader)
        return changes
    }

    /// Members that say how a chat is kept, in files of chats, too.
    static let ofKeeping = ["pinned", "folder", "archived"]

    /// Reads those.
    static func keep(_ body: JSONValue, _ changes: inout ChatChanges, _ reader: inout FieldReader) {
        changes.isPinned = bool("pinned", body, &reader)
        changes.isArchived = bool("archived", body, &reader)
        if let folder = body["folder"] { changes.folder = folder.isNull ? .nowhere : self.folder(&reader) }
    }

    private static func bool(_ name: String, _ body: JSONValue, _ reader: inout FieldReader) -> Bool? {
        guard let value = body[name] else { return nil }
        if value.bool == nil { reader.add(name, "Must be true or false.") }
        return value.bool
    }

    private static func folder(_ reader: inout FieldReader) -> ChatChanges.Folder? {
        guard let text = reader.string("folder", length: 1...longestFolder) else { return nil }
        guard let name = folderName(text) else {
            reader.add("folder", "Must be a name without control characters that is not blank, or null for none.")
            return nil
        }
        return .named(name)
    }

    /// The name of a folder, without space around it; `nil` when it is none.
    private static func folderName(_ text: String) -> String? {
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else { return nil }
        let name = text.trimmingWhitespace
        return name.isEmpty ? nil : name
    }

    /// Reads which chats a list is to have: those that are not archived, when nothing is said.
    static func filter(_ request: HTTPRequest) throws -> ChatFilter {
        var filter = ChatFilter()
        if request.target.parameter("archived") != "any" {
            filter.isArchived = try bool("archived", request, besides: ", or any") ?? false
        }
        filter.isPinned = try bool("pinned", request)
        if let text = request.target.parameter("folder") {
            if text.isEmpty {
                filter.folder = .nowhere
            } else if text.unicodeScalars.count <= longestFolder, let name = folderName(text) {
                filter.folder = .named(name)
            } else {
                throw InvalidFields(
                    field: "folder", detail: "Must be a folder's name, or empty for the chats that are in none.")
            }
        }
        return filter
    }

    private static func bool(_ name: String, _ request: HTTPRequest, besides: String = "") throws -> Bool? {
        switch request.target.parameter(name) {
        case nil: nil
        case "true": true
        case "false": false
        default: throw InvalidFields(field: name, detail: "Must be true or false\(besides).")
        }
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
