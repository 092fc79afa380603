import DocumentReading
import Markup

/// Reads the text of a presentation (ECMA-376, PresentationML): a page for each slide, with its notes.
enum SlideReader {
    /// Outside of a presentation's own size, when it gives none.
    private static let usualSize = (width: 9_144_000, height: 6_858_000)
    /// What stands on every slide, or counts them.
    private static let running: Set = ["sldNum", "dt", "ftr", "hdr"]

    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8]) throws -> DocumentContent { try read(OfficePackage(bytes)) }

    static func read(_ package: OfficePackage) throws -> DocumentContent {
        let main = try package.mainPart(kind: "presentationml", usual: "ppt/presentation.xml")
        let relations = try package.relations(of: main)
        guard let presentation = try package.tree(main) else {
            throw ExtractionError.damaged("it has no document part")
        }
        let ids = presentation["sldIdLst"]?.all("sldId") ?? []
        guard ids.count <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it has more than \(ReaderLimits.pages) slides")
        }
        let size = presentation["sldSz"]?.attributes
        let bounds = (
            width: size?["cx"].flatMap(Int.init) ?? usualSize.width,
            height: size?["cy"].flatMap(Int.init) ?? usualSize.height
        )
        let authors = try authors(package, relations)
        var content = DocumentContent(pages: [])
        var footers: Set<String> = []
        var grounds = SlideGround(package)
        for (index, id) in ids.enumerated() {
            guard let relation = relations[id.attributes[":id"] ?? id.attributes["id"]], !relation.isExternal,
                package.has(relation.target)
            else {
                content.report.warn("A slide is missing in the file.")
                content.pages.append("")
                continue
            }
            let slide = try Slide(
                package, relation.target, authors: authors, bounds: bounds, ground: grounds.of(relation.target),
                colours: grounds.colours(of: relation.target))
            for hidden in slide.hidden { content.report.hide(hidden.text, page: index + 1, how: hidden.how) }
            // Slides are counted with those that are not shown.
            if slide.isHidden {
                content.report.hide(slide.text(footers: []), page: index + 1, how: "a hidden slide")
                content.pages.append("")
            } else {
                let new = slide.footers.filter { footers.insert($0).inserted }
                content.pages.append(slide.text(footers: new))
            }
        }
        if content.pages.isEmpty { content.pages = [""] }
        return content
    }

    private static func authors(
        _ package: OfficePackage, _ relations: OfficePackage.Relations
    ) throws -> [String: String] {
        var authors: [String: String] = [:]
        for relation in relations.all("commentAuthors") + relations.all("authors") {
            try package.events(relation.target) { event in
                if case .start(_, let attributes) = event, let id = attributes["id"], let name = attributes["name"] {
                    authors[id] = name
                }
            }
        }
        return authors
    }

    /// One slide.
    private struct Slide {
        var isHidden = false
        var title = ""
        var bodies: [String] = []
        var footers: [String] = []
        var notes = ""
        var comments: [String] = []
        var hidden: [(text: String, how: String)] = []

        init(
            _ package: OfficePackage, _ part: String, authors: [String: String], bounds: (width: Int, height: Int),
            ground: WordFill, colours: [String: UInt32]
        ) throws {
            let relations = try package.relations(of: part)
            var drawing = DrawingText(package, relations, ground: ground, colours: colours)
            try package.events(part) { event in
                if case .start("sld", let attributes) = event { isHidden = !wordIsOn(attributes["show"] ?? "1") }
                try drawing.take(event)
            }
            hidden = drawing.hidden
            for shape in drawing.found { add(shape, bounds) }
            for relation in relations.all("notesSlide") where !relation.isExternal {
                notes = try Self.notes(package, relation.target)
            }
            for relation in relations.all("comments") where !relation.isExternal {
                comments += try Self.comments(package, relation.target, authors)
            }
        }

        private mutating func add(_ shape: DrawingText.Shape, _ bounds: (width: Int, height: Int)) {
            if shape.isHidden { return hidden.append((shape.text, "a hidden shape")) }
            if let box = shape.box, box.count == 4 {
                let isOutside =
                    box[0] >= bounds.width || box[1] >= bounds.height || box[0].addingReportingOverflow(box[2]).0 <= 0
                    || box[1].addingReportingOverflow(box[3]).0 <= 0
                if isOutside, box[0] != 0 || box[1] != 0 { return hidden.append((shape.text, "outside of the slide")) }
            }
            switch shape.placeholder {
            case "title", "ctrTitle": title += (title.isEmpty ? "" : "\n") + shape.text
            case "ftr", "hdr": footers.append(shape.text)
            case "sldNum", "dt": break
            default: bodies.append(shape.text)
            }
        }

        func text(footers: [String]) -> String {
            let notes = notes.isEmpty ? [] : ["Notes:\n" + notes]
            return ([title] + bodies + footers + notes + comments).filter { !$0.isEmpty }.joined(separator: "\n\n")
        }

        private static func notes(_ package: OfficePackage, _ part: String) throws -> String {
            var drawing = DrawingText(package, try package.relations(of: part))
            try package.events(part) { try drawing.take($0) }
            return drawing.found.filter { !$0.isHidden && !running.contains($0.placeholder ?? "") }.map(\.text)
                .joined(separator: "\n")
        }

        private static func comments(
            _ package: OfficePackage, _ part: String, _ authors: [String: String]
        ) throws -> [String] {
            var comments: [String] = []
            var author: String?
            var text = ""
            var isText = false
            try package.events(part) { event in
                switch event {
                case .start("cm", let attributes):
                    author = attributes["authorId"].flatMap { authors[$0] }
                    text = ""
                case .start("text", _), .start("t", _): isText = true
                case .end("text"), .end("t"): isText = false
                case .end("cm"):
                    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    if !line.isEmpty { comments.append("Comment" + (author.map { " by " + $0 } ?? "") + ": " + line) }
                case .text(let piece): if isText { text += piece }
                default: break
                }
            }
            return comments
        }
    }
}
