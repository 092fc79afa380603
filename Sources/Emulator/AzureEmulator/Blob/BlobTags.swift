import HTTPMessages
import JSONCoding
import Markup

/// Index tags of a blob: at most ten names and values.
struct BlobTags: Sendable {
    let pairs: [JSONObject.Pair]

    static let none = BlobTags(stored: "")

    init(stored: String) {
        let members = stored.isEmpty ? [] : (try? JSONParser.parse(stored))?.object?.members ?? []
        pairs = members.map { .init(name: $0.name, value: $0.value.string ?? "") }
    }

    /// Checks number, names and lengths.
    init(_ given: [(String, String)]) throws(StorageFailure) {
        guard given.count <= 10 else {
            throw StorageFailure(400, "TagsTooLarge", "The tags specified exceed the maximum permissible limit of 10.")
        }
        var names: Set<String> = []
        for (name, value) in given {
            guard !name.isEmpty else {
                throw StorageFailure(400, "EmptyTagName", "The name of one of the tag key-value pairs is empty.")
            }
            guard names.insert(name).inserted else {
                throw StorageFailure(400, "DuplicateTagNames", "The tags specified contain duplicate names.")
            }
            guard (1...128).contains(name.unicodeScalars.count), value.unicodeScalars.count <= 256,
                (name + value).unicodeScalars.allSatisfy(Self.isAllowed)
            else {
                throw StorageFailure(
                    400, "InvalidTag",
                    "A tag's name has 1 to 128 and its value 0 to 256 of letters, digits, space and + - . / : = _.")
            }
        }
        pairs = given.map { .init(name: $0.0, value: $0.1) }
    }

    /// Reads `x-ms-tags`, `a=1&b=2`.
    init(header: String?) throws(StorageFailure) {
        guard let header else {
            self = .none
            return
        }
        var given: [(String, String)] = []
        for part in header.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(pair[0], plusIsSpace: true),
                let value = percentDecoded(pair.count > 1 ? pair[1] : "", plusIsSpace: true)
            else { throw .header("x-ms-tags", header) }
            given.append((name, value))
        }
        try self.init(given)
    }

    /// Reads the document of Set Blob Tags.
    init(xml bytes: [UInt8]) throws(StorageFailure) {
        guard let tree = try? MarkupReader.tree(bytes), tree.name == "Tags" else { throw .badXML }
        try self.init((tree["TagSet"]?.all("Tag") ?? []).map { ($0["Key"]?.text ?? "", $0["Value"]?.text ?? "") })
    }

    var stored: String {
        pairs.isEmpty ? "" : JSONValue.object(JSONObject(pairs.map { ($0.name, .string($0.value)) })).text
    }

    /// The document of Get Blob Tags, also an element of listings.
    var xml: String {
        let items = pairs.map {
            "<Tag><Key>\(XMLText.escape($0.name))</Key><Value>\(XMLText.escape($0.value))</Value></Tag>"
        }
        return "<Tags><TagSet>\(items.joined())</TagSet></Tags>"
    }

    func value(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            || " +-./:=_".unicodeScalars.contains(scalar)
    }
}

/// A condition on tags: `"name" = 'value' AND …` with `=`, `<>`, `<`, `<=`, `>`, `>=`; in searches also
/// `@container = 'name'`.
struct TagCondition: Sendable {
    private struct Term: Sendable {
        let name: String
        let comparison: String
        let value: String
    }

    private let terms: [[Term]]

    /// - Throws: `InvalidQueryParameterValue` for what is no condition.
    init(_ text: String, parameter: String) throws(StorageFailure) {
        var scanner = Scanner(text: Array(text))
        var alternatives: [[Term]] = []
        var current: [Term] = []
        while true {
            guard let name = scanner.name(), let comparison = scanner.comparison(), let value = scanner.quoted("'")
            else {
                throw .parameter(parameter, text, "It has to be like \"name\" = 'value' AND \"other\" > 'value'.")
            }
            current.append(Term(name: name, comparison: comparison, value: value))
            if scanner.isAtEnd { break }
            switch scanner.word() {
            case "AND": continue
            case "OR":
                alternatives.append(current)
                current = []
            default: throw .parameter(parameter, text, "Conditions are joined by AND and OR.")
            }
        }
        terms = alternatives + [current]
    }

    func matches(_ tags: BlobTags, container: String) -> Bool {
        terms.contains { $0.allSatisfy { Self.holds($0, $0.name == "@container" ? container : tags.value($0.name)) } }
    }

    private static func holds(_ term: Term, _ value: String?) -> Bool {
        guard let value else { return false }
        switch term.comparison {
        case "=": return value == term.value
        case "<>": return value != term.value
        case "<": return value < term.value
        case "<=": return value <= term.value
        case ">": return value > term.value
        default: return value >= term.value
        }
    }

    private struct Scanner {
        let text: [Character]
        var place = 0

        private mutating func skipSpace() { while place < text.count, text[place] == " " { place += 1 } }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return place >= text.count
            }
        }

        mutating func quoted(_ quote: Character) -> String? {
            skipSpace()
            guard place < text.count, text[place] == quote,
                let end = text[(place + 1)...].firstIndex(of: quote)
            else { return nil }
            defer { place = end + 1 }
            return String(text[(place + 1)..<end])
        }

        mutating func name() -> String? {
            if let name = quoted("\"") { return name }
            let start = place
            while place < text.count,
                text[place] == "@" || text[place] == "_" || text[place].isLetter || text[place].isNumber
            {
                place += 1
            }
            return place > start ? String(text[start..<place]) : nil
        }

        mutating func comparison() -> String? {
            skipSpace()
            for symbol in ["<>", "<=", ">=", "=", "<", ">"] where text[place...].starts(with: symbol) {
                place += symbol.count
                return symbol
            }
            return nil
        }

        mutating func word() -> String {
            skipSpace()
            let start = place
            while place < text.count, text[place].isLetter { place += 1 }
            return String(text[start..<place]).uppercased()
        }
    }
}
