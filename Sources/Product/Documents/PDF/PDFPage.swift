import ChildProcess
import DocumentReading

/// One page of a PDF, as it is shown.
struct PDFPage: Sendable {
    private static let quality = 85
    /// Pixels; far fewer than the format has room for.
    private static let longestSide = 20_000

    private let programs: PDFPrograms
    private let number: Int

    init(_ path: String, _ number: Int) {
        programs = PDFPrograms(path: path)
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
        guard let size = sheet?.size, let fewer = Self.fewer(width, size) else { return try await first.value }
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

    /// What a page is drawn at that would have too many pixels; `nil` when it has not.
    static func fewer(_ width: Int, _ size: (width: Double, height: Double)) -> (width: Int, height: Int)? {
        guard size.width > 0, size.height > 0 else { return nil }
        let height = Double(width) * size.height / size.width
        let share = (Double(ReaderLimits.drawnPixels) / (Double(width) * height)).squareRoot()
        let scale = min(share, Double(longestSide) / height)
        guard scale < 1 else { return nil }
        // A strip may be thinner than one pixel.
        return (Int(max(1, Double(width) * scale)), Int(max(1, height * scale)))
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
        return (PDFWords.pages(output.output)[number] ?? []).map { word in
            let box = PDFBox(
                left: share(word.box.left - left, size.width), top: share(word.box.top - top, size.height),
                right: share(word.box.right - left, size.width), bottom: share(word.box.bottom - top, size.height))
            return PDFWords.Word(text: word.text, box: box, line: word.line)
        }
    }
}
