import ChildProcess
import DocumentReading
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The program `document-reader` as the apps start it.
@Suite(.serialized) struct ReaderProcessTests {
    private func read(_ bytes: [UInt8], _ type: MediaType) async throws -> ReaderProcess.Reading {
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let folder = try ReadingFolder(in: parent)
        try Data(bytes).write(to: URL(filePath: folder.original))
        return try await ReaderProcess.read(folder, as: type)
    }

    @Test func everyKindIsReadByIt() async throws {
        let names: [(String, MediaType, Int)] = [
            ("employee-handbook.pdf", .pdf, 15), ("travel-policy.docx", .docx, 1), ("incident-report.html", .html, 1),
            ("minutes-2026-01-14.md", .markdown, 1), ("price-list.xlsx", .xlsx, 4),
        ]
        for (name, type, pages) in names {
            let reading = try await read(try Fixtures.bytes(Fixtures.library + "/" + name), type)
            #expect(reading.pages >= pages && reading.passages > 0 && reading.language == "en", "\(name)")
        }
    }

    /// The programs that a PDF needs are started by the reader, on threads that come and go.
    @Test func aPDFIsReadEveryTime() async throws {
        let bytes = try Fixtures.bytes(Fixtures.library + "/employee-handbook.pdf")
        let pages = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<24 { group.addTask { try await read(bytes, .pdf).pages } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(pages.count == 1)
    }

    @Test func aWebPageIsReadByIt() async throws {
        let page = try await ReaderProcess.read(
            page: Array("<title>A page</title><p>Some text.".utf8), isHTML: true)
        #expect(page.title == "A page" && page.text == "Some text.")
        let error = await #expect(throws: ExtractionError.self) { try await ReaderProcess.read(page: [], isHTML: true) }
        #expect(error == .damaged("it cannot be read as HTML") || error == .noText)
    }

    @Test func moreMemoryThanThereIsNamesTheLimitAndTheRemedy() async throws {
        // Empty cells take much memory and little time.
        let table = [UInt8](repeating: UInt8(ascii: ","), count: 90 << 20)
        let error = await #expect(throws: ExtractionError.self) { try await read(table, .csv) }
        #expect(error?.code == "too_complex")
        #expect(error?.detail.contains("1024 MiB of memory") == true && error?.detail.contains("Split it") == true)
    }

    @Test func whoIsCancelledDoesNotWait() async throws {
        // So many elements keep the reader busy for seconds.
        let page = Array(("<html><body>" + String(repeating: "<p>", count: 5 << 20)).utf8)
        let task = Task { try await read(page, .html) }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    // MARK: - Limits in words

    private func limit(_ script: String, _ change: (inout Subprocess.Command) -> Void = { _ in }) async throws
        -> String?
    {
        var command = Subprocess.Command("/bin/sh", ["-c", script])
        change(&command)
        let output = try await Subprocess.run(command, timeout: .seconds(20), outputLimit: 100_000)
        return ExtractionError(limitPassedBy: output)?.detail
    }

    @Test func everyLimitIsNamed() async throws {
        #expect(
            try await limit("while :; do :; done") { $0.limits.cpuSeconds = 1 }?.contains("60 seconds of proc") == true)
        #expect(try await limit("exit 71")?.contains("1024 MiB of memory") == true)
        #expect(try await limit("kill -9 $$")?.contains("1024 MiB of memory") == true)
        #expect(try await limit("kill -XFSZ $$")?.contains("64 MiB of text") == true)
        #expect(
            try await limit("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done")?.contains("MiB of text") == true
        )
        #expect(try await limit("exit 0") == nil)
        #expect(try await limit("exit 1") == nil)
        #expect(try await limit("kill -SEGV $$") == nil)
    }

    // MARK: - Folders

    @Test func foldersAreTheirOwnersAlone() throws {
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let folder = try ReadingFolder(in: parent)
        var status = stat()
        #expect(stat(folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(throws: ReadingFailure.self) { try ReadingFolder(in: parent + "/none") }
    }
}
