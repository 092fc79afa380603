import Testing

@testable import ClaimChecking

/// Names, codes and denial have to agree; the rest may be said in other words.
@Suite struct WordingTests {
    @Test(arguments: [
        ("Ruth Bewick leads purchasing.", true), ("Colin Bewick leads purchasing.", false),
        ("Anna Schmidt leads purchasing.", false),
        ("The report was written by Colin Bewick.", true), ("The report was written by Ruth Bewick.", false),
    ])
    func namesAgree(claim: String, isSupported: Bool) {
        let passage = "Purchasing is led by Ruth Bewick. The report of June was written by Colin Bewick."
        #expect((judged(claim, by: passage) == .supported) == isSupported)
    }

    @Test(arguments: [
        ("Write to help@larkmoor.example.", true), ("Write to sales@larkmoor.example.", false),
        ("The spare part is SP-2514C.", true),
        ("The spare part is SP-2514.", false), ("Call +44 1768 555 0140.", true), ("Call +44 1768 555 0199.", false),
    ])
    func codesAndAddressesAgree(claim: String, isSupported: Bool) {
        let passage = "The spare part is SP-2514C. Write to help@larkmoor.example or call +44 1768 555 0140."
        #expect((judged(claim, by: passage) == .supported) == isSupported)
    }

    struct Denial: Sendable {
        let claim: String
        let passage: String
        let isSupported: Bool
        init(_ claim: String, _ passage: String, _ isSupported: Bool) {
            (self.claim, self.passage, self.isSupported) = (claim, passage, isSupported)
        }
    }

    @Test(arguments: [
        Denial("Fines are refunded.", "Fines are never refunded.", false),
        Denial("Fines are not refunded.", "Fines are never refunded.", true),
        Denial("Smoking is not allowed in the hall.", "Smoking is allowed in the hall.", false),
        Denial("Nobody may enter the bay alone.", "No one may enter the bay alone.", true),
        Denial("The guard can be ordered without the pump.", "The guard cannot be ordered without the pump.", false),
        Denial("At most 200 litres are kept here.", "No more than 200 litres are kept here.", true),
        Denial(
            "The LD-110X may dose flammable liquids.", "The pumps must not dose flammable liquids, except the LD-110X.",
            true),
        Denial("The LD-250 may dose flammable liquids.", "The pump LD-250 must not dose flammable liquids.", false),
        Denial(
            "Der Vertrag ist kündbar und gilt im Ausland.", "Der Vertrag ist kündbar und gilt nicht im Ausland.", false),
        Denial("Der Vertrag gilt nicht im Ausland.", "Der Vertrag gilt nicht im Ausland.", true),
        Denial("Les repas sont remboursés.", "Les repas ne sont jamais remboursés.", false),
        Denial("Las multas se reembolsan.", "Las multas no se reembolsan nunca.", false),
        Denial("The door is open at night.", "The door is closed at night.", false),
        Denial("Send it before the audit.", "Send it after the audit.", false),
    ])
    func denialAgrees(denial: Denial) {
        #expect((judged(denial.claim, by: denial.passage) == .supported) == denial.isSupported)
    }

    @Test func aHalfThatIsNotThereMakesASentencePartlySupported() {
        let passage = "Electric bicycles up to £3,000 can be bought through salary sacrifice."
        #expect(
            judged("Electric bicycles up to £3,000 can be bought through salary sacrifice.", by: passage) == .supported)
        #expect(
            judged(
                "Electric bicycles up to £3,000 can be bought through salary sacrifice, and helmets come free.",
                by: passage) == .partly)
        #expect(judged("The canteen serves soup at noon.", by: passage) == .unsupported)
    }

    @Test func twoNeighboursBearOutWhatNeitherDoesAlone() {
        let passage = "The learning budget is open to everybody. It is £900 a year. Books count too."
        #expect(judged("The learning budget is £900 a year.", by: passage) == .supported)
        #expect(judged("The learning budget is £750 a year.", by: passage) == .unsupported)
    }
}
