import JSONCoding

/// What of a request is neither its body nor fixed.
public struct Parameter: Sendable {
    enum Place: String, Sendable {
        case path, query, header
    }

    let name: String
    let place: Place
    let schema: Schema
    let note: String
    let isRequired: Bool

    /// A part of the path.
    public static func path(_ name: String, _ schema: Schema, _ note: String = "") -> Parameter {
        Parameter(name: name, place: .path, schema: schema, note: note, isRequired: true)
    }

    /// A parameter of the query.
    public static func query(
        _ name: String, _ schema: Schema, _ note: String = "", isRequired: Bool = false
    ) -> Parameter {
        Parameter(name: name, place: .query, schema: schema, note: note, isRequired: isRequired)
    }

    /// A header field.
    public static func header(_ name: String, _ schema: Schema, _ note: String = "") -> Parameter {
        Parameter(name: name, place: .header, schema: schema, note: note, isRequired: false)
    }

    /// The size of a page of a list.
    public static func limit(standard: Int, most: Int) -> Parameter {
        .query("limit", .whole(1...most).standard(.int(Int64(standard))), "How many there are at most.")
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "in": .string(place.rawValue)]
        if isRequired { object["required"] = true }
        if !note.isEmpty { object["description"] = .string(note) }
        object["schema"] = .object(schema.keywords)
        return .object(object)
    }
}
