import JSONCoding
import Telemetry

/// A message out of a file, checked.
struct ImportedMessage: Sendable {
    static let longestQuestion = 32_000
    static let longestAnswer = 200_000
    static let mostCitations = 200
    /// Cosmos DB takes items of up to 2 MB.
    private static let longest = 1 << 20
    /// Clocks differ; in milliseconds.
    private static let day: Int64 = 86_400_000
    static let endings = ["stop", "length", "cancelled", "error", "not_found", "tool_calls", "interrupted"]
    private static let names = [
        "id", "role", "text", "createdAt", "parentId", "model", "finishReason", "citations",
        "versionOf",
    ]

    let id: String
    let role: String
    let text: String
    let createdAt: String
    let parentId: String?
    /// The question of which this one is a version.
    let versionOf: String?
    let model: String?
    let finishReason: String?
    let citations: [ImportedCitation]

    init(_ value: JSONValue, place: String) throws {
        var problems = ImportProblems(place: place)
        var reader = try Self.reader(value, place)
        id = reader.requiredString("id", length: 1...100)
        role = reader.requiredString("role", length: 1...20)
        if !role.isEmpty, role != "user", role != "assistant" { reader.add("role", "Must be user or assistant.") }
        let limit = role == "user" ? Self.longestQuestion : Self.longestAnswer
        // An answer that was stopped at once is empty.
        text = value["text"] == "" ? "" : reader.requiredString("text", length: 1...limit)
        if value["createdAt"]?.isNull ?? true { reader.add("createdAt", "Required.") }
        createdAt = Self.time("createdAt", &reader) ?? ""
        parentId = reader.string("parentId", length: 1...100)
        versionOf = reader.string("versionOf", length: 1...100)
        if versionOf != nil, role == "assistant" { reader.add("versionOf", "Must not be there in an answer.") }
        model = reader.string("model", length: 1...200)
        finishReason = reader.string("finishReason", length: 1...20)
        if let finishReason, !Self.endings.contains(finishReason) {
            reader.add("finishReason", "Must be one of \(Self.endings.joined(separator: ", ")).")
        }
        let list = value["citations"] ?? .array([])
        if list.array == nil { reader.add("citations", "Must be a list.") }
        let count = list.array?.count ?? 0
        if count > Self.mostCitations {
            reader.add("citations", "Must have at most \(Self.mostCitations) entries, has \(count).")
        }
        try problems.collect { try reader.finish() }
        try problems.finish()
        var citations: [ImportedCitation] = []
        var size = text.utf8.count
        for (index, item) in (list.array ?? []).enumerated() {
            try problems.collect {
                let citation = try ImportedCitation(item, place: "citations[\(index)]")
                size += citation.size
                citations.append(citation)
            }
        }
        if size > Self.longest { try problems.add("", "Has more than \(Self.longest) bytes.") }
        try problems.finish()
        self.citations = citations
    }

    private static func reader(_ value: JSONValue, _ place: String) throws -> FieldReader {
        var problems = ImportProblems(place: place)
        var reader: FieldReader?
        try problems.collect { reader = try FieldReader(value, allowed: names) }
        try problems.finish()
        guard let reader else { throw InvalidFields(field: place, detail: "Must be an object.") }
        return reader
    }

    /// A time in the product's form; `nil` when absent or none.
    static func time(_ name: String, _ reader: inout FieldReader) -> String? {
        guard let text = reader.string(name, length: 1...40) else { return nil }
        // What is dated later than now would stand behind all that is said from now on.
        guard let time = Timestamp.milliseconds(iso8601: text), time >= 0,
            time <= Timestamp.nowMilliseconds() + Self.day
        else {
            reader.add(name, "Must be a time from 1970 to now, such as 2026-01-31T12:00:00.000Z.")
            return nil
        }
        return Timestamp.format(milliseconds: time)
    }
}
