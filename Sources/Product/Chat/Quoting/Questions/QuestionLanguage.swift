import TextAnalysis

/// The language of a question as far as its rules differ here.
enum QuestionLanguage: String, Sendable, CaseIterable {
    case english, german, french, spanish, italian, dutch, portuguese
    /// Written without spaces, or none that is known.
    case other

    /// The language whose small words a text has most of.
    static func guess(_ text: String) -> QuestionLanguage {
        let words = AnswerWord.words(text, .other).filter { $0.kind == .word }.map(\.plain)
        guard let first = words.first else { return .other }
        var best = (language: english, count: 0.0)
        for language in allCases where language != .other {
            let own = smallWords[language] ?? []
            let asking = QuestionPhrases.first[language] ?? []
            // How a question begins says most.
            let count = Double(words.count { own.contains($0) }) + (asking.contains(first) ? 1.5 : 0)
            if count > best.count { best = (language, count) }
        }
        return best.language
    }

    /// Whose stems its words are compared by.
    var stems: Language? {
        switch self {
        case .english: .en
        case .german: .de
        case .french: .fr
        case .spanish: .es
        case .italian: .it
        case .dutch: .nl
        case .portuguese: .pt
        case .other: nil
        }
    }

    /// Words that carry no meaning of their own, in the folded form.
    var small: Set<String> { Self.smallWords[self] ?? [] }

    private static let smallWords: [QuestionLanguage: Set<String>] = [
        .english: list(
            """
            the a an and or of to in on for with is are was were be been being do does did it its this that these those as at by
            from i my me we us our you your they their them he his him she her what which who whom whose when where why how can could
            should would will shall may might must if there any some no not about have has had having than then so but also into under
            between tell please give s t am mean mentioned provided according d ll re ve get gets got one ones such other up out
            per each via during while only just more most much many long often does let need want know say says said find
            """),
        .german: list(
            """
            der die das den dem des ein eine einer eines einem einen und oder von zu zum zur im in ins am an auf aus bei mit nach vor fur
            ist sind war waren wird werden wurde wurden sein es er sie wir ihr ich mir mich man mein meine meinen meiner unser unsere
            ihre ihren was wer wen wem wo wann warum wieso weshalb wie welche welcher welches welchen welchem viel viele hat haben
            habe kann konnen darf durfen muss mussen soll sollen sollte nicht kein keine wenn ob als auch bis um so dass uber unter
            uns mal bitte gibt gilt lang lange hoch teuer oft haufig finde finden ab brauche brauchen
            """),
        .french: list(
            """
            le la les l un une des de du d et ou a au aux en dans pour par sur avec est sont etait sera etre il elle ils elles on nous
            vous je j me mon ma mes notre nos votre vos leur leurs ce c cet cette ces qui que qu quoi quel quelle quels quelles quand
            comment combien pourquoi ou ne n pas plus s se y si dois doit peut peuvent faut ai ont t
            """),
        .spanish: list(
            """
            el la los las lo un una unos unas de del y o a al en para por con es son era fue sera ser esta estan hay se su sus mi mis
            nuestro nuestra tu que quien quienes cual cuales cuando donde como cuanto cuanta cuantos cuantas porque si no mas le les me
            puede pueden debe tiene tienen este esta estos estas
            """),
        .italian: list(
            """
            il lo la i gli le l un uno una di del dello della dei degli delle e o a al allo alla ai alle in nel nella per con su sul
            da dal dalla e sono era si mio mia suo sua nostro che chi cosa cos quale quali quando dove come quanto quanta quanti quante
            perche non piu ci ne ha hanno puo possono deve questo questa d
            """),
        .dutch: list(
            """
            de het een en of van te ten ter in op aan bij met voor naar uit door is zijn was waren wordt worden er ik we wij je jij u
            mijn ons onze uw hun haar wat wie waar wanneer waarom hoe welke welk hoeveel veel heeft hebben kan kunnen mag mogen moet
            moeten niet geen als ook tot om dat die dit deze
            """),
        .portuguese: list(
            """
            o a os as um uma de do da dos das e ou em no na nos nas para por com ao aos que quem qual quais quando onde como quanto
            quanta quantos quantas porque se nao mais sao era foi sera ser esta estao ha seu sua meu minha nosso pode podem deve tem
            este esta
            """),
    ]

    private static func list(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
