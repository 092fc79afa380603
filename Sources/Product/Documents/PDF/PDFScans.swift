import DocumentReading

/// The pages of a PDF that are pictures of text: each is drawn and read.
struct PDFScans: Sendable {
    /// Dots for each inch: what tesseract reads best.
    static let dots = 300
    /// Pages of a document.
    private static let most = 100
    /// By the clock: what is left of `ReaderLimits.seconds` is for the rest of the document.
    private static let seconds = 200
    /// Below this, what was made out is noise.
    private static let leastConfidence = 0.7

    private let programs: PDFPrograms

    init(_ programs: PDFPrograms) { self.programs = programs }

    /// What became of the pages.
    enum Outcome {
        /// Nothing is on them.
        case blank
        case read
        /// The sentence that says why nothing could be read.
        case unread(String)
    }

    /// Reads the pages that have no text.
    ///
    /// - Parameter numbers: In order, from 1.
    func read(_ numbers: [Int], into content: inout DocumentContent) async throws -> Outcome {
        let pictures = await PDFPicture.draw(Array(numbers.prefix(PDFPicture.most)), programs)
        let marked = numbers.filter { pictures[$0]?.isBlank == false }
        guard !marked.isEmpty else { return .blank }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Self.seconds)
        var unclear: [Int] = []
        var failed: [Int] = []
        var count = 0
        do {
            let recognition = try TextRecognition()
            for number in marked.prefix(Self.most) where clock.now < end {
                count += 1
                let page = PDFPage(programs, number)
                let found: (text: RecognisedText, words: [PDFWords.Word])?
                do {
                    found = try await page.recognised(recognition, dots: Self.dots, before: end)
                } catch is ExtractionError {
                    // The others can still be read.
                    failed.append(number)
                    continue
                }
                guard let found, !found.text.text.isEmpty else { continue }
                guard found.text.confidence >= Self.leastConfidence else {
                    unclear.append(number)
                    continue
                }
                content.pages[number - 1] = found.text.text
                content.report.recognise(page: number, confidence: found.text.confidence)
            }
        } catch let missing as TextRecognition.Missing {
            let packages = missing.packages.joined(separator: " and ")
            return .unread(
                "What stands on \(PDFReader.list(marked)) is a picture, and this machine cannot read pictures of text: "
                    + "Debian's \(missing.packages.count == 1 ? "package" : "packages") \(packages) "
                    + "\(missing.packages.count == 1 ? "is" : "are") not installed. Have that done, or upload a version with a "
                    + "text layer.")
        }
        if count < marked.count {
            let rest = PDFReader.list(Array(marked.dropFirst(count)))
            content.report.warn(
                "Pictures of text are read on the first \(count) such pages only; \(rest) were left out.")
        }
        let reasons = [
            (failed, "takes more time or memory than reading a picture may, or is damaged"),
            (unclear, "is too unclear to be read as text, or lies on its side"),
        ].filter { !$0.0.isEmpty }.map { "What stands on \(PDFReader.list($0)) is a picture that \($1)." }
        guard !reasons.isEmpty else { return .read }
        return .unread(reasons.joined(separator: " ") + " Upload a clearer version, or one with a text layer.")
    }
}

extension PDFPage {
    /// What can be made out on it, with places as shares of the page; `nil` when it cannot be drawn.
    ///
    /// - Parameter end: When it has to be done.
    /// - Throws: `ExtractionError` when it takes too much; `TextRecognition.Missing`.
    func recognised(
        _ recognition: TextRecognition, dots: Int, before end: ContinuousClock.Instant
    ) async throws -> (text: RecognisedText, words: [PDFWords.Word])? {
        guard let picture = try await gray(dots: dots) else { return nil }
        let text = try await recognition.text(of: picture.bytes, dots: picture.dots, before: end)
        let (width, height) = (Double(picture.width), Double(picture.height))
        let words = text.words.map { word in
            let box = PDFBox(
                left: word.box.left / width, top: word.box.top / height, right: word.box.right / width,
                bottom: word.box.bottom / height)
            return PDFWords.Word(text: word.text, box: box, line: word.line)
        }
        return (text, words)
    }
}
