import HTTPMessages
import JSONCoding
import Synchronization
import TestSupport
import Testing

@testable import Upload

private final class Pieces: HTTPBodySource {
    private let left: Mutex<[[UInt8]]>
    init(_ text: String, size: Int) {
        let bytes = text.bytes
        left = Mutex(
            stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }.reversed()
        )
    }
    func next() async throws -> [UInt8]? { left.withLock { $0.popLast() } }
}

@Suite struct MultipartTests {
    private let type = "multipart/form-data; boundary=\"xYz\""
    private let body =
        "preamble\r\n--xYz\r\nContent-Disposition: form-data; name=\"chatId\"\r\n\r\nabc\r\n--xYz\r\n"
        + "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".txt\"\r\nContent-Type: text/plain\r\n\r\n"
        + "line\r\n--xY not yet\r\n\r\n--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"empty\"\r\n\r\n\r\n--xYz--\r\nepilogue"

    @Test(arguments: [1, 2, 3, 7, 16, 64, 1000]) func readsWhateverThePieces(size: Int) async throws {
        var reader = try #require(MultipartReader(Pieces(body, size: size), contentType: type))
        var seen: [(String, String?, String)] = []
        while let part = try await reader.nextPart() {
            var content: [UInt8] = []
            while let piece = try await reader.nextPiece() { content += piece }
            seen.append((part.name, part.fileName, String(decoding: content, as: UTF8.self)))
        }
        #expect(seen.map(\.0) == ["chatId", "file", "file"])
        #expect(seen.map(\.1) == [nil, "a \"b\".txt", "empty"])
        #expect(seen.map(\.2) == ["abc", "line\r\n--xY not yet\r\n", ""])
    }

    @Test(arguments: [
        ("filename*=UTF-8''na%C3%AFve%20file.txt", "naïve file.txt"),
        ("filename=\"na_ve.txt\"; filename*=utf-8'en'na%C3%AFve2.txt", "naïve2.txt"),
        ("filename*=iso-8859-1''caf%E9.txt; filename=plain.txt", "café.txt"),
        ("filename = \"a b.txt\"", "a b.txt"), ("filename*=broken; filename=kept.txt", "kept.txt"),
        ("filename=\"=?utf-8?B?bmHDr3ZlLnR4dA==?=\"", "naïve.txt"), ("filename=\"=?broken.txt\"", "=?broken.txt"),
    ])
    func theExtendedNameCounts(parameters: String, name: String) async throws {
        let body = "--X\r\nContent-Disposition: form-data; name=\"file\"; \(parameters)\r\n\r\nx\r\n--X--\r\n"
        var reader = try #require(
            MultipartReader(Pieces(body, size: 7), contentType: "multipart/form-data; boundary=X"))
        #expect(try await reader.nextPart()?.fileName == name)
    }

    @Test func skipsWhatIsNotRead() async throws {
        var reader = try #require(MultipartReader(Pieces(body, size: 10), contentType: type))
        var names: [String] = []
        while let part = try await reader.nextPart() { names.append(part.name) }
        #expect(names == ["chatId", "file", "file"])
    }

    @Test(arguments: [0, 5, 30, 100, 200]) func saysThatABodyIsCutShort(length: Int) async throws {
        var reader = try #require(MultipartReader(Pieces(String(body.prefix(length)), size: 16), contentType: type))
        await #expect(throws: MultipartReader.Failure.self) {
            while try await reader.nextPart() != nil { while try await reader.nextPiece() != nil {} }
        }
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "text/plain"])
    func needsABoundary(type: String) { #expect(MultipartReader(Pieces("", size: 1), contentType: type) == nil) }

    @Test func boundsTheHeadOfAPart() async throws {
        let long = "--xYz\r\nX: " + String(repeating: "a", count: 100_000)
        var reader = try #require(MultipartReader(Pieces(long, size: 4096), contentType: type))
        await #expect(throws: MultipartReader.Failure.self) { try await reader.nextPart() }
    }

    @Test(arguments: [
        nil, "", "  ", "a/b.pdf", "..\\b.pdf", "a\u{0}.pdf", "gnp.\u{202E}fdp.exe", "a\u{200B}.pdf",
        String(repeating: "x", count: 256), "..",
    ])
    func refusesNames(name: String?) { #expect(throws: InvalidFields.self) { try FileName.checked(name) } }

    @Test(arguments: [
        "a.pdf", "Bericht Übersicht (2).docx", "日本語.txt", "family 👨‍👩‍👧.md", String(repeating: "x", count: 255),
    ])
    func takesNames(name: String) throws { #expect(try FileName.checked(name) == name) }
}

@Suite struct QueueSettingsTests {
    /// Otherwise a document's last try would not be known to be the last, or be taken for it too early.
    @Test func theAppKnowsHowOftenTheHostDelivers() throws {
        let host = try JSONParser.parse(Fixtures.bytes(Fixtures.root + "/host.json"))
        #expect(host["extensions"]?["queues"]?["maxDequeueCount"]?.int == Int64(UploadFunctions.maximumDeliveries))
    }
}
