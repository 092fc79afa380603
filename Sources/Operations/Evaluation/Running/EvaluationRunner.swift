import FoundationEssentials
public import HTTPClient
public import HTTPMessages
import JSONCoding
import TaskTools
import Telemetry

/// Asks a running Apus the questions of a set.
public struct EvaluationRunner: Sendable {
    /// How the questions are asked.
    public struct Options: Sendable {
        /// Where Apus is, without a final slash.
        public var url: String
        /// `nil` for the product's first choice.
        public var model: String?
        public var preset: String?
        /// Questions side by side.
        public var parallel = 4
        /// For one question.
        public var timeout = Duration.seconds(120)
        /// Header fields of every request: who asks.
        public var fields = HTTPFields()

        /// Asks the Apus at an address.
        public init(url: String) { self.url = url }
    }

    private static let largestAnswer = 16 << 20
    private static let longestReason = 500
    private let options: Options
    private let client: HTTPSession

    /// A runner that asks in this way.
    public init(_ options: Options, client: HTTPSession) {
        self.options = options
        self.client = client
    }

    /// Asks everything.
    ///
    /// - Parameters:
    ///   - ready: Documents that can be asked about; questions that want more than that to be read are left out.
    ///   - progress: Is told of how many questions there is an answer.
    /// - Throws: `EvaluationError` when nothing answers; `CancellationError`. That single questions fail is part of the run.
    public func run(
        _ set: QuestionSet, ready: Set<String>, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws -> EvaluationRun {
        let questions = set.questions.filter { question in
            !question.needsReading || question.places.contains { ready.contains($0.document) }
        }
        guard !questions.isEmpty else {
            throw EvaluationError("no question is left: all need documents that could not be read")
        }
        let startedAt = Timestamp.now()
        let watch = Stopwatch()
        let slots = Slots(options.parallel)
        let asked = try await withThrowingTaskGroup(of: (Int, AskedQuestion.Outcome).self) { group in
            for (index, question) in questions.enumerated() {
                group.addTask { (index, try await slots.run { try await ask(question) }) }
            }
            var outcomes: [Int: AskedQuestion.Outcome] = [:]
            for try await (index, outcome) in group {
                outcomes[index] = outcome
                progress(outcomes.count, questions.count)
            }
            return questions.enumerated().map { AskedQuestion($1, outcomes[$0] ?? .failed("not asked")) }
        }
        return EvaluationRun(
            set: set.name, startedAt: startedAt, seconds: watch.milliseconds / 1000,
            parameters: parameters + Self.retrieval(of: asked), asked: asked,
            leftOut: set.questions.count - questions.count)
    }

    private var parameters: [(name: String, value: String)] {
        [
            ("url", options.url), ("model", options.model ?? ""), ("preset", options.preset ?? ""),
            ("parallel", String(options.parallel)),
        ].filter { !$0.1.isEmpty }
    }

    /// How passages were found, by the receipts, where that is the same for all.
    private static func retrieval(of asked: [AskedQuestion]) -> [(name: String, value: String)] {
        let ways = Set(asked.compactMap { $0.answer?.receipt["retrieval"]?.text })
        return ways.count == 1 ? ways.map { ("retrieval", $0) } : []
    }

    private func ask(_ question: Question) async throws -> AskedQuestion.Outcome {
        var body: JSONObject = [
            "message": .string(question.text), "messageId": .string(UUID().uuidString.lowercased()),
        ]
        if let model = options.model { body["model"] = .string(model) }
        if let preset = options.preset { body["preset"] = .string(preset) }
        var fields = options.fields
        fields["Content-Type"] = "application/json"
        var request = HTTPSession.Request(
            .post, "\(options.url)/api/chat", fields: fields, body: .bytes(JSONValue.object(body).encoded))
        request.headTimeout = options.timeout
        request.idleTimeout = options.timeout
        let watch = Stopwatch()
        do {
            let response = try await client.fetch(request, limit: Self.largestAnswer)
            let milliseconds = watch.milliseconds
            let json = (try? JSONParser.parse(response.body)) ?? .null
            if let chat = json["chatId"]?.string { await forget(chat) }
            guard response.status.isSuccess, let answer = Answer(json, milliseconds: milliseconds) else {
                let detail = json["detail"]?.string ?? "no answer of Apus"
                return .failed("\(response.status.rawValue): \(detail.prefix(Self.longestReason))")
            }
            return .answered(answer)
        } catch let error as HTTPClientError {
            if error.isConnection { throw EvaluationError.unreachable(options.url, error) }
            return .failed(error.description)
        }
    }

    /// Removes the chat that a question made: people would find it among theirs. That it stays harms no figure.
    private func forget(_ chat: String) async {
        _ = try? await client.fetch(
            .init(.delete, "\(options.url)/api/history/\(percentEncoded(chat))", fields: options.fields))
    }
}
