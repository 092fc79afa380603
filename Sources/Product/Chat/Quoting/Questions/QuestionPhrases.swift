/// How questions are asked in the languages whose rules are known here. Words are folded; `^` is the question's beginning.
/// Longer phrases stand before those that they contain.
enum QuestionPhrases {
    typealias Phrases = [(String, AnswerType)]

    static let phrases: [QuestionLanguage: Phrases] = [
        .english: [
            ("how long", .duration), ("how often", .duration), ("how quickly", .duration), ("how soon", .duration),
            ("how frequently", .duration), ("how fast", .duration), ("until when", .date), ("by when", .date),
            ("since when", .date), ("from when", .date), ("what time", .date), ("what date", .date),
            ("what day", .date),
            ("which day", .date), ("which weekday", .date), ("what weekday", .date), ("which month", .date),
            ("which months", .date), ("what year", .date), ("which year", .date), ("how much", .amount),
            ("how many", .amount),
            ("how high", .amount), ("how big", .amount), ("how large", .amount), ("how far", .amount),
            ("how old", .amount),
            ("how heavy", .amount), ("how tall", .amount), ("how deep", .amount), ("how hot", .amount),
            ("how warm", .amount),
            ("how cold", .amount), ("how loud", .amount), ("how wide", .amount), ("how come", .reason),
            ("what is the reason", .reason), ("what was the reason", .reason), ("what caused", .reason),
            ("what is the cause", .reason), ("why", .reason), ("when", .date), ("^whom", .person), ("^who", .person),
            ("^whose", .person), ("to whom", .person), ("by whom", .person), ("who", .person), ("where", .place),
            ("^list", .list), ("^name", .list), ("^what are", .list), ("^which are", .list),
            ("^how", .procedure), ("how do i", .procedure), ("how can i", .procedure), ("how to", .procedure),
            ("how should", .procedure), ("steps", .procedure), ("what", .other), ("which", .other),
            ("what do you call", .definition), ("define", .definition), ("meaning of", .definition),
            ("definition of", .definition), ("^is", .yesNo), ("^are", .yesNo), ("^was", .yesNo), ("^were", .yesNo),
            ("^do", .yesNo), ("^does", .yesNo), ("^did", .yesNo), ("^can", .yesNo), ("^could", .yesNo),
            ("^may", .yesNo),
            ("^must", .yesNo), ("^should", .yesNo), ("^will", .yesNo), ("^would", .yesNo), ("^has", .yesNo),
            ("^have", .yesNo), ("^am", .yesNo),
        ],
        .german: [
            ("wie lange", .duration), ("wie oft", .duration), ("wie haufig", .duration), ("wie schnell", .duration),
            ("bis wann", .date), ("ab wann", .date), ("seit wann", .date), ("um wie viel uhr", .date),
            ("um wieviel uhr", .date),
            ("wann", .date), ("an welchem tag", .date), ("welchem datum", .date), ("wie viel", .amount),
            ("wie viele", .amount),
            ("wieviel", .amount), ("wieviele", .amount), ("wie hoch", .amount), ("wie teuer", .amount),
            ("wie gross", .amount),
            ("wie schwer", .amount), ("wie weit", .amount), ("wie alt", .amount), ("was kostet", .amount),
            ("was kosten", .amount), ("warum", .reason), ("wieso", .reason), ("weshalb", .reason), ("wer", .person),
            ("wem", .person), ("wen", .person), ("wo", .place), ("wohin", .place), ("woher", .place),
            ("was bedeutet", .definition), ("^was ist", .definition), ("^was sind", .list), ("^wie", .procedure),
            ("^ist", .yesNo), ("^sind", .yesNo), ("^darf", .yesNo), ("^kann", .yesNo), ("^muss", .yesNo),
            ("^gibt", .yesNo),
            ("^hat", .yesNo), ("^werden", .yesNo), ("^wird", .yesNo),
        ],
        .french: [
            ("combien de temps", .duration), ("a quelle frequence", .duration), ("combien", .amount),
            ("quel est le prix", .amount),
            ("quel est le montant", .amount), ("quand", .date), ("quelle heure", .date), ("quelle date", .date),
            ("quel jour", .date), ("pourquoi", .reason), ("^qui", .person), ("a qui", .person), ("ou se", .place),
            ("^ou", .place), ("comment", .procedure), ("qu est ce que", .definition), ("^est ce que", .yesNo),
            ("^quels sont", .list), ("^quelles sont", .list), ("^peut", .yesNo), ("^est", .yesNo),
        ],
        .spanish: [
            ("cuanto tiempo", .duration), ("cuanto dura", .duration), ("con que frecuencia", .duration),
            ("cuanto", .amount),
            ("cuanta", .amount), ("cuantos", .amount), ("cuantas", .amount), ("cuando", .date), ("que hora", .date),
            ("que dia", .date), ("que fecha", .date), ("por que", .reason), ("quien", .person), ("quienes", .person),
            ("donde", .place), ("adonde", .place), ("como", .procedure), ("que es", .definition),
            ("^cuales son", .list),
            ("^puedo", .yesNo), ("^es", .yesNo), ("^hay", .yesNo), ("^se puede", .yesNo),
        ],
        .italian: [
            ("quanto tempo", .duration), ("quanto dura", .duration), ("ogni quanto", .duration), ("quanto", .amount),
            ("quanta", .amount), ("quanti", .amount), ("quante", .amount), ("quando", .date), ("che ora", .date),
            ("a che ora", .date), ("che giorno", .date), ("perche", .reason), ("^chi", .person), ("a chi", .person),
            ("dove", .place), ("come", .procedure), ("che cos e", .definition), ("cosa e", .definition),
            ("^quali sono", .list), ("^posso", .yesNo), ("^si puo", .yesNo), ("^e", .yesNo),
        ],
        .dutch: [
            ("hoe lang", .duration), ("hoe vaak", .duration), ("hoe snel", .duration), ("tot wanneer", .date),
            ("wanneer", .date),
            ("hoe laat", .date), ("welke dag", .date), ("hoeveel", .amount), ("hoe hoog", .amount),
            ("hoe groot", .amount),
            ("hoe zwaar", .amount), ("hoe duur", .amount), ("wat kost", .amount), ("waarom", .reason), ("wie", .person),
            ("waar", .place), ("wat betekent", .definition), ("^wat is", .definition), ("^wat zijn", .list),
            ("^hoe", .procedure),
            ("^is", .yesNo), ("^mag", .yesNo), ("^kan", .yesNo), ("^moet", .yesNo),
        ],
        .portuguese: [
            ("quanto tempo", .duration), ("com que frequencia", .duration), ("quanto", .amount), ("quanta", .amount),
            ("quantos", .amount), ("quantas", .amount), ("quando", .date), ("que horas", .date), ("que dia", .date),
            ("por que", .reason), ("porque", .reason), ("quem", .person), ("onde", .place), ("como", .procedure),
            ("o que e", .definition), ("^quais sao", .list), ("^posso", .yesNo), ("^e", .yesNo), ("^ha", .yesNo),
        ],
    ]

