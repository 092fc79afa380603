import JSONCoding

/// Reads one object of a set.
struct QuestionReader {
    /// What the object may have. `kind` and those behind it are notes of who wrote the set.
    static let fields = [
        "id", "question", "answer", "answers", "document", "page", "pages", "documents", "also", "evidence",
        "unanswerable", "reads", "truth", "corpus", "spans", "kind", "style", "near", "why", "note",
    ]
    private static let longestText = 32_000
    /// Of answers, places and evidence, whichever members they come from: a run's file has each of them in one list.
    private static let mostEntries = 200

    private var reader: FieldReader
    private let object: JSONValue

    /// Reads the question.
    ///
    /// - Parameters:
    ///   - standardID: For one that brings none.
    ///   - unanswerable: Whether the file says so of all of its questions.
    /// - Throws: `InvalidFields` with everything that is wrong.
    static func read(_ object: JSONValue, standardID: String, unanswerable: Bool) throws -> Question {
        var reader = try QuestionReader(object)
        return try reader.question(standardID, unanswerable)
    }

    private init(_ object: JSONValue) throws {
        self.object = object
        reader = try FieldReader(object, allowed: Self.fields)
    }

    private mutating func question(_ standardID: String, _ unanswerable: Bool) throws -> Question {
        let id = reader.string("id", length: 1...200) ?? standardID
        let text = reader.requiredString("question", length: 1...Self.longestText)
        var answers = texts("answers")
        if let answer = reader.string("answer", length: 1...Self.longestText) { answers.append(answer) }
        var places = ownPlaces
        for name in ["documents", "also"] { places += list(name) }
        var evidence = texts("evidence")
        if let corpus = reader.string("corpus", length: 1...900) {
            places.append(Place(corpus + ".md"))
            evidence += spans
        }
        let isAnswerable = !(reader.bool("unanswerable", default: object["answer"] == .null) || unanswerable)
        if isAnswerable, let truth = reader.string("truth", length: 1...Self.longestText) {
            let marked = MarkedAnswer(truth)
            if let fault = marked.fault {
                reader.add(
                    "truth",
                    "[\(fault.prefix(100))] must be a file's name of at most \(Place.Limit.name.upperBound) characters and a page from 1 to \(Place.Limit.page.upperBound), as in [a.pdf#page=3]."
                )
            }
            if !marked.text.isEmpty { answers.append(marked.text) }
            places += marked.places
        }
        places = places.uniqued()
        requireFew("answers", answers.count, of: ["answers", "answer", "truth"])
        requireFew("places", places.count, of: ["document", "documents", "also", "corpus", "truth"])
        requireFew("texts", evidence.count, of: ["evidence", "spans"])
        if !isAnswerable, !(answers.isEmpty && places.isEmpty && evidence.isEmpty), !unanswerable {
            reader.add("unanswerable", "It has answers, documents or evidence beside it. Take these or this away.")
        }
        if isAnswerable, answers.isEmpty, places.isEmpty, evidence.isEmpty {
            reader.add(
                "answers",
                "There is nothing to compare an answer with. Add answers, documents or evidence, or \"unanswerable\": true."
            )
        }
        try reader.finish()
        return Question(
            id: id, text: text, answers: answers, places: places, evidence: evidence,
            isAnswerable: isAnswerable, needsReading: object["reads"] != nil)
    }

    /// Refuses more of one kind than a list may have, put together from several members.
    private mutating func requireFew(_ kind: String, _ count: Int, of members: [String]) {
        guard count > Self.mostEntries else { return }
        let given = members.filter { !(object[$0]?.isNull ?? true) }
        let names = given.map { "\"\($0)\"" }.joined(separator: " and ")
        reader.add(
            given.first ?? kind,
            "There are \(count) \(kind) in \(names); \(Self.mostEntries) are the limit. Take some away, or ask in two questions."
        )
    }

    private mutating func texts(_ name: String) -> [String] {
        let list = reader.strings(name, maximumCount: Self.mostEntries) ?? []
        if !list.allSatisfy({ (1...Self.longestText).contains($0.unicodeScalars.count) }) {
            reader.add(name, "Every entry must have 1 to \(Self.longestText) characters.")
        }
        return list
    }

    /// The texts of stretches of a corpus.
    private var spans: [String] {
        mutating get {
            let texts = (object["spans"]?.array ?? []).map { $0["text"]?.string ?? "" }
            if texts.isEmpty || !texts.allSatisfy({ (1...Self.longestText).contains($0.unicodeScalars.count) }) {
                reader.add("spans", "Must be a list of objects with a text, as in [{\"text\": \"two days\"}].")
            }
            return texts
        }
    }

    /// `document` with `page` or `pages`.
    private var ownPlaces: [Place] {
        mutating get {
            guard let document = object["document"], !document.isNull else {
                for name in ["page", "pages"] where object[name] != nil {
                    reader.add(name, "Says nothing without \"document\". Add the name of the file.")
                }
                return []
            }
            return places(object, field: "document")
        }
    }

    private mutating func list(_ name: String) -> [Place] {
        guard let value = object[name], !value.isNull else { return [] }
        guard let entries = value.array, entries.count <= Self.mostEntries else {
            reader.add(
                name,
                "Must be a list of at most \(Self.mostEntries) names, or objects like {\"document\": \"a.pdf\", \"page\": 3}."
            )
            return []
        }
        return entries.flatMap { places($0, field: name) }
    }

    /// Those of a name, or of an object with `document`.
    private mutating func places(_ entry: JSONValue, field: String) -> [Place] {
        guard let document = entry.string ?? entry["document"]?.string,
            Place.Limit.name.contains(document.unicodeScalars.count)
        else {
            reader.add(
                field,
                "Must name a document in 1 to \(Place.Limit.name.upperBound) characters, as in {\"document\": \"a.pdf\", \"page\": 3}."
            )
            return []
        }
        let given = entry["pages"]?.array ?? entry["page"].map { [$0] } ?? []
        if let pages = entry["pages"], pages.array == nil {
            reader.add("pages", "Must be a list of whole numbers; one alone is \"page\".")
        }
        guard given.count <= Self.mostEntries else {
            reader.add("pages", "Must have at most \(Self.mostEntries) entries, has \(given.count).")
            return []
        }
        guard !given.isEmpty else { return [Place(document)] }
        return given.compactMap { value in
            guard let page = value.int, Place.Limit.page.contains(page) else {
                reader.add(
                    "page",
                    "Must be a whole number from 1 to \(Place.Limit.page.upperBound); the first page of a file is 1.")
                return nil
            }
            return Place(document, page: Int(page))
        }
    }
}

extension [Place] {
    /// Each once, in order.
    fileprivate func uniqued() -> [Place] {
        var seen: Set<Place> = []
        return filter { seen.insert($0).inserted }
    }
}
