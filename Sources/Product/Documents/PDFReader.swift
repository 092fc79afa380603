import ChildProcess
import DocumentReading

/// Reads PDFs with poppler's programs.
struct PDFReader: Sendable {
    func read(_ path: String) async throws -> DocumentContent {
        var programs = PDFPrograms(path: path)
        let pages = try await pageCount(programs)
        guard pages <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it claims \(pages) pages, the limit is \(ReaderLimits.pages)")
        }
        var (texts, complaints) = try await texts(programs)
        if let mended = try PDFCharacterMaps.mended({ try DocumentReader.content(path) }, complaints) {
            programs.content = mended
            (texts, complaints) = try await self.texts(programs)
        }
        var content = DocumentContent(pages: texts)
        let missing = PDFCharacterMaps.missing(complaints)
        if !missing.isEmpty {
            let complaint = PDFCharacterMaps.complaint(missing)
            guard texts.contains(where: { !$0.allSatisfy(\.isWhitespace) }) else {
                throw ExtractionError(
                    code: ExtractionError.noText.code,
                    detail: "The file's \(complaint). Have it installed and try again.")
            }
            content.report.warn("Some \(complaint).")
        }
        let hyphens = LineEndHyphens(texts)
        guard hyphens.mayBeLacking else { return content }
        // The text is there already: without its lines it lacks some hyphens, and nothing else.
        guard let lines = try? await self.texts(programs, ["-raw"]).pages, lines.count == texts.count else {
            return content
        }
        content.pages = zip(texts, lines).map { hyphens.restored($0, lines: $1) }
        return content
    }

    private func texts(
        _ programs: PDFPrograms, _ options: [String] = []
    ) async throws -> (pages: [String], complaints: String) {
        let result = try await programs.run("pdftotext", options + ["-enc", "UTF-8", "-eol", "unix"], ["-"])
        var texts = String(decoding: result.output, as: UTF8.self)
            .split(separator: "\u{c}", omittingEmptySubsequences: false).map(String.init)
        // The program ends every page with a form feed, the last one too.
        if texts.count > 1, texts.last?.isEmpty ?? false { texts.removeLast() }
        return (texts, result.errors)
    }

    private func pageCount(_ programs: PDFPrograms) async throws -> Int {
        let result = try await programs.run("pdfinfo")
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Pages:")
        {
            if let count = Int(line.dropFirst(6).filter { $0 != " " }) { return count }
        }
        throw ExtractionError.damaged("its page count cannot be read")
    }
}
