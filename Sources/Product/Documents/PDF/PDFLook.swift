import ChildProcess
import DocumentReading

/// The second look at a document's pages: where its text stands, how large and in which colour. It gives back what the text
/// alone has lost, and takes out what a reader does not see.
struct PDFLook: Sendable {
    private var programs: PDFPrograms
    private let info: PDFInfo

    init(_ programs: PDFPrograms, _ info: PDFInfo) {
        self.programs = programs
        self.info = info
    }

    /// What pdftohtml says of the shown text of all pages; `nil` when it cannot tell.
    func output() async -> [UInt8]? { try? await run([]) }

    private func run(_ options: [String]) async throws -> [UInt8] {
        let own = ["-xml", "-i", "-nodrm", "-enc", "UTF-8", "-zoom", "\(Int(PDFRuns.zoom))", "-stdout"]
        // From standard input it wants a name for what it writes to standard output.
        return try await programs.run("pdftohtml", own + options, programs.content == nil ? [] : ["page"]).output
    }

    /// What there is to do on a page.
    private struct Task {
        let hidden: PDFHiddenText
        let isRaised: Bool
        let hasColumns: Bool
        let lacks: Bool
        var stretches: [PDFHiddenText.Stretch] = []

        init?(_ page: PDFRuns.Page, _ text: String, _ sheet: PDFInfo.Sheet?) {
            hidden = PDFHiddenText(shown: page)
            isRaised = PDFRaisedText.stands(on: page)
            hasColumns = PDFTables.mayStand(on: page)
            lacks = hidden.lacks(text)
            var doubts = false
            stretches = hidden.stretches(nil, sheet, doubts: &doubts)
            guard isRaised || hasColumns || lacks || doubts || !stretches.isEmpty else { return nil }
        }

        /// Whether the page's words are wanted with their places.
        var wantsWords: Bool { isRaised || hasColumns || !stretches.isEmpty }
    }

    /// Changes the texts of the pages that need it.
    ///
    /// - Parameters:
    ///   - output: What `output()` gave.
    ///   - texts: The pages' texts as poppler joins them.
    func apply(_ output: [UInt8]?, to content: inout DocumentContent, texts: [String]) async {
        guard let output else {
            content.report.warn(
                "Where the text stands on the page could not be found out: hidden text is not left out.")
            return
        }
        var tasks: [Int: Task] = [:]
        PDFRuns.forEachPage(output) { page in
            guard texts.indices.contains(page.number - 1) else { return }
            tasks[page.number] = Task(page, texts[page.number - 1], info.sheets[page.number])
        }
        guard !tasks.isEmpty else { return }
        await findHidden(&tasks, &content.report)
        let numbers = tasks.filter(\.value.wantsWords).keys.sorted()
        for range in PDFPrograms.ranges(numbers) {
            let limits = ["-f", "\(range.lowerBound)", "-l", "\(range.upperBound)", "-tsv", "-enc", "UTF-8"]
            let words = (try? await programs.run("pdftotext", limits, ["-"])).map { PDFWords.pages($0.output) } ?? [:]
            for number in range where content.pages.indices.contains(number - 1) {
                guard let task = tasks[number], task.wantsWords else { continue }
                change(number, task, words[number] ?? [], &content)
            }
        }
    }

    private func change(_ number: Int, _ task: Task, _ words: [PDFWords.Word], _ content: inout DocumentContent) {
        var page = PDFPageText(content.pages[number - 1])
        let hasPlaces = page.place(words)
        if task.isRaised, hasPlaces { PDFRaisedText.restore(&page, words) }
        if task.hasColumns, hasPlaces { PDFTables.layOut(&page, words) }
        var isWhole = task.stretches.count <= Self.mostStretches
        for stretch in task.stretches {
            content.report.hide(stretch.text, page: number, how: stretch.how)
            // What stands outside is not in the text anyway, mostly.
            if isWhole, !page.remove(stretch.text, at: stretch.box), stretch.how != PDFHiddenText.outside {
                isWhole = false
            }
        }
        content.pages[number - 1] = isWhole ? page.text : task.hidden.rest(task.stretches)
        if !isWhole { content.report.warn("The lines of page \(number), which has hidden text, may be out of order.") }
    }

