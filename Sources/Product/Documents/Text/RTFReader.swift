import DocumentReading
import TextEncodings
import TextSearch

/// Reads the text of a document in the Rich Text Format (Microsoft's specification 1.9.1).
struct RTFReader {
    private static let deepest = 1000

    /// What a group inherits from the one around it.
    private struct Group {
        var isSkipped = false
        var isHidden = false
        var isTiny = false
        var isNote = false
        var isInTable = false
        var font = -1
        var fallbackLength = 1
        var raised = 0
        var isFontTable = false

        var isUnseen: Bool { isHidden || isTiny }
    }

    private let bytes: [UInt8]
    private var place = 0
    private var group = Group()
    private var outer: [Group] = []
    private var pages = [""]
    private var report = ReadingReport()
    private var hidden = ""
    private var defaultEncoding = TextEncoding(codePage: 1252)
    private var defaultFont = -1
    private var fonts: [Int: TextEncoding] = [:]
    private var fontNames: [Int: String] = [:]
    /// Bytes of the document's encoding that are not yet text, and how they are raised or lowered.
    private var pending: [UInt8] = []
    private var raised = ""
    /// What a reader that knows no Unicode shows for a character that has been read.
    private var toSkip = 0
    private var highSurrogate: UInt16?
    private var isOptional = false

