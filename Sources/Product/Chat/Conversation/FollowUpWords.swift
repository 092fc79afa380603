/// The small words by which questions lean on others.
enum FollowUpWords {
    /// What joins a question to the one before, longest first.
    static let openers: [[String]] = [
        "and what about", "but what about", "and how about", "what about", "how about", "and", "but", "or", "also",
        "so", "then",
        "ok", "okay", "und was ist mit", "was ist mit", "und", "aber", "oder", "et pour", "et", "mais", "y", "pero",
        "ed", "ma", "en",
        "maar", "mas",
    ].map { $0.split(separator: " ").map(String.init) }

    static let asking = words(
        """
        what which who whom whose when where why how is are was were do does did can could may must should will would has have had
        am tell list show
        """)
    static let auxiliary = words(
        "is are was were be been do does did can could may might must should will would has have had shall get gets")
    static let doers = words("i we you they he she who")
    static let determiners = words(
        "the a an my your our their its his her this that these those any each every some no all")
    static let prepositions = words(
        "in of for on at from to with by under over during before after between within without per about")

    /// Words that stand for something said before.
    static let pointers = words(
        """
        it its they them their theirs he she him his her hers latter former
        """)
    static let oneWords = words("one ones")
    static let demonstratives = words("this that these those")
    static let ofPeople = words("he she him his her hers")
    static let possessive = words("its their his her")

    /// Sums that are things of their own: "the rent of the flat" is what is due.
    static let dues = words(
        "rent deposit fee fine tax salary budget allowance refund bonus penalty discount premium charge deadline account balance"
    )
    /// Pronouns of the other languages that are no articles.
    static let foreign = words(
        """
        er sie es ihn ihm ihr ihre ihren ihrer dessen deren dort dazu davon dafür damit il elle ils elles leur leurs cela ça celui
        celle su sus ese esa eso aquel suo sua suoi esso essa quello quella hij zij ze zijn haar daar ele ela seu sua isso
        """)

    static let verbs = words(
        """
        last lasts hold holds cost costs cover covers serve open opens close closes begin begins start starts end ends work works need
        needs take takes happen happens mean means apply applies expire expires pay pays get go goes weigh weighs contain contains
        include includes belong belongs come comes give gives keep keeps know leave leaves live lives make makes offer offers own owns
        provide provides receive receives require requires run runs say says send sends show shows stand stands stay stays store
        stores use uses want wants write writes run seat seats sit change changes change approve approves sign signs decide decides
        cancel return returns report reports ask asks help helps allow allows support supports manage manages lead leads teach teaches
        sent kept made paid taken given used stored covered included allowed required needed opened closed tested cancelled canceled
        served located called written signed approved changed calculated collected replaced delivered sold bought done found held
        """)

    static func isSmall(_ word: String) -> Bool {
        let plain = word.lowercased()
        return asking.contains(plain) || auxiliary.contains(plain) || determiners.contains(plain)
            || prepositions.contains(plain)
            || others.contains(plain)
    }

    private static let others = words(
        """
        and or but not i you we they it he she me us them there here long much many often high far big old so if then than as also too
        please be it's what's
        """)

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
