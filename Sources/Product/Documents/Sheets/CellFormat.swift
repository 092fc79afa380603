/// How a spreadsheet shows a number. Dates are written as ISO 8601 has them, whatever the format's own order.
struct CellFormat {
    private enum Piece {
        case literal(String)
        case digit(Character)
        case point, group, percent
        case exponent
        /// The number as it is.
        case general
    }

    /// One of the parts for positive numbers, negative ones, zero and text.
    private struct Section {
        var pieces: [Piece] = []
        var hasDate = false
        var hasTime = false
        var hasSeconds = false
        var isElapsed = false
        /// A form that is not known, such as fractions or conditions.
        var isStrange = false
        var hasText = false
        var isEmpty: Bool { pieces.isEmpty && !hasDate && !hasTime && !hasText }
    }

    private static let builtIn: [Int: String] = [
        1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "yyyy-mm-dd", 15: "d-mmm-yy",
        16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
        22: "yyyy-mm-dd h:mm", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00",
        40: "#,##0.00;-#,##0.00",
        45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 49: "@",
    ]
    private static let longest = 500

    private let sections: [Section]

    /// The format of a number from the standard's list, or one that says nothing.
    init(builtIn number: Int) {
        let isDate = (27...36).contains(number) || (50...58).contains(number)
        self.init(isDate ? "yyyy-mm-dd" : Self.builtIn[number] ?? "General")
    }

    /// The format of a code such as `#,##0.00;[Red]-#,##0.00`.
    init(_ code: String) {
        var sections: [Section] = []
        var scanner = Scanner(String(code.prefix(Self.longest)))
        while sections.count < 4, let section = scanner.section() { sections.append(section) }
        self.sections = sections
    }

    /// Whether it shows nothing at all, for numbers and for text.
    var hidesAll: Bool { sections.count >= 3 && sections.allSatisfy(\.isEmpty) }

    /// A number as it is shown.
    ///
    /// - Parameters:
    ///   - text: The number as the file has it.
    ///   - is1904: Whether days are counted from 1904.
    func text(_ text: String, is1904: Bool) -> String {
        guard var number = DecimalText(text) else { return text }
        let place: Int
        if number.isZero, sections.count > 2 {
            place = 2
        } else if number.isNegative, sections.count > 1 {
            place = 1
        } else {
            place = 0
        }
        guard sections.indices.contains(place) else { return number.plain }
        let section = sections[place]
        if section.hasDate || section.hasTime {
            return CalendarText.text(
                text, hasDate: section.hasDate, hasTime: section.hasTime, hasSeconds: section.hasSeconds,
                isElapsed: section.isElapsed, is1904: is1904) ?? number.plain
        }
        if section.isStrange || section.hasText { return number.plain }
        let isSigned = number.isNegative && place == 0
        number.isNegative = false
        let shown = Self.shown(number, section.pieces)
        return isSigned && shown.contains(where: { ("1"..."9").contains($0) }) ? "-" + shown : shown
    }

    private static func shown(_ number: DecimalText, _ pieces: [Piece]) -> String {
        var number = number
        var before: [Piece] = []
        var behind: [Piece] = []
        var isBehind = false
        var hasExponent = false
        for piece in pieces {
            switch piece {
            case .percent: number.shift(2)
            case .exponent: hasExponent = true
            default: break
            }
            if case .point = piece {
                isBehind = true
            } else if isBehind {
                behind.append(piece)
            } else {
                before.append(piece)
            }
        }
        if hasExponent { return number.plain }
        let isDigit = { (piece: Piece) in if case .digit = piece { true } else { false } }
        guard before.contains(where: isDigit) || behind.contains(where: isDigit) else {
            return literals(pieces, number)
        }
        // Groups behind the last digit divide by a thousand each.
        let last = pieces.lastIndex(where: isDigit) ?? pieces.endIndex
        var hasGroups = false
        for (index, piece) in pieces.enumerated() {
            guard case .group = piece else { continue }
            if index > last { number.shift(-3) } else { hasGroups = true }
        }
        number.round(behind.count(where: isDigit))
        return whole(number.whole, before, hasGroups) + fraction(number.fraction, behind, hasPoint: isBehind)
    }

    private static func literals(_ pieces: [Piece], _ number: DecimalText) -> String {
        pieces.map { piece in
            switch piece {
            case .literal(let text): text
            case .percent: "%"
            case .general: number.plain
            default: ""
            }
        }.joined()
    }

