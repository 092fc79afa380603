import HTTPMessages
import Synchronization

/// One page out of a stored text, `{"pages":[{…},{…}]}`, as `{"pages":[{…}]}`: cut out as the text comes, since a page may
/// be as large as the text. The pages stand in their order, the first being number 1.
final class StoredPage: HTTPBodySource {
    private struct State {
        var depth = 0
        var isInString = false
        var isEscaped = false
        /// Pages whose beginning has been seen.
        var pages = 0
        var ready: [UInt8] = []
        var isDone = false
    }

    private let number: Int
    private let text: any HTTPBodySource
    private let state = Mutex(State())

    init(_ number: Int, of text: any HTTPBodySource) {
        self.number = number
        self.text = text
    }

    /// How many pages have been seen; all of them when `begin` has found nothing.
    var pagesPassed: Int { state.withLock { $0.pages } }

    /// Goes to the page's beginning. Returns whether there is one.
    func begin() async throws -> Bool {
        while state.withLock({ $0.pages < number }) {
            guard let piece = try await text.next() else { return false }
            take(piece)
        }
        return true
    }

    func next() async throws -> [UInt8]? {
        while true {
            let (ready, isDone) = state.withLock { state in
                defer { state.ready = [] }
                return (state.ready, state.isDone)
            }
            if !ready.isEmpty { return ready }
            guard !isDone else { return nil }
            guard let piece = try await text.next() else { throw HTTPBodyCutOff() }
            take(piece)
        }
    }

    private func take(_ piece: [UInt8]) {
        state.withLock { state in
            var start: Int?
            for (index, byte) in piece.enumerated() where !state.isDone {
                if state.isInString {
                    if state.isEscaped {
                        state.isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        state.isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        state.isInString = false
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): state.isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    state.depth += 1
                    guard state.depth == 3, state.pages < number else { continue }
                    state.pages += 1
                    if state.pages == number {
                        state.ready = "{\"pages\":[".bytes
                        start = index
                    }
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    state.depth -= 1
                    guard state.depth == 2, state.pages == number else { continue }
                    state.ready += piece[(start ?? 0)...index] + "]}".utf8
                    state.isDone = true
                default: break
                }
            }
            guard !state.isDone, state.pages == number else { return }
            state.ready += piece[(start ?? 0)...]
        }
    }
}

/// The stored text ends before the page does.
struct HTTPBodyCutOff: Error {}
