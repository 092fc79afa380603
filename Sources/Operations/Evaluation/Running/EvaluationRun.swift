public import JSONCoding
import Telemetry

/// A set's questions with the answers that one Apus gave.
///
/// Its file keeps what was asked and answered; figures are computed from that, so that two runs are always measured alike.
public struct EvaluationRun: Sendable {
    static let format = "apus-eval-1"
    private static let largestFile = 512 << 20

    /// The set's name.
    public let set: String
    /// When it began, by RFC 3339.
    public let startedAt: String
    /// How long asking took.
    public let seconds: Double
    /// How it was asked: options by name.
    public let parameters: [(name: String, value: String)]
    public let asked: [AskedQuestion]
    /// Questions that were not asked, since their documents cannot be read.
    public let leftOut: Int
    /// What is measured, as far as there are questions to measure it by.
    public let figures: [Figure]

    /// A run that has ended.
    init(
        set: String, startedAt: String, seconds: Double, parameters: [(name: String, value: String)],
        asked: [AskedQuestion], leftOut: Int
    ) {
        self.set = set
        self.startedAt = startedAt
        self.seconds = seconds
        self.parameters = parameters
        self.asked = asked
        self.leftOut = leftOut
        figures = Metric.all.compactMap { metric in Figure(metric, asked.compactMap { $0.value(of: metric) }) }
    }

    /// Why questions have no answer, the first reason for each.
    public var failures: [(id: String, reason: String)] {
        asked.compactMap { asked in asked.failure.map { (asked.question.id, $0) } }
    }

    /// Whether a file is a run's, and no set.
    public static func isRun(path: String) -> Bool {
        FileReading.beginning(path, bytes: 64).starts(with: "{\"format\":\"\(format)\"".utf8)
    }

    /// Reads a run's file.
    ///
    /// - Throws: `EvaluationError` when it is none.
    public init(path: String) throws {
        let content = try FileReading.content(path, atMost: Self.largestFile)
        let json: JSONValue
        do { json = try JSONParser.parse(content) } catch {
            throw EvaluationError("\(path) is no run: \(error). 'apus eval SET --json FILE' makes one.")
        }
        guard json["format"]?.string == Self.format, let asked = json["questions"]?.array else {
            throw EvaluationError(
                "\(path) is no run of the format \(Self.format). 'apus eval SET --json FILE' makes one.")
        }
        do {
            self.init(
                set: json["set"]?.string ?? "", startedAt: json["startedAt"]?.string ?? "",
                seconds: json["seconds"]?.double ?? 0,
                parameters: (json["parameters"]?.object?.members ?? []).map { ($0.name, $0.value.string ?? "") },
                asked: try asked.map(AskedQuestion.init), leftOut: Int(clamping: json["leftOut"]?.int ?? 0))
        } catch let error as InvalidFields {
            let first = error.problems.first
            throw EvaluationError("\(path) is damaged: \"\(first?.field ?? "")\": \(first?.detail ?? "")")
        }
    }

    /// The form of the file.
    public var json: JSONValue {
        [
            "format": .string(Self.format), "apus": .string(Product.version), "set": .string(set),
            "startedAt": .string(startedAt), "seconds": .double(seconds),
            "parameters": .object(JSONObject(parameters.map { ($0.name, .string($0.value)) })),
            "leftOut": .int(Int64(leftOut)), "figures": .array(figures.map(\.json)),
            "questions": .array(asked.map(\.json)),
        ]
    }
}
