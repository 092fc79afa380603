import Glibc
import JSONCoding
import Synchronization
import TaskTools

/// The passages that a reader has left, batch by batch: a document's passages are never in memory all at once.
public final class PassageFile: Sendable {
    private struct State {
        var rest: [UInt8] = []
        var isAtEnd = false
    }

    private static let pieceBytes = 64 * 1024

    private let file: Int32
    private let state = Mutex(State())

    /// Opens the file.
    ///
    /// - Throws: `ReadingFailure`.
    public init(_ path: String) throws(ReadingFailure) {
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw ReadingFailure(reason: "the reader has left no passages") }
    }

    deinit { if file >= 0 { close(file) } }

    /// The next passages, as many as asked for unless fewer are left; none at the end.
    ///
    /// - Throws: `ReadingFailure` when the file is not what a reader writes.
    public func next(_ count: Int) async throws -> [Passage] {
        try await BlockingCalls.run { [self] in
            try state.withLock { state in
                var passages: [Passage] = []
                while passages.count < count, let line = try readLine(&state) {
                    guard let passage = (try? JSONParser.parse(line)).flatMap(Passage.init(json:)) else {
                        throw ReadingFailure(reason: "the reader has left something else than passages")
                    }
                    passages.append(passage)
                }
                return passages
            }
        }
    }

    private func readLine(_ state: inout State) throws -> [UInt8]? {
        var searched = 0
        while true {
            if let end = state.rest[searched...].firstIndex(of: 10) {
                defer { state.rest.removeFirst(end + 1) }
                return Array(state.rest[..<end])
            }
            guard state.rest.count <= ReaderLimits.passageLineBytes else {
                throw ReadingFailure(reason: "the reader has left a passage that is too long")
            }
            searched = state.rest.count
            guard !state.isAtEnd else {
                defer { state.rest = [] }
                return state.rest.isEmpty ? nil : state.rest
            }
            var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
            let got = read(file, &piece, piece.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw ReadingFailure(reason: "the passages cannot be read") }
            state.isAtEnd = got == 0
            state.rest += piece[..<got]
        }
    }
}
