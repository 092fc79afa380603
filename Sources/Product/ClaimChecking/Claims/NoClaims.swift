import TextSearch

/// Sentences that claim nothing of the documents.
enum NoClaims {
    /// Whether a sentence is a question, a greeting, a refusal, a title or a hint where something stands.
    ///
    /// - Parameter names: Words of the names of the documents that it cites.
    static func contains(_ tokens: [Token], _ written: ArraySlice<Unicode.Scalar>, names: Set<String>) -> Bool {
        guard let last = written.last(where: { !$0.properties.isWhitespace && $0 != "*" }) else { return true }
        if last == "?" || last == "？" || written.first == "#" { return true }
        let words = tokens.filter { $0.kind == .word }.map(\.text)
        if isRefusal(words) { return true }
        // A row or an item may be figures alone, and says something all the same.
        let content = words.filter { !Vocabulary.isEmpty($0) }
        if content.isEmpty { return !tokens.contains { $0.kind == .number || $0.kind == .date || $0.kind == .time } }
        if content.allSatisfy(courtesies.contains) { return true }
        let isHint = content.allSatisfy {
            places.contains($0) || names.contains($0)
                || Numerals.spelled([Token(kind: .word, text: $0, range: 0..<0)][...]) != nil
        }
        return isHint && content.contains(where: places.contains)
    }

    private static func isRefusal(_ words: [String]) -> Bool {
        let text = " " + words.joined(separator: " ") + " "
        if own.contains(where: text.contains) { return true }
        return documents.contains { text.contains(" \($0) ") } && silences.contains(where: text.contains)
    }

    private static let own = [
        " i could not find ", " i couldn't find ", " i cannot find ", " i can't find ", " i did not find ",
        " i do not know ",
        " i don't know ", " ich habe nichts gefunden ", " ich konnte nichts finden ", " je n'ai pas trouve ",
        " no he encontrado ",
    ]
    private static let documents = [
        "document", "documents", "passage", "passages", "source", "sources", "text", "dokument", "dokumente", "quellen",
        "passagen", "extraits",
        "documentos", "fuentes",
    ]
    private static let silences = [
        " do not say ", " does not say ", " don't say ", " doesn't say ", " not mention ", " don't mention ",
        " doesn't mention ",
        " not contain ", " don't contain ", " doesn't contain ", " not specify ", " not state ", " not stated ",
        " not mentioned ", " not specified ",
        " no information ", " no answer ", " not answer ", " nothing about ", " nicht erwahnt ", " keine angaben ",
        " keine information ",
        " enthalten keine ", " sagen nichts ", " ne mentionnent pas ", " ne disent pas ", " ne contiennent pas ",
        " no mencionan ",
        " no dicen ", " no contienen ",
    ]
    private static let courtesies: Set = [
        "hello", "hi", "dear", "thanks", "thank", "sure", "certainly", "hope", "help", "helps", "helpful", "glad",
        "happy", "welcome", "answer",
        "let", "know", "question", "questions", "further", "please", "feel", "free", "ask", "yes", "no", "maybe",
        "hallo", "danke", "gern",
        "bonjour", "merci", "hola", "gracias", "ja", "nein", "oui", "non", "si",
    ]
    private static let places: Set = [
        "see", "section", "sections", "page", "pages", "chapter", "chapters", "document", "documents", "details",
        "detail", "information",
        "described", "found", "find", "stands", "listed", "annex", "appendix", "table", "refer", "source", "sources",
        "passage", "passages",
        "clause", "explained", "given", "stated", "schedule", "manual", "handbook", "policy", "report", "siehe",
        "seite", "abschnitt",
        "kapitel", "quelle", "voir", "chapitre", "ver", "pagina", "seccion", "capitulo",
    ]
}