    /// Notes the text of layers that are off, which is not in the pages' texts.
    ///
    /// - Parameters:
    ///   - output: What `output()` gave.
    ///   - content: The file.
    func noteLayers(_ output: [UInt8]?, _ content: [UInt8], in report: inout ReadingReport) async {
        guard let output, let switchedOn = PDFLayers.switchedOn(content) else { return }
        var all = self
        all.programs.content = switchedOn
        guard let more = await all.output() else { return }
        var counts: [Int: Int] = [:]
        PDFRuns.forEachPage(output) { counts[$0.number] = $0.runs.count }
        var pages: [Int: PDFRuns.Page] = [:]
        PDFRuns.forEachPage(more) { if $0.runs.count != counts[$0.number], pages.count < 100 { pages[$0.number] = $0 } }
        PDFRuns.forEachPage(output) { shown in
            guard let page = pages[shown.number] else { return }
            for stretch in PDFHiddenText(shown: shown).invisible(page, hasPicture: false) {
                report.hide(stretch.text, page: shown.number, how: "on a layer that is off")
            }
        }
    }

    /// Finds the pages' hidden text, with further programs where these are needed.
    private func findHidden(_ tasks: inout [Int: Task], _ report: inout ReadingReport) async {
        let lacking = tasks.filter(\.value.lacks).keys.sorted()
        let scans = await pagesWithPictures(lacking)
        var invisible: [Int: [PDFHiddenText.Stretch]] = [:]
        for range in PDFPrograms.ranges(lacking) {
            guard let all = try? await run(["-hidden", "-f", "\(range.lowerBound)", "-l", "\(range.upperBound)"])
            else { continue }
            PDFRuns.forEachPage(all) { page in
                guard let task = tasks[page.number], task.lacks else { return }
                invisible[page.number] = task.hidden.invisible(page, hasPicture: scans.contains(page.number))
            }
        }
        let drawn = tasks.filter { $0.value.hidden.hasLightText || !(invisible[$0.key]?.isEmpty ?? true) }.keys.sorted()
        let pictures = await PDFPicture.draw(Array(drawn.prefix(PDFPicture.most)), programs)
        var doubtful: [Int] = []
        for number in tasks.keys.sorted() {
            guard var task = tasks[number] else { continue }
            var doubts = false
            task.stretches = task.hidden.stretches(pictures[number], info.sheets[number], doubts: &doubts)
            for stretch in invisible[number] ?? [] {
                // Letters may be the shape that something else is drawn in.
                if !scans.contains(number), pictures[number]?.hasMarks(in: stretch.box, of: task.hidden.shown) ?? false,
                    !task.hidden.shown.runs.contains(where: { $0.box.overlaps(stretch.box) })
                {
                    doubts = true
                } else {
                    task.stretches.append(stretch)
                }
            }
            if doubts { doubtful.append(number) }
            tasks[number] = task
        }
        if !doubtful.isEmpty {
            report.warn("Text that may not be seen was kept on \(PDFReader.list(doubtful)).")
        }
    }

    /// Of a page, that are taken out one by one.
    private static let mostStretches = 2000
    /// Share of a page that a scan covers.
    private static let scanShare = 0.5

    /// The pages of which a picture covers much.
    private func pagesWithPictures(_ numbers: [Int]) async -> Set<Int> {
        var found: Set<Int> = []
        for range in PDFPrograms.ranges(numbers) {
            let limits = ["-list", "-f", "\(range.lowerBound)", "-l", "\(range.upperBound)"]
            guard let result = try? await programs.run("pdfimages", limits, programs.content == nil ? [] : ["page"])
            else { continue }
            var areas: [Int: Double] = [:]
            for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n").dropFirst(2) {
                let words = line.split(separator: " ")
                // page, num, type, width, height, …, x-ppi, y-ppi, size, ratio
                guard words.count > 8, let page = Int(words[0]), words[2] != "smask", let width = Double(words[3]),
                    let height = Double(words[4]), let across = Double(words[words.count - 4]),
                    let down = Double(words[words.count - 3]), across > 0, down > 0
                else { continue }
                areas[page, default: 0] += width / across * 72 * (height / down * 72)
            }
            for (page, area) in areas {
                guard let media = info.sheets[page]?.media, media.count == 4 else { continue }
                if area > Self.scanShare * abs((media[2] - media[0]) * (media[3] - media[1])) { found.insert(page) }
            }
        }
        return found
    }
}
