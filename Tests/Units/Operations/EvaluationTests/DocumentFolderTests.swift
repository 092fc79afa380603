import FoundationEssentials
import TestSupport
import Testing

@testable import Evaluation

/// The documents that are uploaded before anything is asked.
struct DocumentFolderTests {
    @Test func aDocumentThatIsThereUnderItsNameIsNoClash() {
        #expect(DocumentFolder.clash(of: "a.pdf", with: "a.pdf", id: "1", inFolder: false) == nil)
        // Files of a Mac spell the letter with a mark of its own.
        #expect(DocumentFolder.clash(of: "u\u{308}.pdf", with: "\u{fc}.pdf", id: "1", inFolder: false) == nil)
    }

    @Test func aClashNamesBothNamesAndARemedyThatHelps() throws {
        let stored = try #require(DocumentFolder.clash(of: "a.pdf", with: "b.pdf", id: "17", inFolder: false))
        #expect(stored.hasPrefix("a.pdf has the bytes of b.pdf. ") && stored.contains("DELETE /api/documents/17"))
        let twice = try #require(DocumentFolder.clash(of: "a.pdf", with: "b.pdf", id: "17", inFolder: true))
        #expect(twice.hasPrefix("a.pdf has the bytes of b.pdf. ") && !twice.contains("DELETE"))
    }

    @Test func aFolderWithoutDocumentsIsRefused() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("{}".utf8).write(to: URL(filePath: folder + "/questions.jsonl"))
        #expect(throws: EvaluationError.self) { try DocumentFolder(path: folder) }
        try Data("a".utf8).write(to: URL(filePath: folder + "/a.txt"))
        #expect(throws: Never.self) { try DocumentFolder(path: folder) }
    }
}
