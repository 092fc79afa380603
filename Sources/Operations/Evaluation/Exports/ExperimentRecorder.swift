public import HTTPClient
public import HTTPMessages
import JSONCoding

/// Has an Apus keep what runs came to, by its `POST /api/experiments`.
public struct ExperimentRecorder: Sendable {
    private static let largestAnswer = 1 << 20

    /// Without a final slash.
    private let url: String
    private let client: HTTPSession
    private let fields: HTTPFields

    /// A recorder at the Apus of an address.
    ///
    /// - Parameter fields: Of every request: who asks.
    public init(url: String, client: HTTPSession, fields: HTTPFields = HTTPFields()) {
        self.url = url
        self.client = client
        self.fields = fields
    }

    /// Sends a run's figures, without its questions and answers.
    ///
    /// - Returns: The id that they are kept under.
    /// - Throws: `EvaluationError` with the product's own reason.
    public func record(_ run: EvaluationRun, name: String) async throws -> String {
        let body: JSONValue = [
            "name": .string(name), "set": .string(run.set), "startedAt": .string(run.startedAt),
            "seconds": .double(run.seconds), "questions": .int(Int64(run.asked.count)),
            "leftOut": .int(Int64(run.leftOut)), "failures": .int(Int64(run.failures.count)),
            "parameters": .object(JSONObject(run.parameters.map { ($0.name, .string($0.value)) })),
            "figures": .array(run.figures.map(\.json)),
        ]
        var fields = fields
        fields["Content-Type"] = "application/json"
        do {
            let answer = try await client.fetch(
                .init(.post, "\(url)/api/experiments", fields: fields, body: .bytes(body.encoded)),
                limit: Self.largestAnswer)
            let json = (try? JSONParser.parse(answer.body)) ?? .null
            guard answer.status.isSuccess, let id = json["id"]?.string else {
                let first = json["errors"]?[0].map { ": \($0["field"]?.string ?? ""): \($0["detail"]?.string ?? "")" }
                let reason = (json["detail"]?.string ?? "no answer of Apus") + (first ?? "")
                throw EvaluationError("the figures were not kept at \(url): \(answer.status.rawValue): \(reason)")
            }
            return id
        } catch let error as HTTPClientError {
            throw EvaluationError.unreachable(url, error)
        }
    }
}
