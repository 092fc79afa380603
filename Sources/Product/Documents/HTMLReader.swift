import DocumentReading
import Markup

/// Reads the text that a browser would show of an HTML document.
enum HTMLReader {
    static func read(_ bytes: [UInt8]) throws -> DocumentContent {
        var text = VisibleText()
        do {
            try MarkupReader.htmlEvents(bytes) { text.take($0) }
        } catch let error as XMLParseError {
            throw error.isExcessive
                ? ExtractionError.tooComplex("its elements are nested too deep, or have too many attributes")
                : ExtractionError.damaged("it cannot be read as HTML")
        }
        return DocumentContent(pages: [text.result])
    }
}

private struct VisibleText {
    private(set) var result = ""
    private var hidden = 0
    private var preformatted = 0
    private var pendingSpace = false
    private var cellCount = 0

    private static let invisible: Set = [
        "script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select", "nav", "button",
    ]
    private static let blocks: Set = [
        "p", "div", "section", "article", "main", "header", "footer", "aside", "ul", "ol", "dl", "dt", "dd", "table",
        "blockquote", "figure", "figcaption", "form", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "address", "caption",
    ]

    mutating func take(_ event: MarkupEvent) {
        switch event {
        case .start(let name, _): start(name.lowercased())
        case .end(let name): end(name.lowercased())
        case .text(let text): if hidden == 0 { append(text) }
        }
    }

    private mutating func start(_ name: String) {
        if Self.invisible.contains(name) { hidden += 1 }
        guard hidden == 0 else { return }
        switch name {
        case "br", "hr": lineBreak(1)
        case "li":
            lineBreak(1)
            result += "- "
            pendingSpace = false
        case "tr":
            lineBreak(1)
            cellCount = 0
        case "td", "th":
            if cellCount > 0 { result += "\t" }
            cellCount += 1
            pendingSpace = false
        case "pre":
            lineBreak(2)
            preformatted += 1
        default: if Self.blocks.contains(name) { lineBreak(name == "div" ? 1 : 2) }
        }
    }

    private mutating func end(_ name: String) {
        if Self.invisible.contains(name) { hidden = max(0, hidden - 1) }
        guard hidden == 0 else { return }
        if name == "pre" { preformatted = max(0, preformatted - 1) }
        if Self.blocks.contains(name) { lineBreak(name == "div" ? 1 : 2) }
    }

    private mutating func lineBreak(_ count: Int) {
        pendingSpace = false
        guard !result.isEmpty else { return }
        var present = 0
        for byte in result.utf8.reversed().prefix(2) where byte == 10 { present += 1 }
        for _ in present..<max(present, count) { result += "\n" }
    }

    private mutating func append(_ text: String) {
        if preformatted > 0 {
            result += text
            return
        }
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace, scalar != "\u{a0}" {
                pendingSpace = true
                continue
            }
            if pendingSpace, let last = result.utf8.last, last != 10, last != 9 { result += " " }
            pendingSpace = false
            result.unicodeScalars.append(scalar)
        }
    }
}