    static func read(_ bytes: [UInt8]) throws -> DocumentContent {
        var reader = RTFReader(bytes: bytes)
        try reader.run()
        return DocumentContent(pages: reader.pages, report: reader.report)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func run() throws {
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "{"):
                flush()
                guard outer.count < Self.deepest else {
                    throw ExtractionError.tooComplex("its groups are nested too deep")
                }
                outer.append(group)
                isOptional = false
                toSkip = 0
            case UInt8(ascii: "}"):
                flush()
                // What follows the last group is no part of the document.
                guard let last = outer.popLast() else { return }
                if group.isUnseen, !last.isUnseen { endHidden() }
                if group.isNote, !last.isNote { append("]") }
                if group.raised != last.raised { endRaised() }
                group = last
                toSkip = 0
                if outer.isEmpty { return finish() }
            case UInt8(ascii: "\\"): control()
            case 13, 10: continue
            default: take(byte)
            }
        }
        finish()
    }

    private mutating func finish() {
        flush()
        endRaised()
        endHidden()
    }

    // MARK: - Text

    private mutating func take(_ byte: UInt8) {
        if toSkip > 0 {
            toSkip -= 1
        } else if group.isFontTable || !group.isSkipped {
            highSurrogate = nil
            pending.append(byte)
        }
    }

    private mutating func append(_ text: String) {
        guard !group.isSkipped, !group.isFontTable else { return }
        if group.isUnseen {
            if hidden.utf8.count < 1000 { hidden += text }
        } else if group.raised != 0 {
            raised += text
        } else {
            pages[pages.count - 1] += text
        }
    }

    private mutating func flush() {
        guard !pending.isEmpty else { return }
        let encoding = fonts[group.font] ?? fonts[defaultFont] ?? defaultEncoding
        // Most pieces are plain, and there are many.
        let isPlain = pending.allSatisfy { $0 < 0x80 } || encoding == nil
        if group.isFontTable {
            if fontNames.count < 5000 { fontNames[group.font, default: ""] += String(decoding: pending, as: UTF8.self) }
        } else if let font = symbolFont {
            append(SymbolFonts.text(String(String.UnicodeScalarView(pending.map { Unicode.Scalar($0) })), font: font))
        } else {
            append(isPlain ? String(decoding: pending, as: UTF8.self) : encoding?.text(of: pending) ?? "")
        }
        pending = []
    }

    /// The current font's name, if its letters are pictures.
    private var symbolFont: String? {
        let name = fontNames[group.font]?.split(separator: ";").first.map { String($0).trimmed }
        return name.flatMap { SymbolFonts.isSymbolic($0) ? $0 : nil }
    }

    private mutating func add(_ text: String) {
        flush()
        append(text)
    }

    private mutating func endHidden() {
        report.hide(hidden, page: pages.count, how: "hidden text")
        hidden = ""
    }

    private mutating func endRaised() {
        guard !raised.isEmpty else { return }
        let shift: ShiftedText.Shift = group.raised < 0 ? .lowered : .raised
        pages[pages.count - 1] += ShiftedText.text(raised, shift, after: pages[pages.count - 1].last)
        raised = ""
    }

    // MARK: - Controls

    private mutating func control() {
        guard place < bytes.count else { return }
        let first = bytes[place]
        guard (first | 0x20) >= 97, (first | 0x20) <= 122 else {
            place += 1
            return symbol(first)
        }
        var name: [UInt8] = []
        while place < bytes.count, (bytes[place] | 0x20) >= 97, (bytes[place] | 0x20) <= 122, name.count < 64 {
            name.append(bytes[place])
            place += 1
        }
        var isNegative = false
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") {
            isNegative = true
            place += 1
        }
        var number: Int?
        while place < bytes.count, (48...57).contains(bytes[place]) {
            number = min((number ?? 0) * 10 + Int(bytes[place] - 48), 1 << 30)
            place += 1
        }
        if place < bytes.count, bytes[place] == 32 { place += 1 }
        let word = String(decoding: name, as: UTF8.self)
        if toSkip > 0, word != "bin" {
            toSkip -= 1
            return
        }
        self.word(word, number.map { isNegative ? -$0 : $0 })
    }

    private mutating func symbol(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "'"):
            let digits = bytes[place...].prefix(2)
            place += digits.count
            if let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) { take(value) }
        case UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"): take(byte)
        case UInt8(ascii: "~"): add("\u{a0}")
        case UInt8(ascii: "_"): add("\u{2011}")
        // A line end behind a backslash is a paragraph's.
        case 13, 10: add("\n")
        case UInt8(ascii: "*"): isOptional = true
        default: break
        }
    }

    private static let skippedDestinations: Set = [
        "colortbl", "stylesheet", "info", "pict", "object", "objdata", "fldinst", "themedata", "datastore", "listtable",
        "listoverridetable", "generator", "revtbl", "xmlnstbl", "rsidtbl", "latentstyles", "filetbl", "nonshppict",
        "upr",
        "bkmkstart", "bkmkend", "xe", "tc", "private", "template", "passwordhash", "atnid", "atnauthor", "annotation",
        "pntxta", "pntxtb", "mmathPr", "defchp", "defpap", "sp",
    ]
    /// Those that say `\*` and hold text all the same.
    private static let readDestinations: Set = ["ud", "shpinst", "shptxt", "pntext", "listtext", "footnote"]
    private static let texts: [String: String] = [
        "par": "\n\n", "sect": "\n\n", "line": "\n", "tab": "\t", "cell": "\t", "nestcell": " ", "row": "\n",
        "nestrow": "\n",
        "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•",
        "emspace": "\u{2003}", "enspace": "\u{2002}", "qmspace": "\u{2005}", "softline": "\n",
    ]

    private mutating func word(_ word: String, _ number: Int?) {
        flush()
        let isOptional = self.isOptional
        self.isOptional = false
        if word == "par", group.isInTable { return append(" ") }
        if word == "row" { endRow() }
        if let text = Self.texts[word] { return append(text) }
        if Self.skippedDestinations.contains(word) {
            group.isSkipped = true
            return
        }
        if isOptional {
            group.isSkipped = !Self.readDestinations.contains(word)
            return
        }
        switch word {
        case "u": unicode(number ?? 0)
        case "uc": group.fallbackLength = max(0, min(number ?? 1, 16))
        case "bin": place = min(bytes.count, place + max(0, number ?? 0))
        case "page": if !group.isSkipped { pages.append("") }
        case "pagebb":
            if !group.isSkipped, pages[pages.count - 1].contains(where: { !$0.isWhitespace }) { pages.append("") }
        case "ansicpg": defaultEncoding = TextEncoding(codePage: number ?? 1252) ?? defaultEncoding
        case "mac": defaultEncoding = TextEncoding(codePage: 10000) ?? defaultEncoding
        case "pc": defaultEncoding = TextEncoding(codePage: 437) ?? defaultEncoding
        case "pca": defaultEncoding = TextEncoding(codePage: 850) ?? defaultEncoding
        case "deff": defaultFont = number ?? -1
        case "fonttbl": (group.isFontTable, group.isSkipped) = (true, true)
        case "f": group.font = number ?? -1
        case "fcharset": if group.isFontTable, let charset = number { setCharset(charset) }
        case "cpg": if group.isFontTable, let page = number { fonts[group.font] = TextEncoding(codePage: page) }
        case "v", "deleted": hide { $0.isHidden = number != 0 }
        case "fs": hide { $0.isTiny = (number ?? 24) <= 3 }
        case "super", "up": setRaised(number == 0 ? 0 : 1)
        case "sub", "dn": setRaised(number == 0 ? 0 : -1)
        case "nosupersub": setRaised(0)
        case "plain":
            hide { ($0.isHidden, $0.isTiny) = (false, false) }
            setRaised(0)
        case "intbl": group.isInTable = true
        case "pard": group.isInTable = false
        case "footnote": beginNote()
        default: break
        }
    }

    /// Changes whether the text from here on is seen.
    private mutating func hide(_ change: (inout Group) -> Void) {
        let wasUnseen = group.isUnseen
        change(&group)
        if wasUnseen, !group.isUnseen { endHidden() }
    }

    private mutating func beginNote() {
        append(" [")
        group.isNote = true
    }

    /// The mark behind a row's last cell separates nothing.
    private mutating func endRow() {
        while let last = pages[pages.count - 1].last, last == "\t" || last == " " {
            pages[pages.count - 1].removeLast()
        }
    }

    private mutating func setRaised(_ raised: Int) {
        if group.raised != raised { endRaised() }
        group.raised = raised
    }

    /// A character, which the file gives as a signed number of 16 bits.
    private mutating func unicode(_ number: Int) {
        toSkip = group.fallbackLength
        let unit = UInt16(truncatingIfNeeded: number)
        if let high = highSurrogate, UTF16.isTrailSurrogate(unit) {
            highSurrogate = nil
            return append(String(decoding: [high, unit], as: UTF16.self))
        }
        highSurrogate = UTF16.isLeadSurrogate(unit) ? unit : nil
        // Fonts of symbols have their signs in the private use area.
        if highSurrogate == nil { append(SymbolFonts.text(String(decoding: [unit], as: UTF16.self), font: symbolFont)) }
    }

    private mutating func setCharset(_ charset: Int) {
        let pages = [
            77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
            186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437,
        ]
        fonts[group.font] = pages[charset].flatMap { TextEncoding(codePage: $0) } ?? defaultEncoding
    }
}
