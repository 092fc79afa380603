import FoundationEssentials
import TestSupport
import ZipArchives

/// Small documents of every kind, made by hand.
public enum SampleFiles {
    /// A PDF with a line of text on each page; an empty line is a page without text.
    public static func pdf(_ pages: [String]) -> [UInt8] {
        var objects = [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Count \(pages.count) /Kids [\(pages.indices.map { "\(4 + 2 * $0) 0 R" }.joined(separator: " "))] >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
        for (index, text) in pages.enumerated() {
            let content = text.isEmpty ? "" : "BT /F1 12 Tf 72 720 Td (\(text)) Tj ET"
            objects.append(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents \(5 + 2 * index) 0 R "
                    + "/Resources << /Font << /F1 3 0 R >> >> >>")
            objects.append("<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream")
        }
        var file = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(file.utf8.count)
            file += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = file.utf8.count
        file += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            file += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        file += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
        return Array(file.utf8)
    }

    /// A Word document of so many paragraphs.
    public static func docx(_ paragraphs: [String]) throws -> [UInt8] {
        try docx(body: paragraphs.map { "<w:p><w:r><w:t>\($0)</w:t></w:r></w:p>" }.joined())
    }

    /// A Word document with this body, further parts, and what the body refers to: id, type and part.
    public static func docx(
        body: String, parts: [(name: String, content: String)] = [],
        relations: [(id: String, type: String, target: String)] = []
    ) throws -> [UInt8] {
        let document = "<?xml version=\"1.0\"?><w:document \(namespace)><w:body>\(body)</w:body></w:document>"
        var files = [("[Content_Types].xml", types), ("word/document.xml", document)] + parts
        if !relations.isEmpty { files.append(("word/_rels/document.xml.rels", self.relations(relations))) }
        return try zip(files)
    }

    /// A presentation with a line of text on each slide.
    public static func pptx(_ slides: [String]) throws -> [UInt8] {
        let ids = slides.indices.map { "<p:sldId id=\"\(256 + $0)\" r:id=\"s\($0)\"/>" }.joined()
        var files = [
            ("[Content_Types].xml", types),
            ("ppt/presentation.xml", "<p:presentation \(drawing)><p:sldIdLst>\(ids)</p:sldIdLst></p:presentation>"),
            (
                "ppt/_rels/presentation.xml.rels",
                relations(slides.indices.map { ("s\($0)", "slide", "slides/slide\($0).xml") })
            ),
        ]
        for (index, text) in slides.enumerated() {
            let shape = "<p:sp><p:txBody><a:p><a:r><a:t>\(text)</a:t></a:r></a:p></p:txBody></p:sp>"
            files.append(("ppt/slides/slide\(index).xml", "<p:sld \(drawing)><p:cSld>\(shape)</p:cSld></p:sld>"))
        }
        return try zip(files)
    }

    private static let drawing =
        "xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" "
        + "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" "
        + "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""

    /// The part that says what another refers to.
    public static func relations(_ list: [(id: String, type: String, target: String)]) -> String {
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
            + list.map {
                "<Relationship Id=\"\($0.id)\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
                    + "\($0.type)\" Target=\"\($0.target)\"/>"
            }.joined() + "</Relationships>"
    }

    private static let types =
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"

    /// The attributes that make `w:`, `r:`, `m:` and `mc:` mean the elements and attributes of Office.
    public static let namespace =
        "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "
        + "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" "
        + "xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\" "
        + "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" "
        + "xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\""

    /// An OpenDocument file: `text`, `spreadsheet` or `presentation`.
    ///
    /// - Parameters:
    ///   - automatic: Its automatic styles.
    ///   - styles: Its common styles.
    ///   - masters: Its page styles.
    ///   - parts: Further parts.
    public static func openDocument(
        _ kind: String, _ body: String, automatic: String = "", styles: String = "", masters: String = "",
        parts: [(name: String, content: String)] = []
    ) throws -> [UInt8] {
        let content =
            "<?xml version=\"1.0\"?><office:document-content \(openNames)><office:automatic-styles>\(automatic)"
            + "</office:automatic-styles><office:body><office:\(kind)>\(body)</office:\(kind)></office:body>"
            + "</office:document-content>"
        let layout =
            "<style:page-layout style:name=\"pm\"><style:page-layout-properties fo:page-width=\"28cm\" fo:page-height=\"21cm\"/></style:page-layout>"
        let common =
            "<?xml version=\"1.0\"?><office:document-styles \(openNames)><office:styles>\(styles)</office:styles>"
            + "<office:automatic-styles>\(layout)</office:automatic-styles>"
            + "<office:master-styles>\(masters)</office:master-styles></office:document-styles>"
        let manifest =
            parts.contains { $0.name == "META-INF/manifest.xml" } ? [] : [("META-INF/manifest.xml", "<manifest/>")]
        return try zip(
            [
                ("mimetype", "application/vnd.oasis.opendocument.\(kind)"), ("content.xml", content),
                ("styles.xml", common),
            ] + manifest + parts)
    }

    /// A book in EPUB whose list lies in the folder `OPS`.
    ///
    /// - Parameters:
    ///   - manifest: The elements that name its files.
    ///   - spine: Those that name its chapters in their order.
    ///   - toc: An attribute that names the table of contents of older books.
    public static func book(
        manifest: String, spine: String, _ files: [(name: String, content: String)], title: String = "",
        toc: String = ""
    ) throws -> [UInt8] {
        let list =
            "<?xml version=\"1.0\"?><package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\">"
            + "<metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>\(title)</dc:title></metadata>"
            + "<manifest>\(manifest)</manifest><spine \(toc)>\(spine)</spine></package>"
        let container =
            "<?xml version=\"1.0\"?><container xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles>"
            + "<rootfile full-path=\"OPS/package.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>"
        return try zip(
            [("mimetype", "application/epub+zip"), ("META-INF/container.xml", container), ("OPS/package.opf", list)]
                + files)
    }

    private static let openNames =
        [
            "office", "style", "text", "table", "drawing", "presentation", "form", "xsl-fo-compatible",
            "svg-compatible",
        ].map { name in
            let prefix = ["drawing": "draw", "xsl-fo-compatible": "fo", "svg-compatible": "svg"][name] ?? name
            return "xmlns:\(prefix)=\"urn:oasis:names:tc:opendocument:xmlns:\(name):1.0\""
        }.joined(separator: " ")
        + " xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""

    /// An archive with these files.
    public static func zip(_ files: [(name: String, content: String)]) throws -> [UInt8] {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let writer = ZipWriter()
        for (index, file) in files.enumerated() {
            let path = "\(folder)/\(index)"
            guard FileManager.default.createFile(atPath: path, contents: Data(file.content.utf8)) else {
                throw TestFailure("cannot write to \(folder)")
            }
            writer.add(file: path, as: file.name, mode: 0o644)
        }
        try writer.write(to: folder + "/a.zip")
        return try Fixtures.bytes(folder + "/a.zip")
    }
}
