import Testing

@testable import ClaimChecking

/// Numbers, units, dates and times have to agree, however they are written.
@Suite struct NumberTests {
    struct Pair: Sendable {
        let claim: String
        let passage: String
        init(_ claim: String, _ passage: String) { (self.claim, self.passage) = (claim, passage) }
    }

    @Test(arguments: [
        Pair("The tank holds 1,200 litres.", "The tank holds 1200 litres of water."),
        Pair("The tank holds 1.200 litres.", "The tank holds 1,200 litres of water."),
        Pair("The tank holds twelve hundred litres.", "The tank holds 1,200 litres of water."),
        Pair("The box holds a dozen bottles.", "The box holds twelve bottles."),
        Pair("The order was worth 2.3 million pounds.", "The order was worth £2,300,000 in all."),
        Pair("The discount is 15%.", "The discount is 15 per cent."),
        Pair("The discount is 15 percent.", "The discount is fifteen per cent."),
        Pair("The trial lasts two years.", "The trial lasts 24 months."),
        Pair("The call took half an hour.", "The call took 30 minutes."),
        Pair("A ticket costs £0.45.", "A ticket costs 45 pence."),
        Pair("A ticket costs 20 euros.", "A ticket costs €20."),
        Pair("The visit takes 8 to 12 weeks.", "The visit takes 8–12 weeks."),
        Pair("Rent is paid for one week.", "Rent is paid for a week."),
        Pair("The course takes three and a half hours.", "The course takes 3.5 hours."),
        Pair("It was signed on 3 May 2024.", "The contract was signed on 2024-05-03."),
        Pair("It was signed on May 3, 2024.", "The contract was signed on 03.05.2024."),
        Pair("It was signed on 3 May 2024.", "It was signed on 3. Mai 2024."),
        Pair("It was signed in May 2024.", "It was signed on 3 May 2024."),
        Pair("It was signed on 3 de mayo de 2024.", "It was signed on 3 May 2024."),
        Pair("The office opens at 9 am.", "The office opens at 09:00."),
        Pair("The office closes at 5:30 pm.", "The office closes at 17:30."),
        Pair(
            "The works are closed on 29, 30 and 31 December.",
            "The works are closed from 29 to 31 December and on 30 December."),
    ])
    func writtenInOtherWaysTheyAgree(pair: Pair) { #expect(judged(pair.claim, by: pair.passage) == .supported) }

    @Test(arguments: [
        Pair("The tank holds 1,300 litres.", "The tank holds 1200 litres of water."),
        Pair("The box holds ten bottles.", "The box holds twelve bottles."),
        Pair("The discount is 15%.", "The discount is 15 euros."),
        Pair("The trial lasts 24 weeks.", "The trial lasts 24 months."),
        Pair("A ticket costs £45.", "A ticket costs 45 pence."), Pair("A ticket costs $20.", "A ticket costs €20."),
        Pair("It was signed on 3 June 2024.", "It was signed on 3 May 2024."),
        Pair("It was signed on 5 March 2024.", "It was signed on 2024-05-03."),
        Pair("It was signed on 3 May 2025.", "It was signed on 3 May 2024."),
        Pair("The office opens at 9 pm.", "The office opens at 09:00."),
        Pair("At least 20 people may enter.", "At most 20 people may enter."),
        Pair("The tank holds up to 50 litres.", "The tank holds at least 50 litres."),
        Pair("It freezes at -10 °C.", "It freezes at 10 °C."),
    ])
    func ofAnotherValueOrUnitTheyDoNot(pair: Pair) { #expect(judged(pair.claim, by: pair.passage) != .supported) }

    /// Each number of a sentence belongs to what stands around it.
    @Test(arguments: [
        ("Dental treatment is refunded up to £120.", true), ("Dental treatment is refunded up to £250.", false),
        ("Physiotherapy is refunded up to £250.", true), ("Optical care is refunded up to £120.", false),
    ])
    func aNumberOfSomethingElseIsNoSupport(claim: String, isSupported: Bool) {
        let passage =
            "The plan refunds up to £120 for dental treatment, £100 for optical care and £250 for physiotherapy."
        #expect((judged(claim, by: passage) == .supported) == isSupported)
    }

    @Test(arguments: [
        ("1,200", [1.2, 1200]), ("1.200", [1.2, 1200]), ("0.125", [0.125]), ("1,200.50", [1200.5]),
        ("1.200,50", [1200.5]), ("1.234.567", [1_234_567]),
        ("12", [12]), ("3,4", [3.4]), ("1.2.3", []), ("1,2.3,4", []), ("", []),
    ])
    func figuresHaveTheReadingsThatTheyMayHave(figures: String, readings: [Double]) {
        #expect(Numerals.readings(figures) == readings)
    }

    @Test(arguments: [
        ("nineteen", 19.0), ("twenty-five", 25), ("two hundred and ten", 210), ("three thousand", 3000),
        ("a dozen", nil), ("zwölf", 12), ("quinze", 15),
        ("veinte", 20), ("banana", nil),
    ])
    func wordsAreNumbersToo(words: String, value: Double?) {
        let scalars = Array(words.unicodeScalars)
        let tokens = Tokenizer.tokens(scalars, in: 0..<scalars.count)
        #expect(Numerals.spelled(tokens[...])?.value == value)
    }
}
