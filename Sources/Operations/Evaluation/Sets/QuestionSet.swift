import FoundationEssentials
import JSONCoding

/// Questions with what is known of their answers.
public struct QuestionSet: Sendable {
    /// What a set may have.
    enum Limit {
        static let bytes = 64 << 20
        static let questions = 20_000
        /// Mistakes that are told at once.
        static let mistakes = 20
    }

    /// What it is called: the end of its path.
    public let name: String
    public let questions: [Question]

    /// The file of a folder with the questions that its documents answer, and that with those which they do not.
    static let files = [(name: "questions.jsonl", unanswerable: false), (name: "dont_know.jsonl", unanswerable: true)]

    /// Reads a set: a file with an object on each line, or a folder with `questions.jsonl` and perhaps `dont_know.jsonl`.
    ///
    /// - Throws: `EvaluationError` that names lines, fields and what to do.
    public init(path: String) throws {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw EvaluationError(
                "\(path) does not exist; name a file with a question on each line, or a folder with one")
        }
        let name = path.split(separator: "/").suffix(2).joined(separator: "/")
        guard isFolder else {
            try self.init(name: name, [(path, Self.content(path), false)])
            return
        }
        let files = Self.files.map { (path: "\(path)/\($0.name)", $0.unanswerable) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
        guard !files.isEmpty else {
            throw EvaluationError("\(path) has no \(Self.files.map(\.name).joined(separator: " and no "))")
        }
        try self.init(name: name, files.map { ($0.path, try Self.content($0.path), $0.1) })
    }

    /// Reads the lines of files.
    ///
    /// - Throws: `EvaluationError`.
    init(name: String, _ files: [(path: String, content: [UInt8], unanswerable: Bool)]) throws {
        var questions: [Question] = []
        var mistakes: [String] = []
        var lines: [String: String] = [:]
        for file in files {
            for (number, line) in file.content.split(separator: 10, omittingEmptySubsequences: false).enumerated()
            where !line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) {
                let place = "\(file.path):\(number + 1)"
                do {
                    let question = try QuestionReader.read(
                        JSONParser.parse(Array(line), maximumDepth: 8),
                        standardID: "\(file.unanswerable ? "n" : "q")\(number + 1)", unanswerable: file.unanswerable)
                    if let other = lines.updateValue(place, forKey: question.id) {
                        mistakes.append("\(place): \"id\": \(question.id) is that of \(other), too. Give it another.")
                    }
                    questions.append(question)
                } catch let error as InvalidFields {
                    mistakes += error.problems.map { "\(place): \"\($0.field)\": \($0.detail)" }
                } catch let error as JSONSyntaxError {
                    mistakes.append(
                        "\(place): \(error.reason) at column \(error.column). Every line must be one JSON object.")
                }
                guard mistakes.count < Limit.mistakes else { break }
            }
        }
        guard mistakes.isEmpty else {
            throw EvaluationError("the set cannot be used:\n" + mistakes.joined(separator: "\n"))
        }
        guard !questions.isEmpty else { throw EvaluationError("\(name) has no questions") }
        guard questions.count <= Limit.questions else {
            throw EvaluationError(
                "\(name) has \(questions.count) questions; \(Limit.questions) are the limit. Split it.")
        }
        self.name = name
        self.questions = questions
    }

    private static func content(_ path: String) throws -> [UInt8] {
        try FileReading.content(path, atMost: Limit.bytes)
    }
}
