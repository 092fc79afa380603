/// The words of a text that are compared with those of another one: in lower case, without accents, in plain form; pairs of
/// characters where there are no spaces.
public enum PlainWords {
    /// Visits them in their order.
    public static func forEach(in text: String, _ visit: (String) -> Void) {
        WordSplitter.forEach(PlainForm.of(text)) { token in
            switch token {
            case .word(let word), .pair(let word): visit(Folding.of(word))
            case .identifier: break
            }
        }
    }
}
