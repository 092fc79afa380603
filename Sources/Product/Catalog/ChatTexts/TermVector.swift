import TextAnalysis
import TextSearch

/// The words of a text as PostgreSQL's `tsvector`: made here, so that languages, scripts without spaces, accents and
/// case are treated as everywhere else in the product.
struct TermVector {
    /// How much a word counts in this text; `D` is the vector's own default.
    enum Weight: String {
        case name = "A"
        case question = "B"
        case answer = ""
    }

    /// Longer words are none that somebody looks for.
    static let longestWord = 64
    /// PostgreSQL takes up to 1 MiB in one vector.
    private static let sizeLimit = 400_000
    /// The last place that it counts.
    private static let lastPlace = 16_383

    /// The vector's text form.
    let text: String

    init(_ text: String, weight: Weight) {
        var places: [String: [Int]] = [:]
        var size = 0
        for (index, word) in PlacedWord.all(in: text).enumerated() {
            guard index < Self.lastPlace, size < Self.sizeLimit else { break }
            for term in word.terms where term.unicodeScalars.count <= Self.longestWord {
                places[term, default: []].append(index + 1)
                size += term.utf8.count + 4
            }
        }
        self.text = places.sorted { $0.key < $1.key }.map { term, places in
            Self.quoted(term) + ":" + places.map { "\($0)\(weight.rawValue)" }.joined(separator: ",")
        }.joined(separator: " ")
    }

    /// A term between the quotes of `tsvector` and `tsquery`.
    static func quoted(_ term: String) -> String {
        "'" + term.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }
}
