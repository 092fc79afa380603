import HTTPMessages
import JSONCoding
import Markup

/// Names and values that the user gave a resource; names keep their case and are compared without.
struct Metadata: Sendable, Equatable {
    let pairs: [JSONObject.Pair]

    static let none = Metadata(stored: "")

    /// Checks names and size.
    init(_ given: [(String, String)]) throws(StorageFailure) {
        var result: [JSONObject.Pair] = []
        for (name, value) in given {
            guard !name.isEmpty else {
                throw StorageFailure(
                    400, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.")
            }
            guard Self.isIdentifier(name) else {
                throw StorageFailure(
                    400, "InvalidMetadata",
                    "The metadata specified is invalid. It has characters that are not permitted.",
                    details: [("HeaderName", "x-ms-meta-\(name)")])
            }
            result.append(.init(name: name, value: value))
        }
        let size = result.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= 8192 else {
            throw StorageFailure(
                400, "MetadataTooLarge", "The size of the specified metadata exceeds the maximum size permitted: 8 KiB."
            )
        }
        pairs = result
    }

    /// Reads the stored form.
    init(stored: String) {
        let members = stored.isEmpty ? [] : (try? JSONParser.parse(stored))?.object?.members ?? []
        pairs = members.map { JSONObject.Pair(name: $0.name, value: $0.value.string ?? "") }
    }

    /// The stored form; empty for none.
    var stored: String {
        pairs.isEmpty ? "" : JSONValue.object(JSONObject(pairs.map { ($0.name, .string($0.value)) })).text
    }

    /// Adds the fields of an answer.
    func add(to fields: inout HTTPFields) {
        for pair in pairs { fields.append("x-ms-meta-\(pair.name)", pair.value) }
    }

    /// The element of a listing.
    var xml: String {
        "<Metadata>" + pairs.map { "<\($0.name)>\(XMLText.escape($0.value))</\($0.name)>" }.joined() + "</Metadata>"
    }

    /// C# identifiers: letters, digits and underscores, no digit first.
    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
        }
    }
}

extension JSONObject {
    /// A member whose value is a text.
    struct Pair: Sendable, Equatable {
        let name: String
        let value: String
    }
}
