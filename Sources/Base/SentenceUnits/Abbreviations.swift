/// Short forms that end with a point which ends no sentence, and words that begin one. Kept without points, in lower case.
enum Abbreviations {
    /// Whatever follows belongs to them: titles, "see", "for example".
    static let binding = words([
        "en": "mr mrs ms dr prof rev hon gen col capt lt sgt messrs st mt eg ie cf viz vs approx esp resp incl excl",
        "de": "bzw ca vgl zb dh ua ggf inkl exkl zzgl abzgl evtl insb sog dipl hr fr frl lt zt iv ia ev",
        "fr": "mme mlle mlles mmes mgr env cad pex cf av ste",
        "es": "sr sra srta sres dra dña ud uds pej aprox avda av",
        "it": "sig sigra dott dottssa avv pes cfr ca prof",
        "nl": "bijv dhr mevr mw drs ir ing mr bv nl ca incl excl jl zgn ivm tav tov mbt",
        "pt": "sra srs sras dra eng exmo exma pex av",
        "sv": "tex dvs ca inkl exkl fd sk kap",
        "ru": "г ул д см напр т тыс млн млрд проф акад",
        "pl": "np tzn tj prof inż mgr ul al św dr hab",
        "tr": "örn yard doç av bkz vb",
        "ro": "dl dna str nr bd ing",
    ])
    /// They belong to a number or a mark that has one.
    static let numbered = words([
        "en":
            "no nos art arts para paras sec secs fig figs vol vols ch chap chs p pp pg eq ex app appx ref refs tab cl ver ext "
            + "jan feb mar apr jun jul aug sep sept oct nov dec tel rm fl ser iss ed circa",
        "de":
            "nr nrn abs ziff kap bd bde aufl s ss abb anl rn rz lfd stk tel art jän jan feb mär apr okt dez hausnr plz",
        "fr": "n nº al chap fig janv févr avr juil sept oct déc tél p",
        "es": "núm núms nro cap pág págs fig ene abr ago dic tel apdo",
        "it": "num artt comma cap pag pagg fig gen mag giu lug ago set ott dic tel lett",
        "nl": "nr nrs hfst blz pag afb mrt okt tel",
        "pt": "nº núm cap pág págs fig fev abr ago set out dez tel",
        "sv": "nr nrs kap sid s fig mom st",
        "ru": "ст п пп гл рис табл с стр",
        "pl": "nr ust pkt poz rozdz rys s tel",
    ])
    /// They may end a sentence: they do where one begins after them.
    static let ambiguous = words([
        "en": "inc ltd co corp jr sr etc al am pm bc ad dept est mfg intl assn bros ave blvd rd max mio mrd",
        "de": "mio mrd tsd usw etc gmbh jh std jhdt bspw mwst str ing",
        "fr": "etc cie ste ex bld",
        "es": "etc cía sa dep aprox ej",
        "it": "ecc srl",
        "nl": "enz mln mld eeuw",
        "pt": "etc cia ltda ex",
        "sv": "osv mm mkr tkr",
    ])

    /// Words that open sentences and hardly ever follow an abbreviation within one.
    static let openers = words([
        "en":
            "the a an it its he she they we you this that these those there here if when while after before in on at by for from "
            + "to all no every each his her their our your my but and or so however please both not only then next",
        "de":
            "der die das den dem des ein eine einer es er sie wir ihr dies diese dieser dieses danach dann wenn falls nach vor "
            + "bei mit für im in am auf zu alle jeder jede und aber oder auch nicht nur bitte",
        "fr":
            "le la les l un une des il elle ils elles nous vous ce cette ces si quand après avant dans pour et mais tous",
        "es":
            "el la los las un una unos ella ellos ellas este esta estos estas si cuando después antes en para y pero todos",
        "it":
            "il lo la i gli le un uno una egli essa essi questo questa questi se quando dopo prima nel per e ma tutti",
        "nl": "de het een hij zij ze wij dit deze die als wanneer na voor in op en maar alle",
        "pt": "o os as um uma ele ela eles elas este esta isto se quando depois antes em no na para e mas todos",
        "sv": "den det en ett han hon de vi detta dessa om när efter före i på och men alla",
    ])

    /// Words before an ordinal: "am 3. Mai", "im 2. Quartal".
    static let beforeOrdinals = words([
        "de":
            "am der dem den des die das im vom zum zur bis beim ab seit nach vor und oder ihrem seinem ihr sein jeden jedem jeder",
        "sv": "den det i", "nb": "den det i til fra",
    ])

    /// Months that follow an ordinal with a point.
    static let months = words([
        "de": "januar jänner februar feber märz april mai juni juli august september oktober november dezember",
        "nb": "januar februar mars april mai juni juli august september oktober november desember",
        "da": "marts maj december",
        "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta",
        "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
        "short": "jan feb mär mrz apr jun jul aug sep sept okt nov dez",
    ])

    private static func words(_ byLanguage: [String: String]) -> Set<String> {
        Set(byLanguage.values.flatMap { $0.split(separator: " ") }.map(String.init))
    }
}
