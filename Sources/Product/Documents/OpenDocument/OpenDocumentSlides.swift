import DocumentReading
import Markup

/// Reads a presentation: a page for each slide, with its notes and comments (OASIS OpenDocument 1.3, part 3, chapter 10).
struct OpenDocumentSlides {
    /// One slide.
    private struct Slide {
        var isHidden = false
        var titles: [String] = []
        var bodies: [String] = []
        var footers: [String] = []
        var notes: [String] = []
    }

    private let context: OpenDocumentContext
    private var text: OpenDocumentText
    private var pages: [String] = []
    private var slide: Slide?
    private var sheet: (width: Double, height: Double)?
    private var isNotes = false
    /// Elements that are open in the shape, and what is said of it.
    private var depth = 0
    private var shape: [String: String] = [:]
    /// The footers that slides name, and those that have been said.
    private var declared: [String: String] = [:]
    private var declaring: String?
    private var said: Set<String> = []

    /// - Throws: `ExtractionError`.
    static func read(_ bytes: [UInt8], _ context: OpenDocumentContext) throws -> DocumentContent {
        var slides = OpenDocumentSlides(context)
        var isBody = false
        try OfficePackage.reading {
            try MarkupReader.events(bytes) { event in
                if case .start("body", _) = event { isBody = true }
                if isBody { try slides.take(event) }
            }
        }
        if slides.pages.isEmpty { slides.pages = [""] }
        return DocumentContent(pages: slides.pages)
    }

    private init(_ context: OpenDocumentContext) {
        self.context = context
        text = OpenDocumentText(context, .other, ground: .unknown)
    }

    private mutating func take(_ event: MarkupEvent) throws {
        if depth > 0 { return try takeInShape(event) }
        switch event {
        case .start("footer-decl", let attributes), .start("header-decl", let attributes):
            declaring = attributes["name"] ?? ""
        case .end("footer-decl"), .end("header-decl"): declaring = nil
        case .text(let piece):
            if let declaring, (declared[declaring]?.utf8.count ?? 0) < 2000, declared.count < 1000 {
                declared[declaring, default: ""] += piece
            }
        case .start("page", let attributes): try startSlide(attributes)
        case .end("page"): endSlide()
        case .start("notes", _): isNotes = true
        case .end("notes"): isNotes = false
        // A group holds shapes of their own.
        case .start(let name, let attributes)
        where name != "g" && OpenDocumentText.shapeElements.contains(name) || name == "annotation":
            guard slide != nil else { return }
            depth = 1
            shape = attributes
            if name == "annotation" { shape["class"] = name }
            try text.take(event)
        default: break
        }
    }

    private mutating func takeInShape(_ event: MarkupEvent) throws {
        switch event {
        case .start: depth += 1
        case .end: depth -= 1
        case .text: break
        }
        try text.take(event)
        if depth == 0 { add(try text.takeText()) }
    }

    private mutating func startSlide(_ attributes: [String: String]) throws {
        guard pages.count < ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it has more than \(ReaderLimits.pages) slides")
        }
        context.page = pages.count + 1
        let style = context.styles.style(attributes["style-name"], "drawing-page")
        var slide = Slide()
        slide.isHidden = !(style.isShown ?? true)
        let layout = context.styles.masterPage(attributes["master-page-name"])?.layout
        sheet = layout.flatMap { context.styles.sheets[$0] }
        if style.showsFooter ?? true {
            slide.footers = ["use-header-name", "use-footer-name"].compactMap { attributes[$0] }
                .compactMap { declared[$0]?.trimmed }.filter { !$0.isEmpty }
        }
        self.slide = slide
    }

    private mutating func add(_ found: String) {
        guard !found.isEmpty, slide != nil else { return }
        if isNotes {
            if !["header", "footer", "date-time", "page-number"].contains(shape["class"]) {
                slide?.notes.append(found)
            }
            return
        }
        if isOutside { return context.report.hide(found, page: context.page, how: "outside of the slide") }
        switch shape["class"] {
        case "title": slide?.titles.append(found)
        case "footer", "header": slide?.footers.append(found)
        case "page-number", "date-time": break
        default: slide?.bodies.append(found)
        }
    }

    /// Whether the shape lies where nobody sees it.
    private var isOutside: Bool {
        guard let sheet, shape["transform"] == nil, let x = shape["x"].flatMap(OpenDocumentStyle.points),
            let y = shape["y"].flatMap(OpenDocumentStyle.points)
        else { return false }
        let width = shape["width"].flatMap(OpenDocumentStyle.points) ?? 0
        let height = shape["height"].flatMap(OpenDocumentStyle.points) ?? 0
        return x >= sheet.width || y >= sheet.height || x + width <= 0 && x < 0 || y + height <= 0 && y < 0
    }

    private mutating func endSlide() {
        guard let slide else { return }
        self.slide = nil
        isNotes = false
        let comments = context.comments.map(\.line)
        context.comments = []
        let notes = slide.notes.isEmpty ? [] : ["Notes:\n" + slide.notes.joined(separator: "\n")]
        func text(_ footers: [String]) -> String {
            ([slide.titles.joined(separator: "\n")] + slide.bodies + footers + notes + comments).filter { !$0.isEmpty }
                .joined(separator: "\n\n")
        }
        // Slides are counted with those that are not shown.
        if slide.isHidden {
            context.report.hide(text([]), page: context.page, how: "a hidden slide")
            pages.append("")
        } else {
            pages.append(text(slide.footers.filter { said.insert($0).inserted }))
        }
    }
}
