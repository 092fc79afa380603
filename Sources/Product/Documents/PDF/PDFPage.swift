import ChildProcess
import DocumentReading

/// One page of a PDF, as it is shown.
struct PDFPage: Sendable {
    private static let quality = 85
    /// Pixels; far fewer than the format has room for.
    private static let longestSide = 20_000

    private let programs: PDFPrograms
    private let number: Int

    init(_ programs: PDFPrograms, _ number: Int) {
        self.programs = programs
        self.number = number
    }

    private var range: [String] { ["-f", "\(number)", "-l", "\(number)"] }

    /// Draws it into `path`, to which the format's ending is added.
    func draw(width: Int, to path: String) async throws {
        // Its size, which few pages need, is found out meanwhile.
        let first = Task {
            try await draw(scale: ["-scale-to-x", "\(width)", "-scale-to-y", "-1"], programs, to: path)
        }
        let sheet = try? await sheet()
        guard let size = sheet?.size, let fewer = Self.fewer(Double(width), size, ReaderLimits.drawnPixels) else {
            return try await first.value
        }
        first.cancel()
        _ = await first.result
        try await draw(
            scale: ["-scale-to-x", "\(fewer.width)", "-scale-to-y", "\(fewer.height)"], programs, to: path)
    }

    private func draw(scale: [String], _ programs: PDFPrograms, to path: String) async throws {
        let options =
            range + scale + [
                "-scale-dimension-before-rotation", "-cropbox", "-singlefile", "-jpeg", "-jpegopt",
                "quality=\(Self.quality)",
            ]
        let result = try await programs.run("pdftoppm", options, [path])
        guard programs.content == nil,
            let mended = try PDFCharacterMaps.mended({ try DocumentReader.content(programs.path) }, result.errors)
        else { return }
        var other = programs
        other.content = mended
        try await draw(scale: scale, other, to: path)
    }

    /// What a page is drawn at that would have more pixels than it may; `nil` when it has not.
    private static func fewer(
        _ width: Double, _ size: (width: Double, height: Double), _ most: Int
    ) -> (width: Int, height: Int)? {
        guard size.width > 0, size.height > 0 else { return nil }
        let height = width * size.height / size.width
        let scale = min((Double(most) / (width * height)).squareRoot(), Double(longestSide) / max(width, height))
        guard scale < 1 else { return nil }
        // A strip may be thinner than one pixel.
        return (Int(max(1, width * scale)), Int(max(1, height * scale)))
    }

    /// It in grays, as a file in the format PGM, for reading what it shows; `nil` when its size is not known.
    func gray(dots: Int) async throws -> (bytes: [UInt8], width: Int, height: Int, dots: Int)? {
        guard let size = try await sheet()?.size, size.width > 0, size.height > 0 else { return nil }
        let wanted = size.width / 72 * Double(dots)
        let (width, height) =
            Self.fewer(wanted, size, ReaderLimits.recognisedPixels)
            ?? (Int(max(1, wanted)), Int(max(1, size.height / 72 * Double(dots))))
        let options = [
            "-scale-to-x", "\(width)", "-scale-to-y", "\(height)", "-scale-dimension-before-rotation", "-cropbox",
            "-gray",
        ]
        let result = try await programs.run("pdftoppm", range + options)
        return (result.output, width, height, max(70, Int(Double(width) / (size.width / 72))))
    }

    private func sheet() async throws -> PDFInfo.Sheet? {
        PDFInfo(try await programs.run("pdfinfo", ["-box"] + range).output).sheets[number]
    }

    /// The words that stand on it with their places, as shares of what is shown of it.
    func words() async throws -> [PDFWords.Word] {
        async let found = sheet()
        var output = try await programs.run("pdftotext", range + ["-tsv", "-enc", "UTF-8"], ["-"])
        if let mended = try PDFCharacterMaps.mended({ try DocumentReader.content(programs.path) }, output.errors) {
            var other = programs
            other.content = mended
            output = try await other.run("pdftotext", range + ["-tsv", "-enc", "UTF-8"], ["-"])
        }
        guard let sheet = try await found, let size = sheet.size, size.width > 0, size.height > 0 else { return [] }
        let (left, top) = (sheet.shown?.left ?? 0, sheet.shown?.top ?? 0)
        func share(_ value: Double, _ whole: Double) -> Double { min(max(value / whole, 0), 1) }
        let words = PDFWords.pages(output.output)[number] ?? []
        // The page is a picture. What was made out in it is not kept with its places: it is read again.
        if words.isEmpty {
            let end = ContinuousClock.now + .seconds(ReaderLimits.drawingSeconds)
            do {
                return try await recognised(TextRecognition(), dots: PDFScans.dots, before: end)?.words ?? []
            } catch let missing as TextRecognition.Missing {
                // What is kept of a page must not lack its words because of that.
                throw ReadingFailure(reason: "not installed: \(missing.packages.joined(separator: ", "))")
            }
        }
        return words.map { word in
            let box = PDFBox(
                left: share(word.box.left - left, size.width), top: share(word.box.top - top, size.height),
                right: share(word.box.right - left, size.width), bottom: share(word.box.bottom - top, size.height))
            return PDFWords.Word(text: word.text, box: box, line: word.line)
        }
    }
}
