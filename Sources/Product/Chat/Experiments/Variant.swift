import JSONCoding
import Models
import Retrieval

/// What a trial changes of the way that chats are answered; what is `nil` stays as it is.
struct Variant: Sendable {
    private static let names = ["model", "preset", "retrieval"]
    private static let retrievalNames = ["passages", "candidates", "wordWeight", "lateWeight"]

    static let passages = 1.0...20.0
    static let candidates = 10.0...200.0
    static let weights = 0.0...1.0

    var model: String?
    var preset: String?
    var passages: Int?
    var candidates: Int?
    var wordWeight: Float?
    var lateWeight: Float?

    /// As it was sent.
    let json: JSONValue

    /// Whether it changes nothing.
    var isEmpty: Bool {
        model == nil && preset == nil && passages == nil && candidates == nil && wordWeight == nil && lateWeight == nil
    }

    /// Reads what was sent.
    ///
    /// - Throws: `InvalidFields`, with the names of fields inside it.
    init(_ json: JSONValue) throws {
        self.json = json
        var reader = try FieldReader(json, allowed: Self.names)
        model = reader.string("model", length: QuestionFields.modelLength)
        preset = reader.string("preset", length: QuestionFields.presetLength)
        if let retrieval = json["retrieval"], !retrieval.isNull {
            try reader.inside("retrieval") { try read(retrieval) }
        }
        try reader.finish()
    }

    private mutating func read(_ retrieval: JSONValue) throws {
        var fields = try FieldReader(retrieval, allowed: Self.retrievalNames)
        passages = Self.whole("passages", in: Self.passages, &fields)
        candidates = Self.whole("candidates", in: Self.candidates, &fields)
        wordWeight = fields.number("wordWeight", in: Self.weights).map { Float($0) }
        lateWeight = fields.number("lateWeight", in: Self.weights).map { Float($0) }
        if let passages, let candidates, passages > candidates {
            fields.add("passages", "Must not be above candidates.")
        }
        try fields.finish()
    }

    private static func whole(_ name: String, in range: ClosedRange<Double>, _ reader: inout FieldReader) -> Int? {
        guard let number = reader.number(name, in: range) else { return nil }
        if let whole = Int(exactly: number) { return whole }
        reader.add(name, "Must be whole.")
        return nil
    }

    /// How passages are found under it.
    func applied(to retrieval: RetrievalConfiguration) -> RetrievalConfiguration {
        var changed = retrieval
        changed.passages = passages ?? changed.passages
        changed.candidates = candidates ?? changed.candidates
        changed.wordWeight = wordWeight ?? changed.wordWeight
        changed.lateWeight = lateWeight ?? changed.lateWeight
        return changed
    }
}
