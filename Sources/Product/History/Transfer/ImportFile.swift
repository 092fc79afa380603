import JSONCoding

/// A file of chats taken apart without reading it whole: the members around the chats, and where each chat stands. So no
/// more than one chat at a time is held as values, which take many times the room of their text.
struct ImportFile: Sendable {
    /// Bytes of a file.
    static let longest = 64 << 20
    /// Chats of a file.
    static let mostChats = 10_000
    /// Bytes of a chat.
    static let longestChat = 16 << 20
    /// Values of a chat, counted by the commas between them.
    private static let mostValues = 1_000_000
    private static let longestFrame = 64 * 1024

    private let bytes: [UInt8]
    private let chats: [Range<Int>]

    var count: Int { chats.count }

    /// Takes a file apart.
    ///
    /// - Throws: `JSONSyntaxError`; `InvalidFields` with what is wrong around the chats.
    init(_ bytes: [UInt8]) throws {
        var scanner = Scanner(bytes: bytes)
        let list = try scanner.findList("chats")
        let frame = list.map { Array(bytes[..<$0.lowerBound] + [91, 93] + bytes[$0.upperBound...]) } ?? bytes
        guard frame.count <= Self.longestFrame else {
            throw InvalidFields(
                field: "body", detail: "Must be an object with format, version and chats, as it was exported.")
        }
        let value = try JSONParser.parse(frame)
        var reader = try FieldReader(value, allowed: ["format", "version", "exportedAt", "chats"])
        if value["format"]?.string != JSONFormat.name { reader.add("format", "Must be \(JSONFormat.name).") }
        if value["version"]?.int != JSONFormat.version {
            reader.add("version", "Must be \(JSONFormat.version): this Apus reads no other.")
        }
        _ = reader.string("exportedAt", length: 1...40)
        if value["chats"]?.array?.isEmpty != true || list == nil { reader.add("chats", "Must be a list, once.") }
        try reader.finish()
        chats = scanner.elements
        self.bytes = bytes
    }

    /// Reads a chat.
    ///
    /// - Throws: `InvalidFields` with everything that is wrong, and its place in the file.
    func chat(_ index: Int) throws -> ImportedChat {
        let place = "chats[\(index)]"
        do {
            return try ImportedChat(try JSONParser.parse(Array(bytes[chats[index]]), maximumDepth: 16), place: place)
        } catch let error as JSONSyntaxError {
            throw InvalidFields(field: place, detail: "Is not JSON: \(error).")
        }
    }

    /// Finds where values begin and end; whether they are JSON, the parser tells.
    private struct Scanner {
        let bytes: [UInt8]
        private(set) var elements: [Range<Int>] = []
        private var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// The list that is a member of the outermost object, and in `elements` what it holds.
        mutating func findList(_ name: String) throws -> Range<Int>? {
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
            skipSpace()
            guard take("{") else { return nil }
            while index < bytes.count {
                skipSpace()
                let start = index
                guard skipString() else { return nil }
                let key = bytes[start..<index]
                skipSpace()
                guard take(":") else { return nil }
                skipSpace()
                if key.elementsEqual("\"\(name)\"".utf8), index < bytes.count, bytes[index] == UInt8(ascii: "[") {
                    return try list()
                }
                _ = skipValue()
                guard take(",") else { return nil }
            }
            return nil
        }

        private mutating func list() throws -> Range<Int>? {
            let start = index
            index += 1
            skipSpace()
            if take("]") { return start..<index }
            while index < bytes.count {
                skipSpace()
                let first = index
                let values = skipValue()
                let place = "chats[\(elements.count)]"
                guard index - first <= ImportFile.longestChat else {
                    throw InvalidFields(field: place, detail: "Has more than \(ImportFile.longestChat) bytes.")
                }
                guard values <= ImportFile.mostValues else {
                    throw InvalidFields(field: place, detail: "Has more than \(ImportFile.mostValues) values.")
                }
                elements.append(first..<index)
                guard elements.count <= ImportFile.mostChats else {
                    throw InvalidFields(field: "chats", detail: "Must have at most \(ImportFile.mostChats) chats.")
                }
                if take("]") { return start..<index }
                guard take(",") else { return nil }
            }
            return nil
        }

        private mutating func skipSpace() {
            while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
        }

        private mutating func take(_ character: Character) -> Bool {
            guard index < bytes.count, bytes[index] == character.asciiValue else { return false }
            index += 1
            return true
        }

        private mutating func skipString() -> Bool {
            guard take("\"") else { return false }
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    index += 1
                    return true
                case UInt8(ascii: "\\"): index += 2
                default: index += 1
                }
            }
            index = bytes.count
            return false
        }

        /// Goes to the comma or bracket behind a value.
        ///
        /// - Returns: How many commas there were inside.
        private mutating func skipValue() -> Int {
            var depth = 0
            var commas = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    _ = skipString()
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return commas }
                    depth -= 1
                case UInt8(ascii: ","):
                    if depth == 0 { return commas }
                    commas += 1
                default: break
                }
                index += 1
            }
            return commas
        }
    }
}
