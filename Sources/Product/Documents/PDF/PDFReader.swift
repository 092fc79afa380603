import ChildProcess
import DocumentReading
import TextSearch

/// Reads PDFs with poppler's programs.
struct PDFReader: Sendable {
    func read(_ path: String) async throws -> DocumentContent {
        let file = PDFPrograms(path: path)
        var programs = file
        let boxes = ["-box", "-f", "1", "-l", "\(ReaderLimits.pages)"]
        let info = PDFInfo(try await programs.run("pdfinfo", boxes).output)
        guard let pages = info.pages else { throw ExtractionError.damaged("its page count cannot be read") }
        guard pages <= ReaderLimits.pages else {
            throw ExtractionError.tooComplex("it claims \(pages) pages, the limit is \(ReaderLimits.pages)")
        }
        // A second look at the same pages, which takes as long, at the same time.
        let first = PDFLook(file, info)
        var look = first
        async let seen = first.output()
        var (texts, complaints) = try await texts(programs)
        var output = await seen
        if let mended = try PDFCharacterMaps.mended({ try DocumentReader.content(path) }, complaints) {
            programs.content = mended
            look = PDFLook(programs, info)
            (texts, complaints) = try await self.texts(programs)
            output = await look.output()
        }
        var content = DocumentContent(pages: texts)
        try note(PDFCharacterMaps.missing(complaints), in: &content)
        if Self.signsOfDamage.contains(where: complaints.contains) {
            content.report.warn("The file is damaged; some of its text may be missing.")
        }
        try await leaveOutUnreadable(in: &content, programs)
        content.pages = try await restoringHyphens(content.pages, programs, seen: output)
        await look.apply(output, to: &content, texts: texts)
        if let file = try programs.content ?? PDFLayers.content(of: path) {
            await look.noteLayers(output, file, in: &content.report)
        }
        try await readScans(texts.indices.filter { Self.isBlank(texts[$0]) }.map { $0 + 1 }, programs, into: &content)
        if content.pages.allSatisfy(Self.isBlank), !texts.allSatisfy(Self.isBlank) {
            throw ExtractionError(
                code: ExtractionError.noText.code,
                detail: "There is no text that its reader sees in the file: all of it is hidden.")
        }
        return content
    }

    /// Reads what pages without text show, where they show something.
    private func readScans(_ numbers: [Int], _ programs: PDFPrograms, into content: inout DocumentContent) async throws
    {
        guard !numbers.isEmpty else { return }
        let outcome = try await PDFScans(programs).read(numbers, into: &content)
        let reason: String
        switch outcome {
        case .blank: return
        case .read: reason = "None can be made out in its pictures either."
        case .unread(let why): reason = why
        }
        guard content.pages.contains(where: { !Self.isBlank($0) }) else {
            throw ExtractionError(
                code: ExtractionError.noText.code,
                detail: "There is no text in the file. \(reason)")
        }
        if case .unread(let why) = outcome { content.report.warn(why) }
    }

    private func texts(
        _ programs: PDFPrograms, _ options: [String] = []
    ) async throws -> (pages: [String], complaints: String) {
        let result = try await programs.run("pdftotext", options + ["-enc", "UTF-8", "-eol", "unix"], ["-"])
        var texts = String(decoding: result.output, as: UTF8.self)
            .split(separator: "\u{c}", omittingEmptySubsequences: false).map { RightToLeft.ordered(String($0)) }
        texts = texts.map(options.isEmpty ? LineEndHyphens.joined : LineEndHyphens.plain)
        // The program ends every page with a form feed, the last one too.
        if texts.count > 1, texts.last?.isEmpty ?? false { texts.removeLast() }
        return (texts, result.errors)
    }

    /// - Parameter output: What pdftohtml says of the pages, which tells where stretches of text end.
    private func restoringHyphens(
        _ texts: [String], _ programs: PDFPrograms, seen output: [UInt8]?
    ) async throws -> [String] {
        let hyphens = LineEndHyphens(texts)
        var isLacking = hyphens.mayBeLacking
        if !isLacking, let output {
            PDFRuns.forEachPage(output) { page in
                isLacking = isLacking || hyphens.mayBeLacking(in: page.runs.lazy.map(\.text))
            }
        }
        guard isLacking else { return texts }
        // The text is there already: without its lines it lacks some hyphens, and nothing else.
        guard let lines = try? await self.texts(programs, ["-raw"]).pages, lines.count == texts.count else {
            return texts
        }
        return zip(texts, lines).map { hyphens.restored($0, lines: $1) }
    }

    /// Says which character maps are not on this machine.
    private func note(_ missing: [String], in content: inout DocumentContent) throws {
        guard !missing.isEmpty else { return }
        let complaint = PDFCharacterMaps.complaint(missing)
        guard content.pages.contains(where: { !Self.isBlank($0) }) else {
            throw ExtractionError(
                code: ExtractionError.noText.code, detail: "The file's \(complaint). Have it installed and try again.")
        }
        content.report.warn("Some \(complaint).")
    }

    /// What poppler says of a file that lacks some of its parts.
    private static let signsOfDamage = [
        "Invalid XRef entry", "Missing 'endstream'", "trailer dictionary", "End of file",
    ]

    /// Pages whose fonts are looked at one by one.
    private static let mostDoubtful = 300

    /// Empties the pages whose text is none, and says so.
    private func leaveOutUnreadable(in content: inout DocumentContent, _ programs: PDFPrograms) async throws {
        var unreadable: [Int] = []
        var looked = 0
        for index in content.pages.indices {
            var isUnreadable = false
            switch UnreadableText.finding(content.pages[index]) {
            case .readable: break
            case .unreadable: isUnreadable = true
            case .doubtful:
                looked += 1
                guard looked <= Self.mostDoubtful else { break }
                let range = ["-f", "\(index + 1)", "-l", "\(index + 1)"]
                guard let fonts = try? await programs.run("pdffonts", range) else { break }
                isUnreadable = UnreadableText.isUnreadable(content.pages[index], PDFFonts(fonts.output))
            }
            if isUnreadable {
                unreadable.append(index + 1)
                content.pages[index] = ""
            } else {
                content.pages[index] = UnreadableText.mappingBullets(content.pages[index])
            }
        }
        guard !unreadable.isEmpty else { return }
        let why = "its fonts do not say which characters they show"
        if content.pages.allSatisfy(Self.isBlank) {
            throw ExtractionError(
                code: ExtractionError.noText.code,
                detail: "The file cannot be read as text: \(why). Save it again from the program that made it.")
        }
        content.report.warn("What stands on \(Self.list(unreadable)) cannot be read as text: \(why).")
    }

    /// Pages by their numbers, for a sentence.
    static func list(_ pages: [Int]) -> String {
        let numbers = pages.prefix(20).map(String.init).joined(separator: ", ")
        return (pages.count == 1 ? "page " : "pages ") + numbers + (pages.count > 20 ? " …" : "")
    }

    private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
