import Chroma
import JSONCoding
import LateInteraction
import Vectors

extension RecordInclude {
    /// What has to be read for it.
    var fields: RecordFields {
        RecordFields(
            documents: names.contains("documents") || names.contains("uris"), metadatas: names.contains("metadatas"),
            embeddings: names.contains("embeddings"), tokens: names.contains(Self.tokens))
    }

    /// Appends one member for the records, `null` when it was not asked for.
    func write(_ name: String, of records: [VectorRecord], to result: inout [UInt8]) {
        guard names.contains(name) else {
            result += "null".utf8
            return
        }
        result.append(UInt8(ascii: "["))
        for (index, record) in records.enumerated() {
            if index > 0 { result.append(UInt8(ascii: ",")) }
            switch name {
            case "embeddings": JSONText.write(record.embedding ?? [], to: &result)
            case "documents": JSONValue.optional(record.document).write(to: &result)
            case "uris": JSONValue.optional(record.uri).write(to: &result)
            case Self.tokens: JSONValue.optional(record.tokens?.base64).write(to: &result)
            // Stored as JSON text, which goes out as it is.
            case "metadatas": result += (record.metadata ?? "null").utf8
            default:
                let distance = record.distance ?? .nan
                result += (distance.isFinite ? distance.description : "null").utf8
            }
        }
        result.append(UInt8(ascii: "]"))
    }
}
