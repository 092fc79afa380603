import Markup
import TextSearch

/// Fields: what they show is text, what they are made of is none.
extension WordStory {
    // MARK: - Fields

    mutating func fieldMark(_ type: String) throws {
        switch type {
        case "begin": fields.append(Field(shown: context.shown))
        case "separate": if let last = fields.indices.last { fields[last].isResult = true }
        case "end":
            guard let field = fields.popLast(), context.shown == field.shown else { return }
            try append(value(of: field))
        default: break
        }
    }

    /// What a field shows that has no result.
    func value(of field: Field) -> String {
        if let box = field.form?["checkBox"] {
            return wordSwitch(box["checked"] ?? box["default"]) ?? false ? "☒" : "☐"
        }
        if let list = field.form?["ddList"] {
            let entries = list.all("listEntry").compactMap { $0.attributes["val"] }
            let index = (list["result"] ?? list["default"])?.attributes["val"].flatMap(Int.init) ?? 0
            return entries.indices.contains(index) ? entries[index] : ""
        }
        let words = field.instruction.split(separator: " ")
        switch words.first?.uppercased() {
        case "SYMBOL":
            guard words.count > 1, let code = UInt32(words[1]), let scalar = Unicode.Scalar(code) else { return "" }
            let font = field.instruction.split(separator: "\"").dropFirst().first.map(String.init)
            return String(font.flatMap { SymbolFonts.sign(scalar, font: $0) } ?? scalar)
        case "EQ":
            context.report.warn("A formula in an old form (a field EQ) was left out.")
            return ""
        default: return ""
        }
    }

    mutating func notePageNumber() {
        guard let word = fields.last?.instruction.split(separator: " ").first?.uppercased(),
            ["PAGE", "NUMPAGES", "SECTIONPAGES"].contains(word), let last = flow.paragraphs.indices.last
        else { return }
        flow.paragraphs[last].hasPageNumber = true
    }
}
