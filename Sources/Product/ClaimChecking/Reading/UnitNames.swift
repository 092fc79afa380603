/// What is measured, and how large the unit is among those of its kind.
struct UnitOfMeasure: Sendable, Equatable {
    let kind: String
    let size: Double
}

/// The names of units, in the languages whose numbers are read.
enum UnitNames {
    /// The unit of that name.
    static func unit(_ name: String) -> UnitOfMeasure? { table[name] }

    /// Whether a name with a sign in it is one word.
    static func isJoined(_ name: String) -> Bool { (name.contains("·") || name.contains("/")) && table[name] != nil }

    private static let table: [String: UnitOfMeasure] = {
        var table: [String: UnitOfMeasure] = [:]
        func add(_ kind: String, _ size: Double, _ names: String) {
            for name in names.split(separator: " ") { table[String(name)] = UnitOfMeasure(kind: kind, size: size) }
        }
        add("time", 1, "s sec second seconds sekunde sekunden seconde secondes segundo segundos")
        add("time", 60, "min minute minutes minuten minuto minutos")
        add("time", 3600, "h hr hrs hour hours stunde stunden heure heures hora horas")
        add("time", 86_400, "day days tag tage tagen jour jours dia dias night nights")
        add("time", 604_800, "week weeks woche wochen semaine semaines semana semanas")
        add("months", 1, "month months monat monate monaten mois mes meses")
        add("months", 3, "quarter quarters quartal quartale trimestre trimestres")
        add("months", 12, "year years jahr jahre jahren an ans annee annees ano anos")
        add("share", 1, "% percent prozent")
        add("share", 0.1, "‰")
        add("GBP", 1, "£ gbp pound pounds")
        add("GBP", 0.01, "p pence penny")
        add("EUR", 1, "€ eur euro euros")
        add("USD", 1, "$ usd dollar dollars")
        add("CHF", 1, "chf franken")
        add("JPY", 1, "¥ jpy yen")
        add("length", 0.001, "mm millimetre millimetres millimeter millimeters")
        add("length", 0.01, "cm centimetre centimetres centimeter centimeters zentimeter")
        add("length", 1, "m metre metres meter meters metros metro")
        add("length", 1000, "km kilometre kilometres kilometer kilometers")
        add("length", 1609.344, "mile miles")
        add("mass", 0.001, "g gram grams gramm")
        add("mass", 1, "kg kilogram kilograms kilo kilos kilogramm")
        add("mass", 1000, "t tonne tonnes")
        add("volume", 0.001, "ml millilitre millilitres milliliter milliliters")
        add("volume", 1, "l litre litres liter liters litro litros")
        add("pressure", 1, "bar")
        add("voltage", 1, "v volt volts")
        add("current", 0.001, "ma")
        add("current", 1, "a amp amps ampere amperes")
        add("power", 1, "w watt watts")
        add("power", 1000, "kw kilowatt kilowatts")
        add("energy", 1, "wh")
        add("energy", 1000, "kwh")
        add("temperature", 1, "°c °")
        add("torque", 1, "n·m nm")
        add("flow", 1, "l/h")
        add("concentration", 1, "mg/l")
        add("speed", 1, "km/h")
        add("viscosity", 1, "mpa·s")
        add("sound", 1, "db")
        add("frequency", 1, "hz")
        return table
    }()
}
