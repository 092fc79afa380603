import DocumentReading
import Documents
import FoundationEssentials
import JSONCoding
import TestSupport
import Testing

/// What the reading program leaves behind.
@Suite struct DocumentJobTests {
    private func job(
        _ bytes: [UInt8], _ type: MediaType, maximumPassages: Int = ReaderLimits.passages,
        _ body: (JSONValue, ReadingFolder) async throws -> Void
    ) async throws {
        let parent = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let folder = try ReadingFolder(in: parent)
        try Data(bytes).write(to: URL(filePath: folder.original))
        try await body(try await DocumentJob(folder, as: type, maximumPassages: maximumPassages).run(), folder)
    }

    private func passages(_ folder: ReadingFolder) async throws -> [Passage] {
        let file = try PassageFile(folder.passages)
        var all: [Passage] = []
        while case let part = try await file.next(3), !part.isEmpty { all += part }
        return all
    }

    @Test func textAndPassagesAreThoseOfTheReader() async throws {
        let source = (0..<40).map { "Page \($0) says \"{\($0)}\" and \\ ends.\tÄ 😀." }.joined(separator: "\u{c}")
        try await job(Array(source.utf8), .text) { found, folder in
            let text = try await DocumentReader().read(folder.original, .text).text
            let report: JSONValue = ["encoding": "UTF-8", "hidden": [], "hiddenCount": 0, "warnings": []]
            #expect(
                found == ["pages": 40, "pagesWithoutText": 0, "passages": 40, "language": "en", "report": report])
            #expect(ExtractedText(json: try JSONParser.parse(try Fixtures.bytes(folder.text))) == text)
            #expect(try Fixtures.bytes(folder.text) == text.json.encoded)
            #expect(try await passages(folder) == PassageSplitter().passages(of: text))
        }
    }

    @Test func whatCannotBeReadIsSaidAndLeavesNothing() async throws {
        try await job(Array("  \n".utf8), .text) { found, folder in
            #expect(found["error"]?["code"] == "no_text" && found["error"]?["detail"]?.string?.isEmpty == false)
            #expect(throws: ReadingFailure.self) { try PassageFile(folder.passages) }
        }
    }

    @Test func thereIsALimitOfPassages() async throws {
        let source = Array(String(repeating: "One page.\u{c}", count: 12).utf8)
        try await job(source, .text, maximumPassages: 12) { found, _ in #expect(found["passages"] == 12) }
        try await job(source, .text, maximumPassages: 11) { found, _ in
            #expect(found["error"]?["code"] == "too_complex")
            #expect(found["error"]?["detail"]?.string?.contains("more than 11 passages") == true)
        }
    }
}
