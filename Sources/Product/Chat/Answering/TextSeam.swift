import TextSearch

/// Joins a continuation to the text before it: models that go on after a break like to repeat the last words, or to begin
/// anew. What is repeated is left out.
struct TextSeam: Sendable {
    private static let longestRepetition = 400
    private static let shortestRepetition = 12

    private let before: [Character]
    private var held = ""
    private var isOpen = true

    /// A seam at the end of a text.
    init(after text: String) { before = Array(text) }

    /// Takes a piece of the continuation; returns what is new of everything so far.
    mutating func feed(_ text: String) -> String {
        guard isOpen else { return text }
        held += text
        let count = held.count
        // It may still become a repetition of the whole text, or of its last words.
        let mayBegin = count < before.count && before.starts(with: held)
        let mayRepeat = count < Self.longestRepetition && Self.isWithin(held, before.suffix(Self.longestRepetition))
        return mayBegin || mayRepeat ? "" : finish()
    }

    /// The end of the continuation, or of the doubt.
    mutating func finish() -> String {
        guard isOpen else { return "" }
        isOpen = false
        defer { held = "" }
        let new = Array(held)
        if new.count >= before.count, new.starts(with: before) { return String(new[before.count...]) }
        let longest = min(new.count, before.count, Self.longestRepetition)
        for count in stride(from: longest, through: min(Self.shortestRepetition, longest), by: -1)
        where count >= Self.shortestRepetition && before.suffix(count).elementsEqual(new.prefix(count)) {
            return String(new[count...])
        }
        return held
    }

    /// Whether the text stands somewhere in the tail, so that the tail's end may follow.
    private static func isWithin(_ text: String, _ tail: ArraySlice<Character>) -> Bool {
        String(tail).contains(text)
    }
}
