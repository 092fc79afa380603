/// A PDF made by hand, from content streams and whatever else it needs.
public struct SamplePDF {
    /// A page of 612 by 792 points, unless its entries say otherwise.
    public struct Page {
        let content: String
        let entries: String

        /// - Parameters:
        ///   - content: Operators.
        ///   - entries: What the page's dictionary has besides.
        public init(_ content: String, entries: String = "") {
            self.content = content
            self.entries = entries
        }
    }

    public var pages: [Page]
    /// Fonts by their names in the content.
    public var fonts = ["F1": "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    /// What the catalogue has besides.
    public var catalog = ""
    /// What the pages' resources have besides.
    public var resources = ""
    /// Objects from number 1000 on.
    public var objects: [String] = []

    public init(_ pages: [Page]) { self.pages = pages }

    /// A page with these operators alone.
    public init(_ content: String) { self.init([Page(content)]) }

    /// A font of a collection of East Asian characters, which is not embedded.
    public static func eastAsian(_ name: String, _ collection: String, map: String) -> String {
        "<< /Type /Font /Subtype /Type0 /BaseFont /\(name) /Encoding /\(map) /DescendantFonts [ << /Type /Font "
            + "/Subtype /CIDFontType0 /BaseFont /\(name) /CIDSystemInfo << /Registry (Adobe) /Ordering (\(collection)) "
            + "/Supplement 0 >> /DW 1000 >> ] >>"
    }

    /// Operators that show a line of text.
    public static func line(_ text: String, size: Double = 12, x: Double = 72, y: Double = 720) -> String {
        "BT /F1 \(size) Tf \(x) \(y) Td (\(text)) Tj ET\n"
    }

    /// Operators that show Unicode text by codes of two bytes.
    public static func wide(_ text: String, y: Double = 720) -> String {
        let digits = text.utf16.map { unit in
            let hex = String(unit, radix: 16)
            return String(repeating: "0", count: 4 - hex.utf8.count) + hex
        }
        return "BT /F1 12 Tf 72 \(y) Td <\(digits.joined())> Tj ET\n"
    }

    /// The file.
    public var bytes: [UInt8] {
        let fonts = fonts.sorted { $0.key < $1.key }.map { "/\($0.key) \($0.value)" }.joined(separator: " ")
        let kids = pages.indices.map { "\(3 + 2 * $0) 0 R" }.joined(separator: " ")
        var numbered = [
            (1, "<< /Type /Catalog /Pages 2 0 R \(catalog) >>"),
            (2, "<< /Type /Pages /Count \(pages.count) /Kids [\(kids)] /MediaBox [0 0 612 792] >>"),
        ]
        for (index, page) in pages.enumerated() {
            numbered.append(
                (
                    3 + 2 * index,
                    "<< /Type /Page /Parent 2 0 R /Contents \(4 + 2 * index) 0 R "
                        + "/Resources << /Font << \(fonts) >> \(resources) >> \(page.entries) >>"
                ))
            numbered.append(
                (4 + 2 * index, "<< /Length \(page.content.utf8.count) >>\nstream\n\(page.content)\nendstream"))
        }
        numbered += objects.enumerated().map { (1000 + $0.offset, $0.element) }
        var file = "%PDF-1.7\n"
        var table = "xref\n0 1\n0000000000 65535 f \n"
        for (number, object) in numbered {
            let place = String(file.utf8.count)
            table += "\(number) 1\n\(String(repeating: "0", count: 10 - place.utf8.count))\(place) 00000 n \n"
            file += "\(number) 0 obj\n\(object)\nendobj\n"
        }
        let start = file.utf8.count
        file += table + "trailer\n<< /Size \((numbered.last?.0 ?? 0) + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        return Array(file.utf8)
    }
}
