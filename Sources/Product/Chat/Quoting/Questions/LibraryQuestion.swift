import TextSearch

/// A question about the documents themselves, which no passage answers.
enum LibraryQuestion: Sendable, Equatable {
    /// Which documents there are.
    case names
    /// What documents are about; of those whose names have these words, or of all.
    case summary(of: [String])
    /// Which documents speak of something that is called by these words.
    case mentions(of: [String])

    /// `nil` for every other question.
    init?(_ question: String) {
        let language = QuestionLanguage.guess(question)
        let words = AnswerWord.words(question, language).map(\.plain)
        let folded = AnswerWord.folded(Array(question.unicodeScalars)[...])
        if Self.unspacedNames.contains(where: { folded.contains($0) }) {
            self = .names
            return
        }
        if Self.unspacedSummaries.contains(where: { folded.contains($0) }) {
            self = .summary(of: [])
            return
        }
        let content = words.filter { !language.small.contains($0) && !Self.asking.contains($0) }
        let others = content.filter { !Self.documents.contains($0) && !Self.summaries.contains($0) }
        let namesDocuments = words.contains { Self.documents.contains($0) }
        let isAbout =
            words.contains("about") || words.contains("handelt") || words.contains("geht") || words.contains("parle")
        let spoken = content.filter {
            !Self.documents.contains($0) && !Self.mentioning.contains($0) && !Self.pages.contains($0)
                && !Self.listing.contains($0)
        }
        if Self.asksWhichDocument(words), !words.contains(where: Self.denying.contains),
            isAbout || words.contains(where: { Self.mentioning.contains($0) }),
            !spoken.isEmpty
        {
            self = .mentions(of: spoken)
            return
        }
        let wantsSummary = words.contains { Self.summaries.contains($0) } || isAbout && others.isEmpty && namesDocuments
        if wantsSummary, namesDocuments || !others.isEmpty || words.count <= 2 {
            // "a summary of the costs" asks for costs, "summarise the travel policy" for a document, if one has that name.
            self = .summary(of: others)
        } else if namesDocuments, others.isEmpty, !isAbout, words.contains(where: { Self.plural.contains($0) }) {
            self = .names
        } else {
            return nil
        }
    }

    /// "Which document …", "is there a file that …", "list all documents …", not "what does the document …".
    private static func asksWhichDocument(_ words: [String]) -> Bool {
        guard let noun = words.prefix(8).firstIndex(where: { documents.contains($0) || pages.contains($0) }) else {
            return false
        }
        let lead = words[..<noun].drop { introducing.contains($0) }
        if let first = lead.first, lead.count <= 5, which.contains(first) {
            return lead.dropFirst().allSatisfy { between.contains($0) }
        }
        // Without "which" the documents are asked for only if they are told apart by what they say.
        return noun > 0 && lead.allSatisfy { between.contains($0) || listing.contains($0) }
            && words[..<noun].contains { listing.contains($0) }
            && words[(noun + 1)...].prefix(3).contains { mentioning.contains($0) || $0 == "about" }
    }

    /// What is not said anywhere cannot be quoted.
    private static let denying = list("not no never nicht kein keine nie pas aucun non nunca niet geen nao")
    private static let which = list(
        "which what welche welches welchen welchem quel quels quelle que cuales cual quale quali welk quais qual")
    private static let between = list(
        "of me the my our your these all a an any von den der des mes nos de los mis dei i dos os")
    private static let introducing = list("in on and so please can you could tell me in auf dans en")
    private static let listing = list("list show find give name is are there search look for gibt es zeige liste finde")
    private static let pages = list("page pages seite seiten")
    private static let mentioning = list(
        """
        mention mentions mentioned mentioning talk talks talking discuss discusses discussing contain contains containing cover covers
        covering describe describes describing refer refers referring
        speak speaks deal deals explain explains address addresses include includes something anything word words
        erwahnt erwahnen behandelt behandeln beschreibt beschreiben enthalt enthalten spricht sprechen steht
        mentionne mentionnent parlent traite traitent contient contiennent decrit decrivent
        menciona mencionan habla hablan trata tratan contiene contienen describen contem falam fala vermeldt beschrijft
        """)
    private static let documents = list(
        """
        document documents file files pdf pdfs text texts doc docs library dokument dokumente dokumenten datei dateien unterlagen
        fichier fichiers documento documentos archivo archivos documenti bestand bestanden documenten arquivo arquivos
        """)
    private static let plural = list(
        """
        documents files pdfs texts docs library dokumente dokumenten dateien unterlagen fichiers documentos archivos documenti
        bestanden documenten arquivos
        """)
    private static let summaries = list(
        """
        summarise summarize summary summaries overview gist tldr zusammenfassen zusammenfassung fasse uberblick resume resumer resumez
        resumen resumir riassumi riassunto riassumere samenvatten samenvatting resumo resuma
        """)
    /// What is asked around it and names nothing.
    private static let asking = list(
        """
        list show name names available uploaded upload loaded here access read see currently present exist exists stored together
        short brief quick main key points content contents topic topics whole entire all zusammen bitte hast habt vorhanden kennst
        disponibles tienes hay avez ci sono heb er zijn tens existem
        """)
    private static let unspacedNames = ["有哪些文件", "有哪些文档", "有什么文件", "どんな文書", "どんなファイル", "ファイル一覧", "文書一覧"]
    private static let unspacedSummaries = ["总结", "摘要", "概括", "要約", "まとめて", "요약"]

    private static func list(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
