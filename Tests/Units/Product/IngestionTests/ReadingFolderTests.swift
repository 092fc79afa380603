import DocumentReading
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Ingestion

/// What is left of documents that were being read.
@Suite struct ReadingFolderTests {
    @Test func leftoversGoAndWhatIsBeingReadStays() throws {
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let (old, young) = (try ReadingFolder(in: parent), try ReadingFolder(in: parent))
        try Data("x".utf8).write(to: URL(filePath: old.original))
        var times = [timeval(tv_sec: 1_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000, tv_usec: 0)]
        #expect(utimes(old.path, &times) == 0)
        #expect(ReadingFolder.removeLeftovers(in: parent) == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent).count == 1)
        young.remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent).isEmpty)
    }
}
