import JSONCoding

/// What Apus answered, as far as it is judged.
public struct Answer: Sendable {
    /// A passage that was found for the question.
    struct Passage: Sendable {
        let place: Place
        let text: String
        let score: Double
    }

    /// Where the answer says that it comes from.
    struct Citation: Sendable {
        let place: Place
        let quote: String
        /// `supported`, `partly` or `unsupported`; `nil` where that was not checked.
        let support: String?
    }

    let text: String
    let model: String
    let finishReason: String
    /// The best first.
    let passages: [Passage]
    let citations: [Citation]
    /// As it came; `null` for an answer without one.
    let receipt: JSONValue
    /// From the request to the end of its answer.
    let milliseconds: Double

    var isRefused: Bool { finishReason == "not_found" }

    /// Whether it was not made for this question but remembered of an earlier one.
    var isRemembered: Bool { receipt["cacheHit"]?.bool ?? false }

    /// The passages' places, the best first.
    var found: [Place] { passages.map(\.place) }

    /// Reads the product's answer, or what `json` made of one; `nil` when it is neither.
    init?(_ json: JSONValue, milliseconds: Double) {
        guard let text = json["text"]?.string, let reason = json["finishReason"]?.string else { return nil }
        self.text = text
        finishReason = reason
        model = json["model"]?.string ?? ""
        passages = (json["passages"]?.array ?? []).map {
            Passage(place: Place($0), text: $0["text"]?.string ?? "", score: $0["score"]?.double ?? 0)
        }
        citations = (json["citations"]?.array ?? []).map {
            Citation(place: Place($0), quote: $0["quote"]?.string ?? "", support: $0["support"]?.string)
        }
        receipt = json["receipt"] ?? .null
        self.milliseconds = milliseconds
    }

    /// The form of a run's file.
    var json: JSONValue {
        [
            "text": .string(text), "finishReason": .string(finishReason), "model": .string(model),
            "milliseconds": .double(milliseconds),
            "passages": .array(
                passages.map { passage in
                    var object = passage.place.members
                    object["score"] = .double(passage.score)
                    object["text"] = .string(passage.text)
                    return .object(object)
                }),
            "citations": .array(
                citations.map { citation in
                    var object = citation.place.members
                    object["quote"] = .string(citation.quote)
                    object["support"] = .optional(citation.support)
                    return .object(object)
                }), "receipt": receipt,
        ]
    }
}

extension Place {
    /// Reads the place of a passage or a citation.
    fileprivate init(_ json: JSONValue) {
        self.init(json["name"]?.string ?? "", page: json["page"]?.int.map { Int(clamping: $0) })
    }

    /// The members of a passage or a citation.
    fileprivate var members: JSONObject {
        var object: JSONObject = ["name": .string(document)]
        if let page { object["page"] = .int(Int64(page)) }
        return object
    }
}
