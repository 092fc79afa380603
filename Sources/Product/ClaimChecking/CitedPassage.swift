/// A passage that an answer may cite.
public struct CitedPassage: Sendable {
    /// The number by which it is cited.
    public let number: Int
    /// Name of its document.
    public let name: String
    public let text: String

    /// A passage with its number and its document's name.
    public init(number: Int, name: String, text: String) {
        self.number = number
        self.name = name
        self.text = text
    }
}
