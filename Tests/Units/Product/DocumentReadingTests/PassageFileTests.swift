import DocumentReading
import FoundationEssentials
import JSONCoding
import TestSupport
import Testing

/// The file of passages, as a reader leaves it or as one that was taken over might.
@Suite struct PassageFileTests {
    private func with(_ content: [UInt8], _ body: (PassageFile) async throws -> Void) async throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(content).write(to: URL(filePath: folder + "/passages"))
        try await body(try PassageFile(folder + "/passages"))
    }

    private func passage(_ number: Int) -> Passage {
        Passage(page: 1, start: number, end: number + 1, text: String(repeating: "\(number)\n", count: 400))
    }

    @Test func passagesComeInBatches() async throws {
        let all = (0..<1000).map(passage)
        try await with(all.flatMap { $0.json.encoded + [10] }) { file async throws in
            #expect(try await file.next(64) == Array(all[..<64]))
            #expect(try await file.next(900) == Array(all[64..<964]))
            #expect(try await file.next(64) == Array(all[964...]))
            #expect(try await file.next(64).isEmpty)
        }
        try await with([]) { file async throws in #expect(try await file.next(1).isEmpty) }
    }

    @Test(arguments: [
        "no passage\n", "{}\n", "{\"page\":1,\"start\":5,\"end\":5,\"text\":\"x\"}\n",
        "{\"page\":0,\"start\":0,\"end\":1,\"text\":\"x\"}\n", "\n",
    ])
    func somethingElseIsRefused(content: String) async throws {
        try await with(Array(content.utf8)) { file in
            await #expect(throws: ReadingFailure.self) { try await file.next(1) }
        }
    }

    @Test func aLineWithoutEndIsNotReadIntoMemory() async throws {
        try await with([UInt8](repeating: 65, count: 4 << 20)) { file in
            let error = await #expect(throws: ReadingFailure.self) { try await file.next(1) }
            #expect(error?.reason.contains("too long") == true)
        }
    }
}
