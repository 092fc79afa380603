import FoundationEssentials
import HTTPMessages
import Synchronization
import TestSupport
import Testing

@Suite struct BodyTests {
    /// Gives pieces one by one and then ends, or fails.
    private final class Pieces: HTTPBodySource {
        private let left: Mutex<[[UInt8]]>
        private let failure: TestFailure?
        let asked = Tally()

        init(_ pieces: [[UInt8]], failure: TestFailure? = nil) {
            left = Mutex(pieces)
            self.failure = failure
        }

        func next() async throws -> [UInt8]? {
            asked.add()
            let piece = left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if piece == nil, let failure { throw failure }
            return piece
        }
    }

    /// A body of which nothing ever comes.
    private struct Silence: HTTPBodySource {
        func next() async throws -> [UInt8]? {
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
    }

    @Test func piecesAreJoined() async throws {
        let body = HTTPBody.source(Pieces([[1], [2, 3], [4]]))
        #expect(try await body.collect(limit: 4) == [1, 2, 3, 4])
        #expect(try await HTTPBody.bytes([1, 2]).collect(limit: 2) == [1, 2])
        #expect(try await HTTPBody.source(Pieces([])).collect(limit: 0) == [])
    }

    @Test func nothingIsFetchedBehindTheLimit() async throws {
        let pieces = Pieces([[1, 2], [3, 4], [5, 6], [7, 8]])
        let error = await #expect(throws: HTTPBodyTooLarge.self) {
            try await HTTPBody.source(pieces).collect(limit: 3)
        }
        #expect(error?.limit == 3)
        #expect(pieces.asked.value == 2)
        await #expect(throws: HTTPBodyTooLarge.self) { try await HTTPBody.bytes([1, 2]).collect(limit: 1) }
    }

    @Test func aFailingSourceIsNoShortBody() async {
        await #expect(throws: TestFailure.self) {
            try await HTTPBody.source(Pieces([[1]], failure: TestFailure("cut"))).collect(limit: 10)
        }
    }

    @Test func aBodyThatDoesNotComeInTimeIsGivenUp() async throws {
        await #expect(throws: HTTPBodyTooSlow.self) {
            try await HTTPBody.source(Silence()).collect(limit: 10, within: .milliseconds(20))
        }
        #expect(try await HTTPBody.source(Pieces([[7]])).collect(limit: 10, within: .seconds(600)) == [7])
        #expect(try await HTTPBody.bytes([8]).collect(limit: 10, within: .zero) == [8])
    }

    @Test func aSliceIsReadFromWhereItBeginsToWhereItEnds() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/file"
        try Data(0..<100).write(to: URL(fileURLWithPath: path))
        let slice = try #require(FileSlice(path: path, range: 10..<20))
        #expect(slice.readAll() == Array(10..<20))
        #expect(slice.read(at: 95, count: 10) == Array(95..<100))
        #expect(slice.read(at: 100, count: 10).isEmpty)
        #expect(slice.read(at: 0, count: 0).isEmpty)
        // Shorter than promised: what is there, and an end.
        #expect(FileSlice(path: path, range: 90..<200)?.readAll() == Array(90..<100))
        #expect(FileSlice(path: folder + "/none", range: 0..<1) == nil)
    }

    @Test func aFileThatIsReplacedIsStillReadAsItWas() throws {
        let folder = try Fixtures.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/file"
        try Data("before".utf8).write(to: URL(fileURLWithPath: path))
        let slice = try #require(FileSlice(path: path, range: 0..<6))
        try FileManager.default.removeItem(atPath: path)
        try Data("after!".utf8).write(to: URL(fileURLWithPath: path))
        #expect(slice.readAll() == Array("before".utf8))
    }

    /// RFC 9110, section 15: the first digit is the class.
    @Test func successIsTheSecondClass() {
        #expect(HTTPStatus.ok.isSuccess && HTTPStatus.noContent.isSuccess && HTTPStatus(rawValue: 299).isSuccess)
        #expect(!HTTPStatus(rawValue: 199).isSuccess && !HTTPStatus.notModified.isSuccess)
        #expect(HTTPStatus.contentTooLarge.phrase == "Content too large")
        #expect(HTTPStatus(rawValue: 299).phrase == "Status 299")
    }

    /// RFC 9110, section 9.1: methods are case-sensitive.
    @Test func methodsHaveACase() {
        #expect(HTTPMethod(rawValue: "get") != .get)
        #expect(HTTPMethod(rawValue: "GET") == .get)
        #expect(!HTTPMethod.standard.contains(HTTPMethod(rawValue: "BREW")))
    }
}
