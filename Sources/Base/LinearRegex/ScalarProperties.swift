/// Names that `\p{...}` and `[[:...:]]` know.
enum ScalarProperties {
    /// The set of a `\p{name}` or `\p{name=value}`; `nil` for a name that is not known.
    static func named(_ text: String) -> ScalarSet? {
        var name = text
        for mark in ["=", ":"] {
            let parts = text.split(separator: Character(mark), maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            guard ["gc", "generalcategory"].contains(plain(parts[0])) else { return nil }
            name = parts[1]
        }
        let key = plain(name)
        if let categories = categories[key] {
            return .property { categories.contains($0.properties.generalCategory) }
        }
        return binary[key]
    }

    /// The set of a POSIX class such as `alpha`, all of them ASCII.
    static func posix(_ name: String) -> ScalarSet? {
        func span(_ first: UInt32, _ last: UInt32) -> ScalarSet { .range(first...last) }
        switch name {
        case "alnum": return .joined([span(48, 57), span(65, 90), span(97, 122)])
        case "alpha": return .joined([span(65, 90), span(97, 122)])
        case "ascii": return span(0, 127)
        case "blank": return .joined([span(9, 9), span(32, 32)])
        case "cntrl": return .joined([span(0, 31), span(127, 127)])
        case "digit": return span(48, 57)
        case "graph": return span(33, 126)
        case "lower": return span(97, 122)
        case "print": return span(32, 126)
        case "punct": return .joined([span(33, 47), span(58, 64), span(91, 96), span(123, 126)])
        case "space": return .joined([span(9, 13), span(32, 32)])
        case "upper": return span(65, 90)
        case "word": return .joined([span(48, 57), span(65, 90), span(95, 95), span(97, 122)])
        case "xdigit": return .joined([span(48, 57), span(65, 70), span(97, 102)])
        default: return nil
        }
    }

    /// Names are compared without case, spaces, hyphens and underscores (UAX #44, LM3).
    private static func plain(_ name: String) -> String {
        name.lowercased().filter { $0 != " " && $0 != "-" && $0 != "_" }
    }

    private static let binary: [String: ScalarSet] = [
        "any": .any, "ascii": .range(0...127),
        "assigned": .property { $0.properties.generalCategory != .unassigned },
        "alphabetic": .property { $0.properties.isAlphabetic }, "alpha": .property { $0.properties.isAlphabetic },
        "lowercase": .property { $0.properties.isLowercase }, "lower": .property { $0.properties.isLowercase },
        "uppercase": .property { $0.properties.isUppercase }, "upper": .property { $0.properties.isUppercase },
        "whitespace": .space, "space": .space, "math": .property { $0.properties.isMath },
        "hexdigit": .property { $0.properties.isHexDigit }, "dash": .property { $0.properties.isDash },
        "ideographic": .property { $0.properties.isIdeographic }, "emoji": .property { $0.properties.isEmoji },
        "emojipresentation": .property { $0.properties.isEmojiPresentation },
        "diacritic": .property { $0.properties.isDiacritic },
        "idstart": .property { $0.properties.isIDStart }, "idcontinue": .property { $0.properties.isIDContinue },
        "xidstart": .property { $0.properties.isXIDStart }, "xidcontinue": .property { $0.properties.isXIDContinue },
        "cased": .property { $0.properties.isCased },
        "defaultignorablecodepoint": .property { $0.properties.isDefaultIgnorableCodePoint },
    ]

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        let single: [(String, String, Unicode.GeneralCategory)] = [
            ("lu", "uppercaseletter", .uppercaseLetter), ("ll", "lowercaseletter", .lowercaseLetter),
            ("lt", "titlecaseletter", .titlecaseLetter), ("lm", "modifierletter", .modifierLetter),
            ("lo", "otherletter", .otherLetter), ("mn", "nonspacingmark", .nonspacingMark),
            ("mc", "spacingmark", .spacingMark), ("me", "enclosingmark", .enclosingMark),
            ("nd", "decimalnumber", .decimalNumber), ("nl", "letternumber", .letterNumber),
            ("no", "othernumber", .otherNumber), ("pc", "connectorpunctuation", .connectorPunctuation),
            ("pd", "dashpunctuation", .dashPunctuation), ("ps", "openpunctuation", .openPunctuation),
            ("pe", "closepunctuation", .closePunctuation), ("pi", "initialpunctuation", .initialPunctuation),
            ("pf", "finalpunctuation", .finalPunctuation), ("po", "otherpunctuation", .otherPunctuation),
            ("sm", "mathsymbol", .mathSymbol), ("sc", "currencysymbol", .currencySymbol),
            ("sk", "modifiersymbol", .modifierSymbol), ("so", "othersymbol", .otherSymbol),
            ("zs", "spaceseparator", .spaceSeparator), ("zl", "lineseparator", .lineSeparator),
            ("zp", "paragraphseparator", .paragraphSeparator), ("cc", "control", .control),
            ("cf", "format", .format), ("cs", "surrogate", .surrogate), ("co", "privateuse", .privateUse),
            ("cn", "unassigned", .unassigned),
        ]
        var result: [String: Set<Unicode.GeneralCategory>] = [:]
        for (short, long, category) in single {
            result[short] = [category]
            result[long] = [category]
        }
        let groups = [
            "l": "letter", "m": "mark", "n": "number", "p": "punctuation", "s": "symbol", "z": "separator",
            "c": "other",
        ]
        for (short, long) in groups {
            let members = Set(single.filter { $0.0.hasPrefix(short) }.map(\.2))
            result[short] = members
            result[long] = members
        }
        result["lc"] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
        result["casedletter"] = result["lc"]
        result["punct"] = result["p"]
        result["digit"] = result["nd"]
        return result
    }()
}
