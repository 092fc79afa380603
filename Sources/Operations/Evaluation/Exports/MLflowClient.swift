import FoundationEssentials
public import HTTPClient
import HTTPMessages
import JSONCoding
import Telemetry

/// Logs runs to an MLflow tracking server, by its REST API 2.0 (https://mlflow.org/docs/latest/api_reference/rest-api.html).
public struct MLflowClient: Sendable {
    /// What one request of the API may hold, and how long a value may be.
    private enum Limit {
        static let value = 6000
        static let metrics = 1000
        static let answer = 1 << 20
    }

    private static let api = "/api/2.0/mlflow"
    private static let artifacts = "/api/2.0/mlflow-artifacts/artifacts"
    private static let artifactScheme = "mlflow-artifacts:/"

    /// Without a final slash.
    private let url: String
    private let authorization: String?
    private let client: HTTPSession

    /// A client of the server at an address. A token, or a name and a password, are those of MLflow's own clients:
    /// `MLFLOW_TRACKING_TOKEN`, `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`.
    public init(url: String, environment: [String: String], client: HTTPSession) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.client = client
        if let token = environment["MLFLOW_TRACKING_TOKEN"] {
            authorization = "Bearer \(token)"
        } else if let name = environment["MLFLOW_TRACKING_USERNAME"] {
            let password = environment["MLFLOW_TRACKING_PASSWORD"] ?? ""
            authorization = "Basic \(Data("\(name):\(password)".utf8).base64EncodedString())"
        } else {
            authorization = nil
        }
    }

    /// Logs a run: its parameters, its figures with their intervals, and its files.
    ///
    /// - Parameters:
    ///   - experiment: The experiment's name; it is made when there is none.
    ///   - files: Artifacts by name.
    /// - Returns: The address of MLflow's page of the run.
    /// - Throws: `EvaluationError` with the server's own reason. A run that was begun is marked as failed then.
    public func log(_ run: EvaluationRun, experiment: String, files: [(name: String, content: [UInt8])]) async throws
        -> String
    {
        let experimentID = try await experimentID(experiment)
        let began = Timestamp.nowMilliseconds()
        let created = try await call(
            .post, "/runs/create",
            [
                "experiment_id": .string(experimentID), "start_time": .int(began - Int64(run.seconds * 1000)),
                "run_name": .string(run.set),
            ])
        let info = created["run"]?["info"] ?? .null
        guard let id = info["run_id"]?.string else { throw failure("runs/create", "its answer has no run_id") }
        do {
            try await logFigures(run, to: id, at: began)
            if let root = info["artifact_uri"]?.string { try await put(files, under: root) }
        } catch {
            // The first failure is what has to be told.
            try? await end(id, "FAILED")
            throw error
        }
        try await end(id, "FINISHED")
        return "\(url)/#/experiments/\(experimentID)/runs/\(id)"
    }

    private func end(_ id: String, _ status: String) async throws {
        try await call(
            .post, "/runs/update",
            ["run_id": .string(id), "status": .string(status), "end_time": .int(Timestamp.nowMilliseconds())])
    }

    private func experimentID(_ name: String) async throws -> String {
        let path = "/experiments/get-by-name?experiment_name=\(percentEncoded(name))"
        let (status, found) = try await exchange(.get, Self.api + path)
        if let experiment = found["experiment"], let id = experiment["experiment_id"]?.string {
            guard experiment["lifecycle_stage"]?.string != "deleted" else {
                throw failure(
                    "the experiment", "\(name) was deleted there; restore it, or name another with --experiment")
            }
            return id
        }
        guard status == .notFound else {
            throw refusal("experiments", status, found)
        }
        let made = try await call(.post, "/experiments/create", ["name": .string(name)])
        guard let id = made["experiment_id"]?.string else {
            throw failure("experiments/create", "its answer has no experiment_id")
        }
        return id
    }

    private func logFigures(_ run: EvaluationRun, to id: String, at time: Int64) async throws {
        func metric(_ name: String, _ value: Double) -> JSONValue {
            // MLflow's names have no "@".
            let key = name.split(separator: "@").joined(separator: "_at_")
            return ["key": .string(key), "value": .double(value), "timestamp": .int(time), "step": 0]
        }
        // One group of its page for all intervals, behind the figures.
        let metrics =
            run.figures.map { metric($0.metric.name, $0.value) }
            + run.figures.flatMap { figure in
                [
                    metric("interval/\(figure.metric.name)_low", figure.interval.lowerBound),
                    metric("interval/\(figure.metric.name)_high", figure.interval.upperBound),
                ]
            }
        let counts = [("questions", run.asked.count), ("left-out", run.leftOut), ("failures", run.failures.count)]
        let parameters = [("set", run.set), ("apus", Product.version)] + run.parameters.map { ($0.name, $0.value) }
        try await call(
            .post, "/runs/log-batch",
            [
                "run_id": .string(id),
                "metrics": .array(Array((metrics + counts.map { metric($0, Double($1)) }).prefix(Limit.metrics))),
                "params": .array(
                    (parameters + counts.map { ($0, String($1)) }).map { name, value in
                        ["key": .string(name), "value": .string(String(value.prefix(Limit.value)))]
                    }),
            ])
    }

    /// Hands the files to the server, which puts them where artifacts are kept.
    private func put(_ files: [(name: String, content: [UInt8])], under root: String) async throws {
        guard root.hasPrefix(Self.artifactScheme) else {
            throw failure(
                "the files",
                "this server keeps artifacts at \(root) and takes none itself; start it with --serve-artifacts")
        }
        let folder = root.dropFirst(Self.artifactScheme.count).drop { $0 == "/" }
        for file in files {
            let path = "\(Self.artifacts)/\(percentEncoded(String(folder), keeping: "/"))/\(percentEncoded(file.name))"
            let (status, answer) = try await exchange(
                .put, path, .bytes(file.content), type: "application/octet-stream")
            guard status.isSuccess else { throw refusal("artifacts/\(file.name)", status, answer) }
        }
    }

    // MARK: - Requests

    @discardableResult
    private func call(_ method: HTTPMethod, _ path: String, _ body: JSONObject) async throws -> JSONValue {
        let bytes = JSONValue.object(body).encoded
        let (status, answer) = try await exchange(method, Self.api + path, .bytes(bytes), type: "application/json")
        guard status.isSuccess else { throw refusal(String(path.dropFirst()), status, answer) }
        return answer
    }

    private func exchange(_ method: HTTPMethod, _ path: String, _ body: HTTPBody = .bytes([]), type: String? = nil)
        async throws -> (HTTPStatus, JSONValue)
    {
        var request = HTTPSession.Request(method, url + path, body: body)
        request.fields["Content-Type"] = type
        request.fields["Authorization"] = authorization
        do {
            let answer = try await client.fetch(request, limit: Limit.answer)
            return (answer.status, (try? JSONParser.parse(answer.body)) ?? .null)
        } catch let error as HTTPClientError {
            throw EvaluationError("MLflow: \(error)")
        }
    }

    private func refusal(_ what: String, _ status: HTTPStatus, _ answer: JSONValue) -> EvaluationError {
        let reason = [answer["error_code"]?.string, answer["message"]?.string].compactMap(\.self)
        return failure(
            what, "\(status.rawValue) \(reason.isEmpty ? "no answer of MLflow" : reason.joined(separator: ": "))")
    }

    private func failure(_ what: String, _ reason: String) -> EvaluationError {
        EvaluationError("MLflow at \(url): \(what): \(reason)")
    }
}
