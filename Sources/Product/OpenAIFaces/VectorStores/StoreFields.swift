import Digests
import JSONCoding

/// Members that bodies about vector stores share.
enum StoreFields {
    /// Files in one request.
    static let mostFiles = 2000
    static let bodyLimit = 1 << 20

    /// How documents are cut is the product's to say, and for how long they are kept.
    static func refuseUnsupported(_ body: JSONValue, _ reader: inout FieldReader, place: String = "") {
        if let strategy = body["chunking_strategy"], !strategy.isNull, strategy["type"]?.string != "auto" {
            reader.add(
                place + "chunking_strategy",
                "Must be {\"type\": \"auto\"}: documents are cut where their text has joints.")
        }
        if let expiry = body["expires_after"], !expiry.isNull {
            reader.add(
                place + "expires_after", "Not supported: nothing expires here. Leave it out, and delete it when done.")
        }
    }

    /// A text that the database can hold; `nil` when absent.
    static func text(_ name: String, longest: Int, _ reader: inout FieldReader) -> String? {
        let text = reader.string(name, length: 0...longest)
        if text?.unicodeScalars.contains("\0") ?? false { reader.add(name, "Must not have the character U+0000.") }
        return text
    }

    /// `file_ids`, each once; `nil` when absent.
    static func files(_ reader: inout FieldReader) -> [String]? {
        guard let ids = reader.strings("file_ids", maximumCount: mostFiles) else { return nil }
        var known: Set<String> = []
        for (place, id) in ids.enumerated() where !UUIDv7.isValid(id) {
            reader.add("file_ids[\(place)]", "Must be the id of a file, as /v1/files lists them.")
        }
        return ids.filter { known.insert($0).inserted }
    }

    /// Refuses the whole when a file cannot be added.
    ///
    /// - Throws: `Problem` 404 that names the first one.
    static func requireAll(_ wanted: [String], in added: Set<String>, field: (Int) -> String) throws {
        for (place, id) in wanted.enumerated() where !added.contains(id) {
            throw OpenAIError.unknown("file", id, field: field(place))
        }
    }
}
