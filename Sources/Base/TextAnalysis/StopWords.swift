/// The smallest words of languages: they tell a language, and say nothing about what a text is about.
enum StopWords {
    private static let lists: [Language: String] = [
        .en: """
        the a an and or of to in on for with is are was were be been do does did it its this that these those as at by from i my
        me we our you your they their he she what which who whom when where why how can could should would will shall may might
        must if there any some not no about have has had than then so but also into under between am us
        """,
        .de: """
        der die das den dem des ein eine einen einem einer eines und oder ist sind war waren wird werden wurde nicht mit von vom zu
        zum zur im in am an auf für bei aus nach über unter wie was wer wen wem wo wann warum welche welcher welches welchen kann
        muss ich er sie es wir ihr man hat haben sich auch als dass wenn noch nur durch um
        """,
        .fr: """
        le la les un une des du de et ou est sont était être dans pour par sur avec sans que qui quoi quel quelle quels quelles où
        quand comment pourquoi combien ce cette ces il elle on nous vous ils elles je tu ne pas plus se son sa ses leur leurs au aux
        en à y
        """,
        .es: """
        el la los las un una unos unas de del y o es son era ser en para por con sin sobre que quién qué cuál cuáles cuándo cómo dónde
        cuánto cuánta cuántos cuántas este esta estos estas se su sus al lo no más le les como
        """,
        .it: """
        il lo la i gli le un uno una di del della dello dei degli delle e o è sono era essere in nel nella per con su che chi cosa
        quale quali quando come dove quanto quanta quanti quante questo questa si non al alla ai da dal dalla più
        """,
        .pt: """
        o a os as um uma uns umas de do da dos das e ou é são era ser em no na nos nas para por com sem sobre que quem qual quais
        quando como onde quanto quanta quantos quantas este esta se seu sua ao à não mais
        """,
        .nl: """
        de het een en of is zijn was waren wordt worden in op voor met van aan bij uit naar over onder wat wie waar wanneer waarom
        hoe welke kan moet ik hij zij ze wij we er niet ook als dat die dit deze om te door
        """,
        .sv: """
        en ett den det de och eller är var vara i på för med av till från om som vad vem när var varför hur vilken vilket vilka kan
        ska jag han hon vi ni man inte också att sig
        """,
        .da: """
        en et den det de og eller er var være i på for med af til fra om som hvad hvem hvornår hvor hvorfor hvordan hvilken hvilke kan
        skal jeg han hun vi man ikke også at sig
        """,
        .ro: """
        un o și sau este sunt era fi în la pentru cu fără pe de din ce cine care când cum unde cât câtă câți câte acest această se nu
        mai al ale lui
        """,
        .tr:
            "ve veya bir bu şu o mi mı mu mü ne kim nerede nasıl neden hangi kaç için ile da de en çok ki olan var yok",
        .ru: """
        и или в во на по с со к из у о об от для за не что кто где когда как какой какая какие какое сколько почему это этот эта эти
        он она они мы вы я его её их был была было были есть бы же ли
        """,
        .el:
            "ο η το οι τα του της των τον την στο στη στην και ή είναι ήταν σε με για από που πού ποιος πότε πώς τι πόσο δεν να θα",
        .ar: "في من على إلى عن مع هل ما ماذا من متى أين كيف كم لماذا هذا هذه ذلك التي الذي هو هي و أو أن إن كان لا",
        .hi: "का के की को में से पर है हैं था थे थी और या यह वह क्या कौन कब कहाँ कैसे कितने कितना कितनी क्यों ने भी नहीं",
    ]

    private static let words: [String: [Language]] = {
        var words: [String: [Language]] = [:]
        for (language, text) in lists {
            for word in text.split(whereSeparator: \.isWhitespace) { words[String(word), default: []].append(language) }
        }
        return words
    }()

    /// The languages in which the word, in lower case, is one of the smallest.
    static func languages(of word: String) -> [Language] { words[word] ?? [] }

    /// Whether it is one in some of the languages.
    static func contains(_ word: String, in languages: [Language]) -> Bool {
        words[word]?.contains { languages.contains($0) } ?? false
    }
}
