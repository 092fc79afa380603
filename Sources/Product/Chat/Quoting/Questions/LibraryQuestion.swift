/// A question about the documents themselves, which no passage answers.
enum LibraryQuestion: Sendable, Equatable {
    /// Which documents there are.
    case names
    /// What documents are about; of those whose names have these words, or of all.
    case summary(of: [String])

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
