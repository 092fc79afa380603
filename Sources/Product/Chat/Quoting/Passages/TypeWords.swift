import TextAnalysis

/// Words that show what a sentence names. Folded; in the languages whose questions are understood.
enum TypeWords {
    static let numbers = list(
        """
        one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty fifty
        sixty seventy eighty ninety hundred thousand million once twice half third quarter dozen double triple
        zwei drei vier funf sechs sieben acht neun zehn elf zwolf zwanzig dreissig vierzig funfzig hundert tausend doppelt halb
        deux trois quatre cinq sept huit neuf dix onze douze quinze vingt trente quarante cinquante cent mille
        dos tres cuatro cinco siete ocho nueve diez once doce quince veinte treinta cuarenta cincuenta cien mil
        due tre quattro cinque sei sette otto nove dieci dodici venti trenta quaranta cinquanta cento
        twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig veertig vijftig honderd duizend
        dois tres quatro sete oito nove dez doze vinte trinta quarenta cinquenta cem
        """)
    static let hanNumbers: Set<Unicode.Scalar> = [
        "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "百", "千", "万", "億", "亿", "两",
    ]
    static let amounts = list("free none nothing gratis kostenlos gratuit unlimited kostenfrei frei")
    static let timeUnits = list(
        """
        second seconds minute minutes hour hours h min day days week weeks month months year years night nights quarter quarters
        sekunde sekunden minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren
        seconde secondes heure heures jour jours semaine semaines mois an ans annee annees
        segundo segundos minuto minutos hora horas dia dias semana semanas mes meses ano anos
        secondi minuti ora ore giorno giorni settimana settimane mese mesi anno anni
        seconden minuten uur uren dag dagen week weken maand maanden jaar jaren mes
        """)
    static let frequencies = list(
        """
        daily weekly monthly quarterly annually yearly hourly every each once twice always never permanently immediately
        taglich wochentlich monatlich jahrlich vierteljahrlich jede jeden jedes sofort
        chaque quotidien mensuel annuel cada diario mensual anual ogni mensile annuale elke wekelijks maandelijks jaarlijks
        """)
    static let months = list(
        """
        january february march april june july august september october november december jan feb mar apr jun jul aug sep
        sept oct nov dec januar februar marz mai juni juli oktober dezember janvier fevrier mars avril juin juillet aout
        septembre octobre novembre decembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
        diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre januari februari maart mei
        augustus janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro
        """)
    static let dates = months.union(
        list(
            """
            monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays
            sundays weekday weekdays weekend weekends noon midnight christmas easter today tomorrow morning afternoon evening
            spring summer autumn winter montag dienstag mittwoch donnerstag freitag samstag sonntag montags dienstags mittwochs
            donnerstags freitags samstags sonntags mittag mitternacht lundi mardi mercredi jeudi vendredi samedi dimanche midi
            minuit lunes martes miercoles jueves viernes sabado domingo lunedi martedi mercoledi giovedi venerdi sabato domenica
            maandag dinsdag woensdag donderdag vrijdag zaterdag zondag segunda terca quarta quinta sexta
            """))
    static let timeRelations = list(
        """
        after before until till when within during upon since later earlier daily weekly monthly annually day date
        nach vor bis wenn wahrend seit sobald apres avant jusqu lorsque despues antes hasta cuando dopo prima quando na voor tot
        depois ate
        """)
    /// What tells a time by what happens then.
    static let timePhrases = [
        "whenever", "as soon as", "at the end of", "at the beginning of", "at the start of", "prior to",
        "no later than",
        "upon ", "once ", "at least annually", "at all times", "periodically", "regularly", "sobald", "am ende",
        "zu beginn",
        "dès que", "à la fin", "au début", "en cuanto", "al final", "al principio", "non appena", "alla fine", "zodra",
        "aan het einde", "assim que", "no final",
    ]
    /// Nouns whose number is a name: "step 7".
    static let labelled = list(
        """
        step steps section sections chapter clause clauses article item appendix annex figure table page level phase version
        part paragraph no nr point line schedule exhibit option schritt abschnitt kapitel artikel punkt seite etape chapitre
        paso capitulo passo capitolo stap hoofdstuk
        """)
    static let labelledStems = Set(labelled.map(Stemmer(.en).stem)).union(labelled)
    static let clock = list("am pm o'clock clock uhr h heures horas hours ore uur hrs noon")
    static let places = list(
        """
        street road avenue lane square room floor building basement lobby office hall lawn yard garage station reception desk
        gate corridor city town village country north south east west upstairs downstairs behind beside opposite outside inside
        entrance cabinet drawer shelf garden kitchen website online centre center warehouse
        strasse platz raum zimmer stock etage gebaude keller erdgeschoss empfang hof garten buro halle stadt neben hinter
        rue salle etage batiment cave accueil bureau ville calle sala piso edificio sotano recepcion oficina ciudad
        via stanza piano edificio ufficio citta straat kamer verdieping gebouw kelder kantoor stad rua andar predio cidade
        """)
    static let placePrepositions = list(
        "in at on near under above to from im am bei au aux en sur nel nella op bij no na")
    static let hanPlaces = [
        "楼", "層", "层", "階", "室", "门", "門", "街", "路", "市", "区", "號", "号", "側", "前", "隣", "にあります", "在",
    ]
    static let hanTime = ["秒", "分", "小时", "時間", "天", "日", "周", "週", "月", "年", "시간", "일", "년"]
    static let hanDate = ["年", "月", "日", "曜", "点", "點", "時", "时", "午前", "午後", "上午", "下午", "星期", "周", "월", "시"]
    static let roles = list(
        """
        manager director head chair chairman officer supervisor team department office committee board company supplier
        contractor engineer doctor teacher tenant landlord owner employee employees staff customer president secretary
        owners employers employer managers supervisors directors users user members member visitors contractors volunteers
        applicants applicant parents parent students student patients patient customers clients client vendor provider board
        authority hr engineers developer developers representative representatives insurer policyholder
        mr mrs ms dr prof herr frau leiter leiterin abteilung geschaftsfuhrer madame monsieur senor senora directeur director
        """)
    /// Words at the beginning of a sentence that take up what the sentence before is about.
    static let referring = list(
        "it its this these they their he his she her that those er sie es dies diese dieser dieses")
    /// Words between "Reported", "Founded", "Located" and by whom, when or where.
    static let afterParticiple: Set = ["by", "in", "at", "on", "from", "since", "to", "for", "with", "until"]
    static let firstPerson = list(
        "i we me us my our mine ours myself ich wir mich uns mein meine unser unsere je j nous mon ma mes notre nos yo nosotros io noi ik wij eu"
    )
    static let titles = list(
        "mr mrs ms miss dr prof professor sir dame lord lady president vice chancellor minister judge herr frau monsieur madame senor senora don"
    )
    /// Capitalised words that are no part of a person's name, or seldom.
    static let noNames = list(
        """
        january february march april may june july august september october november december
        monday tuesday wednesday thursday friday saturday sunday
        america american africa african asia asian europe european australia new zealand north south east west northern southern
        eastern western central middle united kingdom states union republic england britain scotland wales ireland germany
        france spain italy portugal netherlands belgium switzerland austria sweden norway denmark finland poland greece turkey
        russia china japan korea india canada mexico brazil argentina chile nigeria egypt arabia emirates israel iran iraq
        street road avenue lane square city county town university college school institute hospital bank company inc ltd llc
        gmbh corporation corp group committee department office agency ministry court house senate congress council policy
        agreement plan program programme act law form guide handbook report manual system service services team health human
        resources information technology social security medicare insurance number the this these our your employees
        first second third one two three a an and of in on at for if when
        """)
    static let reasons = [
        "because", "due to", "caused", "cause", "since ", "reason", "in order to", "so that", "as a result", "owing to",
        "therefore", " so ", "thanks to", "to avoid", "to prevent", "to protect", " had not ", "not been", "failed",
        "weil", "wegen",
        "da ", "deshalb", "daher", "aufgrund", "ursache", "grund", "damit", "parce qu", "car ", "en raison", "cause",
        "afin",
        "porque", "debido", "causa", "para que", "perché", "a causa", "dovuto", "omdat", "vanwege", "door ", "oorzaak",
        "devido",
        "因为", "因為", "由于", "所以", "原因", "ため", "ので", "から", "때문",
    ]
    static let instructions = list(
        """
        must should please need needs plug press click open close turn select choose send call contact submit enter fill apply ask
        write use first then next finally step steps by via through
        mussen muss sollen bitte drucken senden rufen schreiben wenden indem devez veuillez debe deben pulse envie occorre deve
        moet moeten druk stuur bel deve devem envie
        """)
    static let imperatives = list(
        """
        press click open close turn select choose send call contact submit enter fill apply ask write use remove insert hold
        push pull switch set check take put loosen tighten rinse clean drain stop start report tell give keep go log sign email
        install connect disconnect replace wait read print scan book request hand bring wear telephone phone inform notify lead
        """)
    static let negations = list(
        """
        not no never none neither nor without except excluded exclude excludes unless cannot don didn doesn isn aren forbidden
        prohibited refused banned nicht kein keine keinen keiner nie ohne ausser verboten ne pas aucun jamais sans sauf no nunca
        ninguno sin excepto non mai nessun senza niet geen nooit zonder nao nunca sem
        """)
    static let definitions = [
        " is a", " are ", " means", " shall mean", " refers to", " is the", " stands for", "defined as", " ist ",
        " bedeutet",
        " sind ", " est ",
        " désigne", " signifie", " es ", " significa", " è ", " is een", " betekent", " é ", "とは", "是", "：", ": ",
    ]

    private static func list(_ words: String) -> Set<String> {
        Set(words.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