    /// Puts digits into their places, from the last to the first.
    private static func whole(_ digits: String, _ pieces: [Piece], _ hasGroups: Bool) -> String {
        var rest = Array(digits)
        var result: [Character] = []
        var count = 0
        var left = pieces.count { if case .digit = $0 { true } else { false } }
        func put(_ digit: Character) {
            if hasGroups, count > 0, count % 3 == 0 { result.append(",") }
            result.append(digit)
            count += 1
        }
        for piece in pieces.reversed() {
            switch piece {
            case .digit(let kind):
                left -= 1
                if let digit = rest.popLast() { put(digit) } else if kind == "0" { put("0") }
                if left == 0 { while let digit = rest.popLast() { put(digit) } }
            case .literal(let text): result += text.reversed()
            case .percent: result.append("%")
            case .point, .group, .exponent, .general: break
            }
        }
        return String(result.reversed())
    }

    private static func fraction(_ digits: String, _ pieces: [Piece], hasPoint: Bool) -> String {
        guard hasPoint else { return "" }
        var rest = digits[...]
        var result = ""
        var number = ""
        for piece in pieces {
            switch piece {
            case .digit(let kind):
                if let digit = rest.popFirst() { number.append(digit) } else if kind == "0" { number.append("0") }
                result = ""
            case .literal(let text): result += text
            case .percent: result += "%"
            case .point, .group, .exponent, .general: break
            }
        }
        return (number.isEmpty ? "" : "." + number) + result
    }

    /// Reads a code.
    private struct Scanner {
        private var rest: Substring
        private var isAtEnd = false

        init(_ code: String) { rest = code[...] }

        mutating func section() -> Section? {
            guard !isAtEnd else { return nil }
            var section = Section()
            while let character = rest.popFirst() {
                if character == ";" { return section }
                take(character, &section)
            }
            isAtEnd = true
            return section
        }

        private mutating func take(_ character: Character, _ section: inout Section) {
            switch character {
            case "\"":
                let text = rest.prefix { $0 != "\"" }
                rest = rest.dropFirst(text.count + 1)
                section.pieces.append(.literal(String(text)))
            case "\\", "!": if let next = rest.popFirst() { section.pieces.append(.literal(String(next))) }
            case "_":
                _ = rest.popFirst()
                section.pieces.append(.literal(""))
            case "*": _ = rest.popFirst()
            case "[": bracket(&section)
            case "0", "#", "?": section.pieces.append(.digit(character))
            case ".": if section.hasTime { skipFraction() } else { section.pieces.append(.point) }
            case ",": section.pieces.append(.group)
            case "%": section.pieces.append(.percent)
            case "@": section.hasText = true
            case "/" where !section.hasDate:
                section.isStrange = section.pieces.contains { if case .digit = $0 { true } else { false } }
            case "y", "Y", "d", "D", "b": section.hasDate = true
            case "h", "H": section.hasTime = true
            case "s", "S":
                section.hasTime = true
                section.hasSeconds = true
            case "m", "M": month(&section)
            case "A", "a":
                let next = rest.lowercased()
                if next.hasPrefix("m/pm") {
                    rest = rest.dropFirst(4)
                } else if next.hasPrefix("/p") {
                    rest = rest.dropFirst(2)
                }
            case "E", "e":
                if rest.first == "+" || rest.first == "-" {
                    section.pieces.append(.exponent)
                } else {
                    section.hasDate = true
                }
            case "G" where rest.prefix(6).lowercased() == "eneral":
                rest = rest.dropFirst(6)
                section.pieces.append(.general)
            default: if !section.hasDate, !section.hasTime { section.pieces.append(.literal(String(character))) }
            }
        }

        /// Months or minutes: minutes stand behind hours or before seconds.
        private mutating func month(_ section: inout Section) {
            rest = rest.drop { $0 == "m" || $0 == "M" }
            let isBeforeSeconds = rest.drop { !$0.isLetter && $0 != ";" && $0 != "[" }.lowercased().hasPrefix("s")
            if section.hasTime || isBeforeSeconds { section.hasTime = true } else { section.hasDate = true }
        }

        private mutating func skipFraction() { rest = rest.drop { $0 == "0" } }

        /// Colours, currencies, conditions, and times longer than a day.
        private mutating func bracket(_ section: inout Section) {
            let inner = rest.prefix { $0 != "]" }
            rest = rest.dropFirst(inner.count + 1)
            if inner.hasPrefix("$") {
                section.pieces.append(.literal(String(inner.dropFirst().prefix { $0 != "-" })))
            } else if !inner.isEmpty, inner.lowercased().allSatisfy({ $0 == "h" || $0 == "m" || $0 == "s" }) {
                section.hasTime = true
                section.isElapsed = true
                if inner.lowercased().hasPrefix("s") { section.hasSeconds = true }
            } else if let first = inner.first, "<>=".contains(first) {
                section.isStrange = true
            }
        }
    }
}
