import ClaimChecking
import JSONCoding

/// A sentence of an answer that cites, and how far it is borne out.
struct CitedClaim: Sendable, Equatable {
    /// Place in the answer's text, in scalars.
    let sentence: Range<Int>
    let support: Support

    init(sentence: Range<Int>, support: Support) {
        self.sentence = sentence
        self.support = support
    }

    /// Reads it off a citation's wire form; `nil` when it is not there.
    init?(_ citation: JSONValue) {
        guard let support = citation["support"]?.string.flatMap(Support.init),
            let start = citation["sentence"]?["start"]?.int, let end = citation["sentence"]?["end"]?.int, start >= 0,
            start <= end
        else { return nil }
        self.init(sentence: Int(clamping: start)..<Int(clamping: end), support: support)
    }

    /// Adds it to a citation's wire form.
    func add(to object: inout JSONObject) {
        object["sentence"] = ["start": .int(Int64(sentence.lowerBound)), "end": .int(Int64(sentence.upperBound))]
        object["support"] = .string(support.rawValue)
    }
}
