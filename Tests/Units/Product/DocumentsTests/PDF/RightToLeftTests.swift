import Testing

@testable import Documents

/// Lines from right to left, as poppler writes them of pages that a browser has printed.
@Suite struct RightToLeftTests {
    @Test(arguments: [
        // Pages from right to left.
        (
            "\u{202B}שלום עולם\u{202A} ,\u{202C}המחיר הוא \u{202A} 120\u{202C}ש\"ח ליום\u{202A}.\u{202C}\u{202C}",
            "שלום עולם, המחיר הוא 120 ש\"ח ליום."
        ),
        (
            "\u{202B}הטלפון \u{202A} 03-1234567\u{202C}של חברת \u{202A} Northwind\u{202C}בלבד\u{202A}.\u{202C}\u{202C}",
            "הטלפון 03-1234567 של חברת Northwind בלבד."
        ),
        ("\u{202B}הוא (\u{202A} )120%\u{202C}ש\"ח\u{202C}", "הוא (120%) ש\"ח"),
        ("\u{202B}\u{202A} means peace.\u{202C}שלום \u{202A}The word\u{202C}\u{202C}", "The word שלום means peace."),
        ("\u{202B}السعر هو \u{202A} 120\u{202C}ريال في اليوم\u{202A}.\u{202C}\u{202C}", "السعر هو 120 ريال في اليوم."),
        // Pages from left to right.
        ("uses the word \u{202B}( שלום עולם\u{202C}peace) twice.", "uses the word שלום עולם (peace) twice."),
        (
            ".130 \u{202B} לא\u{202C},\u{202B} שקל\u{202C}120 \u{202B}השורה הזאת (חשובה) עולה\u{202C}",
            "השורה הזאת (חשובה) עולה 120 שקל, לא 130."
        ),
        ("\u{202B}שלום עולם\u{202C}", "שלום עולם"), ("plain", "plain"), ("", ""),
        ("\u{202B}", ""), ("\u{202C}\u{202C}א\u{202B}", "א"), ("\u{202A}x\u{202C}\u{202B}", "x"),
    ])
    func aLineIsInTheOrderOfReading(line: String, expected: String) {
        #expect(RightToLeft.ordered(line) == expected)
        #expect(RightToLeft.ordered("one\n\(line)\ntwo") == "one\n\(expected)\ntwo")
    }

    @Test(arguments: [
        (".םויל ח\"ש 120 אוה ריחמה ,םלוע םולש", "שלום עולם, המחיר הוא 120 ש\"ח ליום."), ("plain words", "plain words"),
        (".דבלב Northwind תרבח לש 03-1234567 ןופלטה", "הטלפון 03-1234567 של חברת Northwind בלבד."),
    ])
    func whatStandsOnThePageIsRead(visual: String, expected: String) {
        #expect(RightToLeft.ordered(visual: visual) == expected)
    }
}
