import ClaimChecking
import JSONCoding
import Retrieval

/// A passage that a sentence of an answer cites: where its quote stands, and how far the sentence is borne out by what it
/// cites.
struct Citation: Sendable, Equatable {
    let passage: FoundPassage
    let start: Int
    let end: Int
    /// Empty when nothing of the passage resembles the sentence; the offsets are then the passage's.
    let quote: String
    /// The sentence of the answer that cites, and how it was found; `nil` for what was stored before sentences were checked.
    var claim: CitedClaim?

    var json: JSONValue {
        guard case .object(var object) = passage.place(start, end) else { return .null }
        object["quote"] = .string(quote)
        if let claim { claim.add(to: &object) }
        return .object(object)
    }

    /// The citation of a stretch of a passage.
    ///
    /// - Parameters:
    ///   - scalars: The passage's text.
    ///   - range: Place of the stretch among them.
    init(_ passage: FoundPassage, _ scalars: [Unicode.Scalar], range: Range<Int>) {
        let bounded = range.clamped(to: 0..<scalars.count)
        self.passage = passage
        start = passage.start + bounded.lowerBound
        end = passage.start + bounded.upperBound
        quote = String(String.UnicodeScalarView(scalars[bounded]))
    }

    /// The citation of a passage from which nothing can be quoted.
    init(whole passage: FoundPassage) {
        self.passage = passage
        start = passage.start
        end = passage.end
        quote = ""
    }

    /// Reads the wire form; `nil` when it is none. The passage is known as far as it is quoted.
    init?(_ json: JSONValue) {
        guard var object = json.object, let quote = json["quote"]?.string, let end = json["end"]?.int else {
            return nil
        }
        object["text"] = .string(quote)
        guard let passage = FoundPassage(.object(object)) else { return nil }
        self.passage = passage
        start = passage.start
        self.end = Int(clamping: end)
        self.quote = quote
        claim = CitedClaim(json)
    }
}

/// Words that two texts have in common.
enum WordOverlap {
    static func words(_ text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0.count > 2 })
    }

    /// Common words by the size of the smaller text (overlap coefficient), damped for very short texts.
    static func score(_ a: Set<String>, _ b: Set<String>) -> Double {
        let common = a.intersection(b).count
        guard common > 0 else { return 0 }
        return Double(common) / Double(min(a.count, b.count) + 3)
    }
}