    /// Phrases of Chinese, Japanese and Korean.
    static let unspaced: Phrases = [
        ("多长时间", .duration), ("多久", .duration), ("多長時間", .duration), ("几天", .duration), ("什么时候", .date),
        ("什麼時候", .date), ("何时", .date), ("几点", .date), ("哪一天", .date), ("哪天", .date), ("多少", .amount), ("几个", .amount),
        ("多大", .amount), ("多高", .amount), ("谁", .person), ("誰", .person), ("哪里", .place), ("哪裡", .place),
        ("哪儿", .place),
        ("在哪", .place), ("为什么", .reason), ("為什麼", .reason), ("为何", .reason), ("怎么", .procedure), ("如何", .procedure),
        ("什么是", .definition), ("吗", .yesNo), ("嗎", .yesNo), ("何時", .date), ("いつ", .date), ("何日", .date), ("何曜日", .date),
        ("どのくらい", .duration), ("どれくらい", .duration), ("何年", .duration), ("何分", .duration), ("何時間", .duration),
        ("いくつ", .amount), ("いくら", .amount), ("何台", .amount), ("何人", .amount), ("何円", .amount), ("何個", .amount),
        ("何", .other), ("どなた", .person), ("だれ", .person), ("どこ", .place), ("なぜ", .reason), ("どうして", .reason),
        ("どうやって", .procedure), ("どのように", .procedure), ("とは", .definition), ("얼마", .amount), ("몇", .amount),
        ("언제", .date),
        ("누구", .person), ("어디", .place), ("왜", .reason), ("어떻게", .procedure),
    ]
    /// What only asks, in those languages; it is no word of the answer.
    static let unspacedAsking =
        unspaced.map(\.0) + [
            "时候", "時候", "可以", "什么", "什麼", "哪个", "哪些", "请问", "ですか", "ますか", "でしょうか", "ありますか", "していますか", "されていますか",
            "何", "どの", "입니까", "습니까", "인가요", "나요", "？", "?", "。",
        ]

