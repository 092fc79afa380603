import TextSearch

/// A question for everything of a kind that the documents name: "Which deadlines are there?"
enum NamedKind: Sendable {
    case deadlines, costs, dates

    /// `nil` when the question asks for something in particular.
    init?(_ words: [AnswerWord], _ language: QuestionLanguage) {
        let content = words.map(\.plain).filter { !language.small.contains($0) && !Self.asking.contains($0) }
        guard !content.isEmpty, let first = Self.kinds[content[0]] else { return nil }
        guard content.allSatisfy({ Self.kinds[$0] == first }) else { return nil }
        self = first
    }

    /// Whether a sentence names one.
    func isNamed(_ words: [AnswerWord], _ text: String) -> Bool {
        let plain = Set(words.map(\.plain))
        let evidence = TypeEvidence(words, text)
        let isTime = evidence.fit(.date, asked: []) == 1 || evidence.fit(.duration, asked: []) == 1
        switch self {
        case .dates: return evidence.fit(.date, asked: []) == 1 && evidence.hasNumber
        case .deadlines: return isTime && evidence.hasNumber && !plain.isDisjoint(with: Self.limits)
        case .costs:
            guard evidence.hasNumber else { return false }
            return text.unicodeScalars.contains { "€£$¥₹".unicodeScalars.contains($0) }
                || !plain.isDisjoint(with: Self.currencies)
        }
    }

    private static let kinds: [String: NamedKind] = [
        "deadline": .deadlines, "deadlines": .deadlines, "fristen": .deadlines, "delais": .deadlines,
        "plazos": .deadlines,
        "scadenze": .deadlines, "termijnen": .deadlines, "prazos": .deadlines,
        "cost": .costs, "costs": .costs, "price": .costs, "prices": .costs, "fees": .costs, "charges": .costs,
        "amounts": .costs, "kosten": .costs, "preise": .costs, "gebuhren": .costs, "couts": .costs, "prix": .costs,
        "costes": .costs, "precios": .costs, "costi": .costs, "prezzi": .costs, "prijzen": .costs,
        "custos": .costs, "precos": .costs, "dates": .dates, "termine": .dates, "fechas": .dates, "datas": .dates,
    ]
    private static let asking: Set = [
        "named", "name", "given", "mention", "mentions", "stated", "important", "main", "key", "apply", "exist",
        "contain",
        "documents", "document", "genannt", "stehen", "list", "covered", "involved", "arise",
    ]
    private static let limits: Set = [
        "within", "by", "until", "before", "deadline", "due", "latest", "later", "expires", "expire", "ends", "end",
        "notice", "lapse",
        "innerhalb", "bis", "spatestens", "frist", "vor", "avant", "jusqu", "delai", "antes", "hasta", "plazo", "entro",
        "prima", "voor",
        "binnen", "uiterlijk", "ate", "prazo",
    ]
    private static let currencies: Set = [
        "euro", "euros", "eur", "dollar", "dollars", "usd", "pound", "pounds", "gbp", "pence", "cents", "cent",
        "franken", "chf",
        "yen", "kronor", "krone", "libras", "reais",
    ]
}
