/// Lets only citations through that name a passage, while the text is still arriving.
///
/// `[2]` stays when there is a passage 2 and disappears otherwise; `[1, 2]` becomes `[1][2]`. Text after an open
/// bracket is held back until it is clear what it is.
struct CitationFilter: Sendable {
    private static let longestMark = 24

    /// How many passages there are; grows when tools find more.
    var count: Int
    private var held = ""
    /// Numbers cited so far, in order of first use.
    private(set) var cited: [Int] = []

    /// A filter for passages 1 to `count`.
    init(count: Int) { self.count = count }

    /// Takes a piece of text; returns what may be shown of everything so far.
    mutating func feed(_ text: String) -> String {
        var shown = ""
        for character in text {
            if held.isEmpty {
                if character == "[" { held = "[" } else { shown.append(character) }
                continue
            }
            if character == "]" {
                shown += resolve(held + "]")
                held = ""
            } else if character.isNumber || character == "," || character == " ", held.count < Self.longestMark {
                held.append(character)
            } else {
                shown += held
                held = character == "[" ? "[" : ""
                if character != "[" { shown.append(character) }
            }
        }
        return shown
    }

    /// What is left at the end of the text.
    mutating func finish() -> String {
        defer { held = "" }
        return held
    }

    private mutating func resolve(_ mark: String) -> String {
        let parts = mark.dropFirst().dropLast().split(separator: ",")
        let numbers = parts.compactMap { part in Int(part.filter { $0 != " " }) }
        guard !numbers.isEmpty, numbers.count == parts.count else { return mark }
        return numbers.filter { $0 >= 1 && $0 <= count }.map { number in
            if !cited.contains(number) { cited.append(number) }
            return "[\(number)]"
        }.joined()
    }
}
