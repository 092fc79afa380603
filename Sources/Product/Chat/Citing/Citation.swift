import JSONCoding
import Retrieval
import SentenceUnits

/// A source that an answer names. What is known of it: there is a passage of that number, and the quote stands in its text
/// between the offsets. Whether the quote bears the statement out is not looked at.
struct Citation: Sendable, Equatable {
    let passage: FoundPassage
    let start: Int
    let end: Int
    /// Empty when no sentence of the passage could be told to be the source; the offsets are then the passage's.
    let quote: String

    var json: JSONValue {
        guard case .object(var object) = passage.place(start, end) else { return .null }
        object["quote"] = .string(quote)
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
    }

    private init(whole passage: FoundPassage) {
        self.passage = passage
        start = passage.start
        end = passage.end
        quote = ""
    }

    /// The citations of a finished answer: for each passage that it names, the sentence most like the statements
    /// that name it.
    static func resolve(answer: String, cited: [Int], passages: [FoundPassage]) -> [Citation] {
        let statements = Statements(answer)
        return cited.compactMap { number in
            guard let passage = passages.first(where: { $0.n == number }) else { return nil }
            let wanted = statements.words(citing: number)
            let scalars = Array(passage.text.unicodeScalars)
            var best: (range: Range<Int>, score: Double)?
            for unit in SentenceSplitter.units(scalars) {
                let words = WordOverlap.words(String(String.UnicodeScalarView(scalars[unit])))
                let score = WordOverlap.score(wanted, words)
                if score > best?.score ?? 0 { best = (unit, score) }
            }
            return best.map { Citation(passage, scalars, range: $0.range) } ?? Citation(whole: passage)
        }
    }
}

/// The sentences of an answer, and which passages each of them names.
private struct Statements {
    private let sentences: [String]

    init(_ answer: String) {
        // A citation stands after the mark that ends its sentence or before it; both ways it belongs to the text
        // since the last line end or sentence before it.
        var sentences: [String] = []
        var current = ""
        var sawCitation = false
        for character in answer {
            if sawCitation, character.isLetter || character == "\n" {
                sentences.append(current)
                current = ""
                sawCitation = false
            }
            current.append(character)
            if character == "]" { sawCitation = true }
        }
        sentences.append(current)
        self.sentences = sentences
    }

    func words(citing number: Int) -> Set<String> {
        let joined = sentences.filter { $0.contains("[\(number)]") }.joined(separator: " ")
        return WordOverlap.words(joined)
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
