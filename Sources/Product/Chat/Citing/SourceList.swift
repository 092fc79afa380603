import Retrieval
import Synchronization

/// The numbered sources of one answer: what was found for the question, and what tools add.
final class SourceList: Sendable {
    /// More are not numbered; models lose their way long before.
    static let maximumCount = 60

    private let sources: Mutex<[FoundPassage]>

    init(_ sources: [FoundPassage]) { self.sources = Mutex(sources) }

    var all: [FoundPassage] { sources.withLock { $0 } }
    var count: Int { sources.withLock { $0.count } }

    /// Adds what is new; returns all that were given with the numbers by which they are cited.
    func add(_ found: [FoundPassage]) -> [FoundPassage] {
        sources.withLock { sources in
            var numbered: [FoundPassage] = []
            for passage in found {
                if let known = sources.first(where: { Self.isSame($0, passage) }) {
                    numbered.append(known)
                } else if sources.count < Self.maximumCount {
                    var new = passage
                    new.n = sources.count + 1
                    sources.append(new)
                    numbered.append(new)
                }
            }
            return numbered
        }
    }

    private static func isSame(_ a: FoundPassage, _ b: FoundPassage) -> Bool {
        a.url == b.url && a.documentId == b.documentId && a.start == b.start && a.text == b.text
    }
}
