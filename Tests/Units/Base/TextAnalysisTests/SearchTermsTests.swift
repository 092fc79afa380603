import Testing

@testable import TextAnalysis

/// Which texts find each other.
@Suite struct SearchTermsTests {
    /// How much of what a question asks for a passage has, from 0 to 1.
    private func share(_ question: String, in passage: String, _ language: Language) -> Float {
        let asked = SearchTerms(question: question, languages: [language])
        let held = Set(SearchTerms(passage: passage, languages: [language]).indices)
        let all = asked.values.reduce(0, +)
        let found = zip(asked.indices, asked.values).reduce(Float(0)) { $0 + (held.contains($1.0) ? $1.1 : 0) }
        return all > 0 ? found / all : 0
    }

    @Test(arguments: [
        ("reimbursed expenses", "Reimbursement of an EXPENSE", Language.en),
        ("Kündigungsfristen", "die Kündigungsfrist", .de),
        ("übergabe", "Die ÜBERGABE ist am Montag.", .de), ("ubergabe", "Die Übergabe", .de), ("strasse", "Straße", .de),
        ("договора", "ДОГОВОР вступает в силу", .ru), ("remboursements", "le remboursement", .fr),
        ("contratos", "El contrato", .es), ("営業時間", "営業時間は九時から", .en),
        ("RMA-20137", "Return authorisation RMA-20137 of", .en),
        ("manufacturer's", "the manufacturer’s", .en), ("certificate", "a certiﬁcate", .en), ("ΤΕΛΟΣ", "τέλος", .el),
        ("ISTANBUL", "İstanbul", .tr), ("مَدرسة", "مدرسة", .ar),
    ])
    func findsWhatSaysTheSame(question: String, passage: String, language: Language) {
        #expect(share(question, in: passage, language) > 0.7)
    }

    @Test(arguments: [
        ("RMA-20137", "Return authorisation RMA-20138", Language.en), ("SN4711", "serial number SN4712", .en),
        ("営業", "休業日", .en),
        ("the of and", "the of and", .en), ("cat", "dog", .en),
    ])
    func doesNotFindWhatSaysSomethingElse(question: String, passage: String, language: Language) {
        #expect(share(question, in: passage, language) < 0.6)
    }

    @Test func termsAreAscendingAndWeighOnceForEachQuestion() {
        let terms = SearchTerms(question: "lab lab laboratory 3 in lab 3", languages: [.en])
        #expect(terms.indices == Set(terms.indices).sorted() && terms.values.allSatisfy { $0 <= 1 })
    }

    @Test func whatOccursOftenWeighsMoreAndLongTextsLess() {
        func weight(_ text: String) -> Float {
            let terms = SearchTerms(passage: text, languages: [.en])
            let term = SearchTerms(question: "valve", languages: [.en]).indices.first
            return zip(terms.indices, terms.values).first { $0.0 == term }?.1 ?? 0
        }
        let once = weight("valve and pump")
        #expect(
            weight("valve valve pump") > once && once > weight("valve " + String(repeating: "pump ", count: 300))
                && once > 0)
    }
}
