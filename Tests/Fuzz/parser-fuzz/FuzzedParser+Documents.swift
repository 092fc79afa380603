import DocumentReading
import EncodingDetection
import Markup
import SentenceUnits
import TextEncodings
import WordPieces
import ZipArchives

@testable import Documents

extension FuzzedParser {
    /// Files that people upload, and the text in them.
    static let documents: [FuzzedParser] = [
        FuzzedParser("xml") { _ = try? MarkupReader.tree($0) },
        FuzzedParser("html") { bytes in try? MarkupReader.htmlEvents(bytes) { _ in } },
        FuzzedParser("html-document") { file($0, .html) },
        FuzzedParser("markdown-document") { file($0, .markdown) },
        FuzzedParser("text-document") { file($0, .text) },
        FuzzedParser("csv-document") { file($0, .csv) },
        FuzzedParser("rtf-document") { file($0, .rtf) },
        FuzzedParser("mail-document") { file($0, .mail) },
        FuzzedParser("encoded-text") { bytes in
            let text = DecodedText(bytes, label: String(decoding: bytes.prefix(16), as: UTF8.self))
            must(text.text.utf8.count <= 4 * bytes.count + 4, "more text than bytes can hold")
        },
        .text("encoded-words") { text in
            _ = EncodedWords.decoded(text)
            _ = EncodedWords.extended(text)
        },
        FuzzedParser("docx-document") { file($0, .docx) },
        // The text of an Office file without the archive around it, which chance does not often make.
        FuzzedParser("docx-text") { bytes in
            let names = ["document", "styles", "numbering", "settings", "footnotes", "comments"]
            _ = try? WordReader.read(package(bytes, names.map { "word/\($0).xml" }))
        },
        FuzzedParser("pptx-text") { bytes in
            let names = ["ppt/presentation.xml", "ppt/_rels/presentation.xml.rels", "ppt/slide.xml"]
            _ = try? SlideReader.read(package(bytes, names))
        },
        FuzzedParser("xlsx-text") { bytes in
            let names = ["workbook.xml", "_rels/workbook.xml.rels", "sharedStrings.xml", "styles.xml", "sheet.xml"]
            _ = try? SheetReader.read(package(bytes, names.map { "xl/" + $0 }))
        },
        FuzzedParser("odf-text") { bytes in
            for parts in [["content.xml"], ["content.xml", "styles.xml", "meta.xml", "Object 1/content.xml"]] {
                _ = try? OpenDocumentReader.read(package(bytes, parts))
            }
        },
        FuzzedParser("epub-text") { bytes in
            let names = ["META-INF/container.xml", "META-INF/encryption.xml", "content.opf", "nav.xhtml", "a.xhtml"]
            _ = try? BookReader.read(package(bytes, names))
        },
        .text("archive-path") { text in
            guard let path = ArchivePath.resolved(text, in: "a/b/") else { return }
            must(!path.split(separator: "/").contains(".."), "a path that leaves the archive")
        },
        FuzzedParser("zip") { bytes in
            guard let archive = try? ZipArchive(bytes) else { return }
            _ = try? archive.read("word/document.xml", limit: 1 << 16)
        },
        FuzzedParser("media-type") { _ = MediaType.recognise($0, name: "file.txt") },
        .text("sentences") { text in
            let scalars = Array(text.unicodeScalars)
            let units = SentenceSplitter.units(scalars)
            var end = 0
            for unit in units {
                must(unit.lowerBound >= end && unit.upperBound <= scalars.count, "sentences overlap")
                end = unit.upperBound
            }
        },
        .text("word-pieces") { text in
            must(WordPieceTokenizer.shared.encode(text, limit: 256).count <= 256, "more word pieces than the limit")
        },
    ]

    /// A package all of whose parts have the same content.
    private static func package(_ bytes: [UInt8], _ names: [String]) -> OfficePackage {
        OfficePackage(parts: Dictionary(names.map { ($0, bytes) }) { first, _ in first })
    }

    /// Reads a file, and cuts it into passages that have to be where they say that they are.
    private static func file(_ bytes: [UInt8], _ type: MediaType) {
        guard let text = try? DocumentReader().read(bytes, type).text else { return }
        let all = text.pages.map(\.text).joined(separator: "\u{0C}").unicodeScalars.map { $0 }
        for passage in PassageSplitter().passages(of: text) {
            must(passage.start < passage.end && passage.end <= all.count, "a passage beyond the text")
            let found = String(String.UnicodeScalarView(all[passage.start..<passage.end]))
            must(found == passage.text, "a passage that is not where it says")
        }
    }
}