    /// Words that begin questions, by language.
    static let first: [QuestionLanguage: Set<String>] = phrases.mapValues { phrases in
        Set(phrases.compactMap { $0.0.split { $0 == " " || $0 == "^" }.first.map(String.init) })
    }.merging([
        .english: ["what", "which"], .german: ["was", "welche", "welcher", "welches", "welchen"],
        .french: ["quel", "quelle", "quels", "quelles", "que"], .spanish: ["que", "cual", "cuales"],
        .italian: ["quale", "quali", "che", "cosa"], .dutch: ["wat", "welke", "welk"],
        .portuguese: ["qual", "quais", "que"],
    ]) { $0.union($1) }

    static let timeUnits: Set = [
        "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months",
        "year",
        "years", "night", "nights",
    ]

    /// Words that end what is asked for: "the price | of a pump", "the account | does he pay into".
    static let afterNoun: Set = [
        "of", "for", "in", "to", "with", "from", "on", "at", "by", "before", "after", "during", "under", "per", "that",
        "which", "who",
        "when", "if", "is", "are", "was", "were", "do", "does", "did", "can", "may", "must", "should", "will", "would",
        "has",
        "have", "had", "does", "applies", "apply",
    ]

    /// Nouns that say what kind of thing is wanted.
    static let nouns: [String: AnswerType] = {
        var result: [String: AnswerType] = [:]
        let lists: [(AnswerType, String)] = [
            (
                .amount,
                """
                price cost fee amount limit maximum minimum deductible copay copayment premium rate salary wage pay budget discount
                percentage percent share tax total sum fine deposit rent allowance refund weight mass height width length depth
                distance size area volume capacity temperature pressure speed voltage current power torque flow frequency interval
                ratio score quantity charge balance turnover revenue profit loss value mileage penalty bonus
                """
            ),
            (
                .duration, "duration period warranty lifetime"
            ),
            (
                .date,
                """
                date deadline day time year month weekday birthday expiry start end opening closing hours schedule
                """
            ),
            (
                .identifier,
                """
                number code id identifier reference serial phone telephone extension email mail address website url password
                username version model account iban isbn sku vin key pin postcode zip plate
                """
            ),
            (
                .person,
                """
                person manager contact author owner chairman chairperson director supervisor teacher landlord tenant representative
                officer
                """
            ),
            (.place, "place location city town country room floor building site venue street"),
            (.reason, "reason cause"),
            (.procedure, "procedure process steps"),
        ]
        for (type, words) in lists {
            for word in words.split(whereSeparator: \.isWhitespace) { result[String(word)] = type }
        }
        return result
    }()
}
