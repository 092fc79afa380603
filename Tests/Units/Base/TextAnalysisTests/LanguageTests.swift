import Testing

@testable import TextAnalysis

/// The language of a question.
@Suite struct LanguageTests {
    @Test(arguments: [
        ("What is the deductible of the Silver plan?", Language.en), ("Wie hoch ist die Kaution für die Wohnung?", .de),
        ("Quel est le délai de résiliation ?", .fr), ("¿Cuál es el plazo de la garantía?", .es),
        ("Qual è la durata della garanzia?", .it), ("Qual é o prazo da garantia?", .pt),
        ("Wat is de opzegtermijn van het contract?", .nl),
        ("Hur lång är uppsägningstiden för avtalet?", .sv), ("Когда вступает в силу договор?", .ru),
        ("Πόσο διαρκεί η εγγύηση;", .el),
        ("متى يبدأ العقد؟", .ar), ("अनुबंध कब शुरू होता है?", .hi), ("Sözleşme ne zaman ve nasıl biter?", .tr),
    ])
    func isGuessed(question: String, language: Language) { #expect(Language.guess(question).first == language) }

    @Test func withoutAnySmallWordThereAreSeveral() { #expect(Language.guess("PerksPlus").contains(.en)) }

    @Test func eachHasItsStemmer() {
        for language in Language.allCases { #expect(Stemmer(language).stem("aaaaa") != "") }
    }
}
