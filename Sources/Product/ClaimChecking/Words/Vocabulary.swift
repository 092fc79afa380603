/// Words that carry no meaning of their own, and those that turn it round.
enum Vocabulary {
    static func isEmpty(_ word: String) -> Bool { stop.contains(word) }

    /// Words that deny what stands in their clause.
    static func denies(_ word: String) -> Bool { negations.contains(word) || word.hasSuffix("n't") }

    /// Whether a word takes away, and so undoes a denial before it.
    static func isPrivative(_ word: String) -> Bool { privatives.contains(word) }

    /// Whether a word names a day of the week.
    static func isWeekday(_ word: String) -> Bool {
        weekdays.contains(word) || word.hasSuffix("s") && weekdays.contains(String(word.dropLast()))
    }

    /// Whether the next words are an exception from what was said.
    static func excepts(_ word: String) -> Bool { exceptions.contains(word) }

    /// The words that mean the contrary of a stem.
    static func opposites(of stem: String) -> Set<String> { contraries[stem] ?? [] }

    private static let stop = Set(
        """
        the a an and or of to in on for with is are was were be been being do does did has have had having it its this that these those as at by
        from i my me we our us you your they their them he she his her must can may who whom whose which what when where how than then so but if also into
        such there here will would shall should could might about during between through per any some each every both all only just up out
        over under off until while because since however therefore otherwise rather too very more well one ones other others own same
        der die das den dem des ein eine einen einem einer und oder ist sind war waren wird werden wurde von zu zum zur im am auf mit bei fur aus
        als auch es er sie wir ihr ihre sein seine man nach uber bis pro je dass sich hat haben nur noch
        le la les un une des du de et ou est sont etait a au aux en dans pour par sur avec ce cette ces il elle ils elles on vous nous que qui se
        el los las una uno unos unas del y o es son era por para con su sus se lo que en al como
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    private static let negations: Set = [
        "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot", "nowhere", "unless",
        "unable", "impossible",
        "unpaid", "forbidden", "prohibited", "excluded", "excludes", "lack", "lacks", "unaffected", "hardly",
        "nicht", "kein", "keine", "keinen", "keiner", "keines", "keinem", "nie", "niemals", "niemand", "nichts", "ohne",
        "unmoglich", "weder",
        "pas", "jamais", "aucun", "aucune", "sans", "rien", "personne", "ni", "impossible", "sin", "nunca", "ningun",
        "ninguna",
        "ninguno", "nada", "nadie", "tampoco", "jamas", "imposible",
    ]
    private static let privatives: Set = [
        "without", "unless", "lack", "lacks", "excluded", "ohne", "sans", "sin",
    ]
    private static let weekdays: Set = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "montag", "dienstag", "mittwoch",
        "donnerstag", "freitag",
        "samstag", "sonntag", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lunes",
        "martes", "miercoles", "jueves",
        "viernes", "sabado", "domingo",
    ]
    private static let exceptions: Set = [
        "except", "excepted", "excepting", "excluding", "unless", "besides", "ausser", "ausgenommen", "sauf", "excepte",
        "salvo", "excepto",
    ]

    private static let contraries: [String: Set<String>] = {
        let pairs = [
            "more less", "more fewer", "higher lower", "above below", "before after", "early late", "earlier later",
            "allow forbid",
            "allow prohibit", "allow ban", "include exclude", "open close", "begin end", "increase decrease",
            "maximum minimum", "longest shortest",
            "paid unpaid", "required optional", "mandatory voluntary", "accept refuse", "accept reject",
            "approve reject", "inside outside",
            "north south", "east west", "suction discharge", "right wrong", "hot cold", "always never",
            "internal external", "public private",
            "weekday weekend", "buy sell", "keep lose", "win lose", "new old", "success failure", "tighten loosen",
            "full empty", "with without",
            "credit debit", "import export", "arrive depart", "first last", "day night", "safe dangerous",
        ]
        var table: [String: Set<String>] = [:]
        for pair in pairs {
            let words = pair.split(separator: " ").map { Stems.stem(String($0)) }
            guard words.count == 2, words[0] != words[1] else { continue }
            table[words[0], default: []].insert(words[1])
            table[words[1], default: []].insert(words[0])
        }
        return table
    }()
}
