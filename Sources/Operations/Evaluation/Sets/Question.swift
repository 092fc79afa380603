import JSONCoding

/// One question of a set, with what is known of its answer.
public struct Question: Sendable, Equatable {
    /// Tells it from the others of its set.
    public let id: String
    public let text: String
    /// Each of them is right; none when only the places are known.
    public let answers: [String]
    /// Each of them proves the answer.
    public let places: [Place]
    /// What a complete answer says in these words.
    public let evidence: [String]
    /// False when the documents do not say it, and a refusal is right.
    public let isAnswerable: Bool
    /// Whether it is left out where its document cannot be read.
    public let needsReading: Bool

    /// A question; without answers, places and evidence nothing but refusals can be told of it.
    public init(
        id: String, text: String, answers: [String] = [], places: [Place] = [], evidence: [String] = [],
        isAnswerable: Bool = true, needsReading: Bool = false
    ) {
        self.id = id
        self.text = text
        self.answers = answers
        self.places = places
        self.evidence = evidence
        self.isAnswerable = isAnswerable
        self.needsReading = needsReading
    }

    /// The form of a line in a set.
    var json: JSONValue {
        var object: JSONObject = ["id": .string(id), "question": .string(text)]
        guard isAnswerable else {
            object["unanswerable"] = true
            return .object(object)
        }
        if !answers.isEmpty { object["answers"] = .strings(answers) }
        if !places.isEmpty {
            object["documents"] = .array(
                places.map { place in
                    var entry: JSONObject = ["document": .string(place.document)]
                    if let page = place.page { entry["page"] = .int(Int64(page)) }
                    return .object(entry)
                })
        }
        if !evidence.isEmpty { object["evidence"] = .strings(evidence) }
        return .object(object)
    }
}
