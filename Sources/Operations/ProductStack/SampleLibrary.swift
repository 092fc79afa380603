import FoundationEssentials
import JSONCoding

/// The documents of `Examples/library`, to try the product with, and what they can be asked.
public struct SampleLibrary: Sendable {
    /// Pictures of text: reading one takes seconds, and is nothing to measure the rest with.
    public static let scans: Set<String> = ["site-notice.pdf"]

    /// Folder with the documents.
    public let folder: String
    /// A JSON object on each line.
    private var questions: String { folder + "/../questions.jsonl" }

    /// The library beside the sources.
    public init(layout: ProductLayout) { folder = layout.root + "/Examples/library/documents" }

    /// One of the questions, to begin with.
    public var firstQuestion: String? {
        get throws {
            let lines = FileManager.default.contents(atPath: questions) ?? Data()
            return try lines.split(separator: 10).first.flatMap { try JSONParser.parse(Array($0))["question"]?.string }
        }
    }

    /// Paths of the documents.
    ///
    /// - Throws: `StackError` when the folder is not there, as in an installed package.
    public var documents: [String] {
        get throws {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
                throw StackError("\(folder) does not exist; the sample documents come with the sources.")
            }
            return names.filter { !$0.hasPrefix(".") }.sorted().map { "\(folder)/\($0)" }
        }
    }
}
