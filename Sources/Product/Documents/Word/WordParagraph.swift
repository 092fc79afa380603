/// A paragraph that is being read.
struct WordParagraph {
    /// How its end joins it with the next one.
    enum Join { case none, exact, spaced }

    var styleId: String?
    var style = WordStyles.Style()
    var fill: WordFill?
    var listId: String?
    var listLevel: Int?
    var join = Join.none
    var hasPageNumber = false
    /// Whether it was begun for text that stands outside of any.
    var isImplicit = false
    /// What stands beside it, such as text boxes.
    var after: [String] = []
    private(set) var text = ""
    private var shift = ShiftedText.Shift.none
    private var shifted = ""

    /// A paragraph that goes on with the text of those before it.
    init(carried: String = "") { text = carried }

    var hasText: Bool { text.contains { !$0.isWhitespace } || !shifted.isEmpty }

    /// Adds text at a distance from the line. Runs at one distance are one word.
    mutating func append(_ piece: String, _ distance: ShiftedText.Shift = .none) {
        if distance != shift { settle() }
        shift = distance
        if distance == .none { text += piece } else { shifted += piece }
    }

    /// Ends a word that stands off the line.
    mutating func settle() {
        guard !shifted.isEmpty else { return }
        text += ShiftedText.text(shifted, shift, after: text.last)
        shifted = ""
        shift = .none
    }

    /// Puts a number or a bullet before the text.
    mutating func putInFront(_ label: String) {
        guard hasText else { return }
        let place = text.firstIndex { $0 != WordTable.pageBreak } ?? text.startIndex
        text.insert(contentsOf: label, at: place)
    }
}
