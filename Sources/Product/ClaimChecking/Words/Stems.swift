/// Words in the form in which they are compared: without their commonest endings, words of one meaning as one.
///
/// Not Snowball's stems, as elsewhere: those keep "holder" apart from "hold", and a claim may say either of the other
/// (precision on the kept half of the claims 0.86 instead of 0.88).
enum Stems {
    /// The form of a word in lower case.
    static func stem(_ word: String) -> String {
        let cut = cut(word)
        return meanings[cut] ?? cut
    }

    /// The stems of a text's words and codes, and of numbered things as one: "priority 2".
    static func stems(_ tokens: some Collection<Token>) -> Set<String> {
        var stems: Set<String> = []
        let tokens = Array(tokens)
        for (place, token) in tokens.enumerated() {
            if token.kind == .code { stems.insert(token.text) }
            if token.kind == .word, !Vocabulary.isEmpty(token.text), !Vocabulary.denies(token.text) {
                stems.insert(stem(token.text))
            }
            if let numbered = numbered(tokens, place) { stems.insert(numbered) }
        }
        return stems
    }

    /// A word and the small number after it as one name.
    static func numbered(_ tokens: [Token], _ place: Int) -> String? {
        let number = tokens[place]
        guard number.kind == .number, number.text.utf8.count < 3, place > 0 else { return nil }
        let word = tokens[place - 1]
        let next = place + 1 < tokens.count ? tokens[place + 1].text : ""
        guard word.kind == .word, !Vocabulary.isEmpty(word.text), UnitNames.unit(word.text) == nil,
            CalendarDate.month(word.text) == nil, UnitNames.unit(next) == nil, CalendarDate.month(next) == nil,
            next != "per"
        else { return nil }
        return "\(stem(word.text)) \(number.text)"
    }

    /// Whether two stems are of one word: equal, or alike but for their endings.
    static func areAlike(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        if a.utf8.contains(UInt8(ascii: " ")) || b.utf8.contains(UInt8(ascii: " ")) { return false }
        let shorter = min(a.utf8.count, b.utf8.count)
        let longer = max(a.utf8.count, b.utf8.count)
        guard shorter >= 5, longer - shorter <= 4 else { return false }
        let common = zip(a.utf8, b.utf8).prefix { $0 == $1 }.count
        return common >= 5 && 4 * common >= 3 * shorter && 10 * common >= 6 * longer
    }

    private static let endings: [(ending: String, rest: Int, put: String)] = [
        ("ations", 4, ""), ("ation", 4, ""), ("ements", 4, ""), ("ement", 4, ""), ("ments", 4, ""), ("ment", 4, ""),
        ("ingly", 3, ""),
        ("ings", 3, ""), ("ing", 3, ""), ("ies", 2, "y"), ("ied", 2, "y"), ("ily", 3, "y"), ("ers", 4, ""),
        ("er", 4, ""),
        ("als", 4, ""), ("al", 4, ""), ("ed", 3, ""), ("es", 3, ""), ("en", 4, ""), ("ly", 4, ""), ("s", 3, ""),
        ("e", 3, ""),
    ]

    private static func cut(_ word: String) -> String {
        if let regular = irregular[word] { return cut(regular) }
        guard word.utf8.count > 3, !word.hasSuffix("ss"), !word.hasSuffix("us") else { return word }
        for (ending, rest, put) in endings where word.utf8.count - ending.utf8.count >= rest && word.hasSuffix(ending) {
            var stem = Array(word.utf8.dropLast(ending.utf8.count))
            let isDoubled = stem.count > 3 && stem.last == stem.dropLast().last && !"lsz".utf8.contains(stem.last ?? 0)
            if isDoubled, put.isEmpty, ending.first == "i" || ending.first == "e" { stem.removeLast() }
            if stem.count > 3, stem.last == UInt8(ascii: "e"), put.isEmpty, !ending.hasPrefix("e") { stem.removeLast() }
            return String(decoding: stem, as: UTF8.self) + put
        }
        return word
    }

    private static let irregular: [String: String] = [
        "paid": "pay", "kept": "keep", "held": "hold", "took": "take", "taken": "take", "gave": "give", "given": "give",
        "left": "leave", "lost": "lose", "sold": "sell", "bought": "buy", "begun": "begin", "began": "begin",
        "chosen": "choose",
        "chose": "choose", "driven": "drive", "drove": "drive", "made": "make", "met": "meet", "said": "say",
        "told": "tell",
        "found": "find", "sent": "send", "spoken": "speak", "spoke": "speak", "written": "write", "wrote": "write",
        "gone": "go", "went": "go", "came": "come", "ran": "run", "rose": "rise", "risen": "rise", "fell": "fall",
        "fallen": "fall", "built": "build", "led": "lead", "spent": "spend", "meant": "mean", "broke": "break",
        "broken": "break", "worn": "wear", "wore": "wear", "held.": "hold", "got": "get", "children": "child",
        "people": "person",
        "dies": "die", "died": "die", "death": "die", "thought": "think", "brought": "bring", "caught": "catch",
        "drawn": "draw",
        "known": "know", "knew": "know", "shown": "show", "grown": "grow", "grew": "grow", "withdrew": "withdraw",
        "withdrawn": "withdraw", "stood": "stand", "understood": "understand", "hurt": "injure",
    ]

    /// Words that say the same in what people write about their work.
    private static let meanings: [String: String] = {
        let groups = [
            "employee staff colleague worker personnel employed workforce", "company firm employer business",
            "refund reimburse repay",
            "holiday vacation", "car vehicle automobile", "salary pay wage remuneration", "buy purchase acquire",
            "begin start commence", "end finish stop expire terminate",
            "need require necessary obliged obligatory mandatory compulsory",
            "get receive obtain", "give provide grant supply offer", "tell inform notify report", "ask request apply",
            "keep retain store hold saved", "choose select pick", "manager supervisor boss",
            "illness sick ill sickness unwell",
            "doctor physician", "telephone phone call ring", "big large great", "yearly annual year per-year annually",
            "monthly month", "weekly week", "daily day", "hourly hour", "quarterly quarter", "cost price charge fee",
            "limit cap ceiling",
            "maximum most largest highest max", "minimum least smallest lowest", "trip journey travel tour",
            "fly flight", "repair fix mend", "leak spill release",
            "replace exchange swap substitute", "check inspect test examine verify", "close shut", "customer client",
            "supplier vendor",
            "contract agreement", "error fault failure defect", "deadline due",
            "approve authorise authorize consent agree permit allow possible",
            "partner spouse husband wife", "insurance insured", "present gift",
            "earlier former previous prior old before", "injure harm wound",
            "increase rise raise grow", "decrease reduce lower fall drop cut", "show display", "help assist support",
            "invoice bill",
            "percent per-cent", "certificate certification", "happen occur", "weigh weight mass",
            "use utilise utilize usage",
            "send forward", "discontinue withdraw", "currently present now", "remain stay", "part share proportion",
            "responsible charge",
            "immediate once at-once instant", "yearly-rate rate", "twice double", "site premises location",
            "build construct",
            "record document note", "add additional extra further", "amount sum total", "attend visit participate",
            "begin-with first", "last final", "free gratis", "staffed man", "lead head run chair", "send-in submit",
            "mean stand-for stand", "notice period",
        ]
        var table: [String: String] = [:]
        for group in groups {
            let words = group.split(separator: " ").map { cut(String($0)) }
            guard let first = words.first else { continue }
            for word in words where table[word] == nil { table[word] = first }
        }
        return table
    }()
}
