import Glibc

/// A folder of one document that is being read: what the reader gets, and what it leaves.
public struct ReadingFolder: Sendable {
    /// What the names of such folders begin with.
    public static let prefix = "apus-reading-"

    /// The folder; nobody else on the machine can look into it.
    public let path: String

    /// The document as it was uploaded.
    public var original: String { path + "/original" }
    /// The text by pages, in the form in which it is stored.
    public var text: String { path + "/text.json" }
    /// The passages, a line of JSON for each.
    public var passages: String { path + "/passages" }
    /// One page of the stored text, in the form in which it is served.
    public var page: String { path + "/page.json" }
    /// That page's words with their places.
    public var words: String { path + "/words.json" }
    /// A page as it is drawn, without the ending that its format has.
    public var picture: String { path + "/picture" }

    /// A file out of an archive.
    ///
    /// - Parameter number: From 0.
    public func entry(_ number: Int) -> String { path + "/entry-\(number)" }

    /// Makes a new folder.
    ///
    /// - Throws: `ReadingFailure`.
    public init(in parent: String) throws(ReadingFailure) {
        // mkdtemp(3) puts what makes the name new in place of the letters.
        var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ReadingFailure(reason: "no folder can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A folder that is there, for the program that reads.
    public init(path: String) { self.path = path }
}
