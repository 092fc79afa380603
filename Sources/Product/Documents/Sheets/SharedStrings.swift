import DocumentReading
import Markup
import TextSearch

/// A string of a spreadsheet, with runs of several formats, and without the readings of its signs.
struct RichString {
    private var line = WordParagraph()
    private var builder: XMLTreeBuilder?
    private var isText = false
    private var reading = 0
    private var shift = ShiftedText.Shift.none
    private(set) var isStruck = false

    mutating func take(_ event: MarkupEvent) {
        if builder != nil {
            guard let node = builder?.take(event) else { return }
            builder = nil
            switch node["vertAlign"]?.attributes["val"] {
            case "superscript": shift = .raised
            case "subscript": shift = .lowered
            default: shift = .none
            }
            if wordSwitch(node["strike"]) ?? false { isStruck = true }
            return
        }
        switch event {
        case .start("rPr", _):
            builder = XMLTreeBuilder()
            _ = builder?.take(event)
        case .start("rPh", _): reading += 1
        case .end("rPh"): reading = max(0, reading - 1)
        case .start("r", _): shift = .none
        case .start("t", _): isText = true
        case .end("t"): isText = false
        case .text(let text): if isText, reading == 0 { line.append(Self.unescaped(text), shift) }
        default: break
        }
    }

    var text: String {
        var line = line
        line.settle()
        return line.text
    }

    /// Characters that XML cannot carry stand as `_x000D_`.
    static func unescaped(_ text: String) -> String {
        guard text.contains("_x") else { return text }
        var result = ""
        var rest = text[...]
        while let place = rest.firstRange(of: "_x") {
            result += rest[..<place.lowerBound]
            let code = rest[place.upperBound...].prefix(4)
            let end = rest[place.upperBound...].dropFirst(4)
            if code.utf8.count == 4, end.first == "_", let value = UInt32(code, radix: 16),
                let scalar = Unicode.Scalar(value)
            {
                result.unicodeScalars.append(scalar)
                rest = end.dropFirst()
            } else {
                result += "_x"
                rest = rest[place.upperBound...]
            }
        }
        return result + rest
    }
}

/// The strings that cells share.
struct SharedStrings {
    private static let most = 1_000_000

    private var strings: [String] = []
    private(set) var isStruck = false

    init() {}

    /// Reads the part with the strings.
    ///
    /// - Throws: `ExtractionError`.
    init(_ package: OfficePackage, _ part: String) throws {
        var string: RichString?
        try package.events(part) { event in
            switch event {
            case .start("si", _): string = RichString()
            case .end("si"):
                guard strings.count < Self.most else {
                    throw ExtractionError.tooComplex("it has more than \(Self.most) different texts")
                }
                strings.append(string?.text ?? "")
                if string?.isStruck ?? false { isStruck = true }
                string = nil
            default: string?.take(event)
            }
        }
    }

    /// The string of a number that a cell gives; empty when there is none.
    subscript(_ number: String) -> String {
        guard let place = Int(number.filter { !$0.isWhitespace }), strings.indices.contains(place) else { return "" }
        return strings[place]
    }
}
