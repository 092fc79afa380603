import Markup
import TextSearch

/// A rectangle on a page, in points from its upper left corner.
struct PDFBox: Equatable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    var height: Double { bottom - top }

    /// Whether both share some height.
    func isBeside(_ other: PDFBox) -> Bool { top < other.bottom && other.top < bottom }
    /// Whether both share some area.
    func overlaps(_ other: PDFBox) -> Bool { isBeside(other) && left < other.right && other.left < right }
}

/// What pdftohtml tells of a page: stretches of text that is shown, in one font each.
struct PDFRuns {
    /// pdftohtml has whole numbers only, so it is asked for pages three times as large, the most that it makes.
    static let zoom = 3.0

    struct Run: Equatable {
        let text: String
        let box: PDFBox
        /// In points.
        let size: Double
        /// Red, green and blue, a byte each.
        let color: UInt32
    }

    struct Page {
        let number: Int
        var width = 0.0
        var height = 0.0
        var runs: [Run] = []
    }

    /// Reads its output page by page, since one that is not well-formed must not hide the others, and a document has many.
    static func forEachPage(_ output: [UInt8], _ visit: (Page) -> Void) {
        var fonts: [String: (size: Double, color: UInt32)] = [:]
        let (open, close) = (Array("<page ".utf8), Array("</page>".utf8))
        var start: Int?
        var line = 0
        // Each stands at the beginning of its line, where no text does.
        while line < output.count {
            let end = output[line...].firstIndex(of: 10) ?? output.count
            if output[line..<end].starts(with: open) { start = line }
            if output[line..<end].starts(with: close), let from = start {
                if let page = page(output[from..<end], &fonts) { visit(page) }
                start = nil
            }
            line = end + 1
        }
    }

    private static func page(
        _ bytes: ArraySlice<UInt8>, _ fonts: inout [String: (size: Double, color: UInt32)]
    ) -> Page? {
        // Codes that no document of XML may have, and fonts that map to them.
        var clean = Array(bytes)
        for index in clean.indices where clean[index] < 32 && clean[index] != 10 { clean[index] = 32 }
        clean = Array(
            String(decoding: clean, as: UTF8.self).replacing("\u{FFFE}", with: "").replacing("\u{FFFF}", with: "").utf8)
        var page: Page?
        var attributes: [String: String]?
        var text = ""
        do {
            try MarkupReader.events(clean) { event in
                switch event {
                case .start("page", let found):
                    page = found["number"].flatMap { Int($0) }.map { Page(number: $0) }
                    page?.width = number(found["width"])
                    page?.height = number(found["height"])
                case .start("fontspec", let found):
                    let color = UInt32(found["color"]?.dropFirst() ?? "", radix: 16) ?? 0
                    if let id = found["id"] { fonts[id] = (number(found["size"]), color) }
                case .start("text", let found):
                    attributes = found
                    text = ""
                case .text(let piece): text += piece
                case .end("text"):
                    guard let found = attributes else { break }
                    let (left, top) = (number(found["left"]), number(found["top"]))
                    let box = PDFBox(
                        left: left, top: top, right: left + number(found["width"]),
                        bottom: top + number(found["height"]))
                    let font = fonts[found["font"] ?? ""] ?? (size: box.height, color: 0)
                    page?.runs.append(
                        Run(text: LineEndHyphens.plain(text), box: box, size: font.size, color: font.color))
                    attributes = nil
                default: break
                }
            }
        } catch { return nil }
        return page
    }

    /// A length in points; nothing that is no number or beyond all pages.
    private static func number(_ text: String?) -> Double {
        guard let value = text.flatMap({ Double($0) }), abs(value) < 1e7 else { return 0 }
        return value / zoom
    }
}
