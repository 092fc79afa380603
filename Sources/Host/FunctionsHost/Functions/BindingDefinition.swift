import JSONCoding

/// One entry of a function's `bindings` (docs/reference/functions-custom-handlers.md, 2.1 to 2.3).
struct BindingDefinition: Sendable {
    enum Direction: String, Sendable { case `in`, out }

    /// The types that this host has extensions for, in lower case.
    private static let knownTypes: Set = [
        "httptrigger", "http", "queuetrigger", "queue", "timertrigger", "blobtrigger", "blob", "cosmosdb",
    ]

    let name: String
    /// In lower case.
    let type: String
    let direction: Direction
    /// `string`, `binary`, `stream`, in lower case.
    let dataType: String?
    let section: ConfigurationSection

    var isTrigger: Bool { type.hasSuffix("trigger") }

    /// - Throws: `HostError` that names the rule that is broken.
    init(_ json: JSONValue, number: Int) throws {
        let place = "bindings[\(number)]"
        section = ConfigurationSection(place: place, value: json)
        guard json.object != nil else { throw HostError("\(place) must be an object.") }
        guard let type = section.string("type"), !type.isEmpty else { throw HostError("\(place) has no type.") }
        self.type = type.lowercased()
        guard let name = section.string("name"), !name.isEmpty else { throw HostError("\(place) has no name.") }
        self.name = name
        switch section.string("direction")?.lowercased() {
        case "in": direction = .in
        case "out": direction = .out
        case nil where self.type.hasSuffix("trigger"): direction = .in
        case "inout": throw HostError("\(place): the direction inout is not supported by this host; use in or out.")
        case nil: throw HostError("\(place) has no direction; it must be in or out.")
        case let other?: throw HostError("\(place): the direction must be in or out, not \(other).")
        }
        guard Self.isName(name) || name == "$return" && direction == .out else {
            throw HostError(
                "\(place): the name \(name) is not valid; it must be a letter followed by up to 127 letters or digits"
                    + (name == "$return" ? ", and $return must be an output." : "."))
        }
        guard Self.knownTypes.contains(self.type) else {
            throw HostError("\(place): the binding type \(type) is not known to this host.")
        }
        guard !self.type.hasSuffix("trigger") || direction == .in else {
            throw HostError("\(place): a trigger must have the direction in.")
        }
        dataType = section.string("dataType")?.lowercased()
        if let dataType, !["string", "binary", "stream"].contains(dataType) {
            throw HostError("\(place): dataType must be string, binary or stream, not \(dataType).")
        }
    }

    /// A text that must be there, with `%setting%` replaced.
    func required(_ field: String, _ environment: [String: String]) throws -> String {
        guard let text = try optional(field, environment), !text.isEmpty else {
            throw HostError("\(section.place) (\(name)) has no \(field).")
        }
        return text
    }

    /// A text with `%setting%` replaced.
    func optional(_ field: String, _ environment: [String: String]) throws -> String? {
        try section.string(field).map {
            try BindingExpression.resolveSettings($0, environment, place: "\(section.place).\(field)")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= 128 else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) && byte > 64 }
}
