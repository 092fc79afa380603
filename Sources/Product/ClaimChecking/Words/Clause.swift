/// A part of a sentence between its commas, and whether something is denied in it.
struct Clause: Sendable {
    var stems: Set<String> = []
    /// Whether something is denied, and not denied again ("not without").
    var isDenied = false
    /// The words that follow what denies: what is denied first of all.
    var denied: Set<String> = []
    /// Whether it is denied by a word that takes away, such as "without".
    var isPrivative = false
    /// Whether it is an exception from the rest.
    var isException = false

    private static let joiners: Set = ["and", "or", "und", "oder", "et", "ou", "y", "o"]

    /// The clauses of a stretch of tokens.
    static func clauses(_ tokens: [Token]) -> [Clause] {
        var clauses: [Clause] = []
        var current = Clause()
        var isAwaited = false
        func isBorder(_ token: Token) -> Bool {
            token.kind == .sign
                && [",", ";", ":", "(", ")", "–", "—", ".", "!", "?", "，", "；", "。"].contains(token.text)
        }
        func close() {
            if !current.stems.isEmpty || current.isDenied { clauses.append(current) }
            current = Clause()
            isAwaited = false
        }
        var place = 0
        while place < tokens.count {
            let token = tokens[place]
            let deniesNext =
                joiners.contains(token.text) && tokens[(place + 1)...].prefix(3).contains { Vocabulary.denies($0.text) }
            if isBorder(token) || token.text == "but" || deniesNext {
                close()
            } else if let length = Bounds.phrase(tokens, place) {
                // "No more than" denies nothing.
                place += length
                continue
            } else if ["nothing", "not"].contains(token.text), place + 1 < tokens.count,
                ["but", "only"].contains(tokens[place + 1].text)
            {
                place += 2
                continue
            } else {
                if Vocabulary.excepts(token.text) {
                    if token.text != "excepted", token.text != "ausgenommen" { close() }
                    current.isException = true
                } else if Vocabulary.denies(token.text) {
                    // "No." with a number after it is "number".
                    let isNumber =
                        token.text == "no" && place + 2 < tokens.count && tokens[place + 1].text == "."
                        && tokens[place + 2].kind == .number
                    if !isNumber {
                        let isAgain = current.isDenied && Vocabulary.isPrivative(token.text)
                        current.isDenied = !isAgain
                        if isAgain { current.denied = [] }
                        isAwaited = !isAgain
                        current.isPrivative = Vocabulary.isPrivative(token.text)
                    }
                }
                if token.kind == .word, !Vocabulary.isEmpty(token.text), !Vocabulary.denies(token.text) {
                    let stem = Stems.stem(token.text)
                    current.stems.insert(stem)
                    if isAwaited { current.denied.insert(stem) }
                    isAwaited = false
                } else if token.kind == .code {
                    current.stems.insert(token.text)
                }
            }
            place += 1
        }
        close()
        return clauses
    }
}
