import Digests
import JSONCoding

/// A citation out of a file, checked.
struct ImportedCitation: Sendable {
    private static let names = [
        "n", "documentId", "name", "page", "start", "end", "quote", "sentence", "support", "url",
    ]
    private static let offset: ClosedRange<Double> = 0...1e9
    private static let supports = ["supported", "partly", "unsupported"]

    /// The document that it names, where that can be one.
    let documentId: String?
    private let name: String
    private let quote: String
    private let url: String?
    private let support: String?
    private let numbers: [String: Int64]
    private let sentence: (start: Int64, end: Int64)?

    /// About how many bytes it takes.
    var size: Int { 300 + name.utf8.count + quote.utf8.count + (url?.utf8.count ?? 0) }

    init(_ value: JSONValue, place: String) throws {
        var problems = ImportProblems(place: place)
        var read: ImportedCitation?
        try problems.collect { read = try ImportedCitation(value) }
        try problems.finish()
        guard let read else { throw InvalidFields(field: place, detail: "Must be an object.") }
        self = read
    }

    private init(_ value: JSONValue) throws {
        var reader = try FieldReader(value, allowed: Self.names)
        let document = reader.string("documentId", length: 1...100)
        documentId = document.flatMap { UUIDv7.isValid($0) ? $0 : nil }
        // A page of the web may have no title.
        name = value["name"] == "" ? "" : reader.requiredString("name", length: 1...1000)
        quote = value["quote"] == "" ? "" : reader.string("quote", length: 1...20_000) ?? ""
        url = reader.string("url", length: 1...2000)
        if let url, !url.hasPrefix("https://"), !url.hasPrefix("http://") {
            reader.add("url", "Must be an address that begins with https:// or http://.")
        }
        support = reader.string("support", length: 1...20)
        if let support, !Self.supports.contains(support) {
            reader.add("support", "Must be one of \(Self.supports.joined(separator: ", ")).")
        }
        var numbers: [String: Int64] = [:]
        for name in ["n", "page", "start", "end"] {
            guard let number = reader.number(name, in: Self.offset) else { continue }
            numbers[name] = Int64(exactly: number)
            if numbers[name] == nil { reader.add(name, "Must be whole.") }
        }
        for name in ["n", "start", "end"] where value[name]?.isNull ?? true { reader.add(name, "Required.") }
        if (numbers["start"] ?? 0) > (numbers["end"] ?? 0) { reader.add("end", "Must not be before start.") }
        var sentence: (Int64, Int64)?
        if let given = value["sentence"], !given.isNull {
            let ends = (given["start"]?.int, given["end"]?.int)
            if let start = ends.0, let end = ends.1, start >= 0, start <= end, end <= 1_000_000_000 {
                sentence = (start, end)
            } else {
                reader.add("sentence", "Must be an object with start and end.")
            }
        }
        try reader.finish()
        (self.numbers, self.sentence) = (numbers, sentence)
    }

    /// The wire form.
    ///
    /// - Parameter names: Documents that are there. Only the one that has the id and the name is what was cited.
    func json(_ names: [String: String]) -> JSONValue {
        let document = documentId.flatMap { names[$0] == name && url == nil ? $0 : nil }
        func number(_ name: String) -> JSONValue { numbers[name].map { .int($0) } ?? .null }
        var object: JSONObject = [
            "n": number("n"), "documentId": .optional(document), "name": .string(name), "page": number("page"),
            "start": number("start"), "end": number("end"),
        ]
        if let url { object["url"] = .string(url) }
        object["quote"] = .string(quote)
        if let sentence { object["sentence"] = ["start": .int(sentence.start), "end": .int(sentence.end)] }
        // Nobody here has compared the sentence with the document.
        if let support, support != Self.supports[0] { object["support"] = .string(support) }
        return .object(object)
    }

    /// Whether it cites a document that is not there.
    func isLoose(_ names: [String: String]) -> Bool { url == nil && json(names)["documentId"]?.isNull == true }
}
