import Models
import Testing

@testable import Chat

/// Questions that lean on what was said before, completed by rules.
@Suite struct FollowUpTests {
    struct Talk: Sendable {
        /// Each question with its complete form; `nil` when it stands by itself.
        let questions: [(String, String?)]
        var answer = ""
    }

    static let talks = [
        Talk(questions: [
            ("What does the cabinet in room 3 hold?", nil),
            ("And the one in room 5?", "What does the cabinet in room 5 hold?"),
            ("Who has the keys?", nil),
        ]),
        Talk(questions: [
            ("How long does the basic licence last?", nil),
            ("And the extended one?", "How long does the extended licence last?"),
            ("What does it cost?", "What does the extended licence cost?"),
            ("Where are its terms kept?", "Where are the extended licence's terms kept?"),
        ]),
        Talk(questions: [
            ("What is the deductible of the Pine plan?", nil),
            ("And the Oak plan?", "What is the deductible of the Oak plan?"),
            ("What about the copay?", "What is the copay of the Oak plan?"),
        ]),
        Talk(
            questions: [
                ("Who signs claims above 500 euros?", nil),
                ("What is her extension?", "What is Ines Vogel's extension?"),
                ("Where does she work?", "Where does Ines Vogel work?"),
            ], answer: "“They are signed by Ines Vogel, head of finance.” [1]"),
        Talk(questions: [
            ("How high is the rent of the flat?", nil), ("And when is it due?", "When is the rent of the flat due?"),
            ("And how can the lease be cancelled?", nil),
            ("And how can it be extended?", "How can the lease be extended?"),
        ]),
        Talk(questions: [
            ("How much leave do people in Leeds get?", nil),
            ("And in Ghent?", "How much leave do people in Ghent get?"),
        ]),
        Talk(questions: [
            ("What is the flow of the KP-20?", nil), ("And the KP-20X?", "What is the flow of the KP-20X?"),
            ("How heavy is it?", "How heavy is the KP-20X?"),
        ]),
        Talk(questions: [
            ("Does the guarantee cover the boiler?", nil),
            ("For how long?", "For how long the guarantee cover the boiler?"),
        ]),
        Talk(questions: [
            ("What does the Premier plan pay for baggage?", nil),
            ("And Basic?", "What does the Basic plan pay for baggage?"),
        ]),
        Talk(questions: [
            ("How long does goulash keep in the fridge?", nil),
            ("And in the freezer?", "How long does goulash keep in the freezer?"),
            ("What should I serve with it?", "What should I serve with goulash?"),
        ]),
        Talk(questions: [
            ("What was decided about phones?", nil),
            ("How many abstained?", "How many abstained decided about phones?"),
        ]),
        Talk(questions: [
            ("What changed in release 4.2?", nil), ("How do I upgrade?", "How do I upgrade changed in release 4.2?"),
        ]),
        Talk(
            questions: [
                ("Who is Dr Solheim?", nil), ("When can I see her?", "When can I see Dr Marit Solheim?"),
            ], answer: "“Lecturer: Dr Marit Solheim, room B 3.17, office hours Wednesday 14–16” [1]"),
        Talk(questions: [
            ("Wie hoch ist die Kaution?", nil), ("Und wann ist sie fällig?", "Wann ist sie fällig (Kaution)?"),
        ]),
    ]

    @Test(arguments: talks) func followUpsAreCompleted(talk: Talk) async {
        var history: [ModelMessage] = []
        for (question, complete) in talk.questions {
            #expect(await FollowUp(model: nil).standalone(question, after: history) == complete, "\(question)")
            if complete != nil { #expect(FollowUp.isLikely(question), "\(question)") }
            history += [ModelMessage(.user, question), ModelMessage(.assistant, talk.answer)]
        }
    }

    @Test(arguments: [
        "Is there a gym?", "What is the warranty and how long does it last?", "When is the fire alarm tested?",
        "Does the manual say that it is safe?", "Which plans cover more than ten visits?",
        "What is this document about?",
        "What does error E07 mean?", "When is lunch?", "Who chairs the council?", "How many members are there?",
    ])
    func whatStandsByItselfIsLeftAlone(question: String) async {
        let history = [
            ModelMessage(.user, "How long does the extended warranty last?"), ModelMessage(.assistant, "Five years."),
        ]
        #expect(await FollowUp(model: nil).standalone(question, after: history) == nil)
    }

    @Test func nothingIsCompletedFromNothing() async {
        #expect(await FollowUp(model: nil).standalone("And the other one?", after: []) == nil)
    }
}
