import TextAnalysis

/// Words of offices, contracts, travel and machines that people use for one another.
enum Synonyms {
    /// Stems that say nearly the same as a stem.
    static func of(_ stem: String, _ language: QuestionLanguage) -> Set<String> {
        switch language {
        case .english: english[stem] ?? []
        case .german: german[stem] ?? []
        default: []
        }
    }

    private static let english = byStem(groups, .en)
    private static let german = byStem(germanGroups, .de)

    private static func byStem(_ groups: String, _ language: Language) -> [String: Set<String>] {
        let stemmer = Stemmer(language)
        var result: [String: Set<String>] = [:]
        for line in groups.split(separator: "\n") {
            let stems = Set(line.split(separator: " ").map { stemmer.stem(String($0)) })
            for stem in stems { result[stem, default: []].formUnion(stems.subtracting([stem])) }
        }
        return result
    }

    private static let groups = """
        holiday vacation leave
        holidays vacations leave
        boss manager supervisor superior
        salary pay wage wages remuneration
        pay paid payment payable
        cost costs price priced
        cost fee charge
        cost expense expenses
        buy purchase bought order
        sell sold sale
        begin begins start starts commence commences
        end ends expire expires expiry finish terminate lost lapse
        cancel cancelled terminate termination revoke
        phone telephone call ring mobile
        email mail address
        weight weigh weighs kg
        heavy weight weighs kg
        euro euros eur
        dollar dollars usd
        pound pounds gbp sterling
        height high tall
        length long
        width wide
        depth deep
        size big large
        fast speed quick
        old age aged
        hot temperature warm
        loud noise sound decibels
        employee employees staff worker workers personnel
        firm company employer business
        car vehicle automobile
        flat apartment
        landlord owner lessor
        tenant renter lessee
        lease rent rental tenancy
        repair repairs mend fix fixed
        change changed replace replaced exchange
        swap replace exchange
        buy acquire
        allow allowed permit permitted may approved
        forbid forbidden prohibited banned
        need needs require required necessary must
        obligatory mandatory required compulsory
        get receive received obtain
        give grant granted provide
        refund refunded reimburse reimbursed reimbursement
        claim claims claimed
        ill sick illness sickness
        doctor physician medical
        certificate note
        child children kid kids
        father fathers paternity
        mother mothers maternity
        partner spouse
        die death deceased bereavement
        dismiss dismissed dismissal fired
        resign resignation notice
        quit resign leave
        trial probation probationary
        train training course courses
        learn learning training
        education learning study
        approve approved approves sign
        responsible charge responsibility
        fault failure defect
        breakdown failure fault
        error fault failure
        leak leaked leakage spill spilled
        released leaked
        alarm alert warning
        store stored keep kept
        store storage
        save saved kept
        retain retained kept stored
        delete deleted erase removed
        send sent dispatch shipped
        deliver delivered delivery
        arrive arrives arrival
        landing arrival arrives
        depart departure leaves
        get arrive reach
        reach contact
        serve serves served
        open opened opens opening
        shut close closed closes
        lunch meal meals
        eat food meal meals
        drink beverage alcohol
        fly flight flights
        drive driving
        trip journey travel
        trips journeys travels
        hotel accommodation lodging
        night nights overnight
        mileage mile miles
        limit maximum cap most largest
        max maximum largest highest
        min minimum least smallest lowest
        biggest largest greatest
        often every interval frequency
        yearly annual annually year
        monthly month
        weekly week
        daily day
        percent per cent
        insurance insured cover covered coverage
        cover covers covered pays include includes included
        include included contain contains
        security safety
        camera cctv video
        recording recordings footage
        password passcode pin
        wifi wireless
        job position role
        duties responsibilities tasks
        hire hired recruit
        boss head
        meeting meetings session
        decide decided decision
        choose chose chosen selected
        agree agreed agreement contract
        contract agreement
        invoice bill invoices bills
        debt owed due
        deadline due within
        guarantee warranty
        discount rebate reduction
        tax taxes vat
        rule rules policy
        instruction instructions manual
        document documents file files
        parking park
        bike bicycle bicycles
        lift elevator lifts elevators
        toilet restroom bathroom
        bin rubbish waste garbage
        present gift gifts
        booth stand
        colour color
        litre litres liter liters
        centre center
        seat seats capacity
        people persons person
        guest visitor visitors
        customer client customers clients
        supplier vendor suppliers vendors
        accident incident
        incident accident event
        spare spares parts
        part parts component components
        number no
        mean means meaning
        mean stands
        hand submit submitted made
        build built building construction
        fee tuition charge
        """

    private static let germanGroups = """
        kosten kostet preis preise betrag gebuhr
        lohn gehalt verdienst
        urlaub ferien jahresurlaub
        chef leiter leitung vorgesetzte
        krank krankheit arbeitsunfahig krankmeldung
        attest bescheinigung krankschreibung
        miete mietzins
        wohnung mietsache
        vermieter vermieterin
        kundigen kundigung kundigungsfrist
        beginnt anfangt startet beginn
        endet lauft verfallt erlischt ende
        anrufen telefon telefonnummer tel
        mail email
        auto wagen fahrzeug pkw
        arzt arztin
        mitarbeiter beschaftigte angestellte personal
        firma unternehmen betrieb
        erlaubt gestattet zulassig darf
        verboten untersagt
        liefern geliefert lieferung lieferzeit
        offnet geoffnet offnungszeiten
        bezahlen zahlen zahlung
        erstattet erstattung ersetzt
        """
}
