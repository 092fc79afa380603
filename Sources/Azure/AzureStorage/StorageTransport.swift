import AzureIdentity
import AzureSignatures
import Digests
import HTTPClient
import HTTPMessages
import Markup
import Settings
import Telemetry

/// Signs and sends the requests of both storage services; retries what is safe, within a deadline.
struct StorageTransport: Sendable {
    /// One call.
    struct Call {
        let operation: String
        let method: HTTPMethod
        let path: String
        var query: [(String, String)] = []
        var fields: HTTPFields = [:]
        var body: [UInt8] = []
        var expected: [Int]
        var repetition = RetryPolicy.Repetition.always
        /// Time for all tries together.
        var deadline = Duration.seconds(60)

        init(_ operation: String, _ method: HTTPMethod, _ path: String, expected: [Int]) {
            self.operation = operation
            self.method = method
            self.path = path
            self.expected = expected
        }
    }

    static let version = "2021-12-02"
    private static let maximumTries = 5

    let service: String
    let endpoint: String
    let credential: StorageCredential
    let identity: TokenSource?
    let client: HTTPSession

    /// Sends a request whose answer is small, and returns it when the status is one of those expected.
    func call(_ call: Call) async throws -> (status: HTTPStatus, fields: HTTPFields, body: [UInt8]) {
        try await repeating(call) { turn in
            let response = try await attempt(call, turn)
            do {
                return (response.status, response.fields, try await response.collect())
            } catch let error as HTTPClientError {
                throw noAnswer(call, error)
            }
        }
    }

    /// Sends a request and returns the answer while its body is still arriving.
    func open(_ call: Call) async throws -> HTTPSession.Response {
        try await repeating(call) { turn in try await attempt(call, turn) }
    }

    // MARK: - Repeating

    private func repeating<Value: Sendable>(
        _ call: Call, _ work: (RetryPolicy.Try) async throws -> Value
    ) async throws -> Value {
        let policy = RetryPolicy(call.repetition, maximumTries: Self.maximumTries, deadline: call.deadline)
        var renewToken: (() async -> Void)?
        // A key or a signature that was refused is refused again.
        if case .identity = credential, let identity {
            renewToken = { await identity.forget("https://storage.azure.com/") }
        }
        return try await policy.run(renewToken: renewToken, work)
    }

    // MARK: - One try

    private func attempt(_ call: Call, _ turn: RetryPolicy.Try) async throws -> HTTPSession.Response {
        var query = call.query.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }
        if case .signature(let signature) = credential { query.append(signature.value) }
        let url = endpoint + call.path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        var request = HTTPSession.Request(call.method, url, fields: call.fields, body: .bytes(call.body))
        request.headTimeout = turn.timeout(atMost: .seconds(30))
        request.fields["x-ms-version"] = Self.version
        request.fields["x-ms-date"] = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        request.fields["x-ms-client-request-id"] = Log.requestID ?? UUIDv7.random()
        // libcurl would choose a type of its own for a body.
        if !call.body.isEmpty, request.fields["content-type"] == nil {
            request.fields["Content-Type"] = "application/octet-stream"
        }
        try await authorise(&request, url, call)
        let response: HTTPSession.Response
        do {
            response = try await client.send(request)
        } catch let error as HTTPClientError {
            throw noAnswer(call, error)
        }
        if call.expected.contains(response.status.rawValue) { return response }
        throw await failure(call, response)
    }

    private func authorise(_ request: inout HTTPSession.Request, _ url: String, _ call: Call) async throws {
        switch credential {
        case .key(let key):
            request.fields["Authorization"] = key.authorization(
                method: call.method, target: HTTPTarget(url: url), fields: request.fields,
                contentLength: call.body.count)
        case .identity:
            guard let identity else { throw IdentityError(description: "there is no identity for \(service)") }
            try identity.checkMaySend(to: url)
            request.fields["Authorization"] = "Bearer " + (try await identity.token(for: "https://storage.azure.com/"))
        case .signature, .anonymous: break
        }
    }

    private func noAnswer(_ call: Call, _ error: HTTPClientError) -> RetryPolicy.Failure {
        RetryPolicy.Failure(
            StorageError(
                service: service, operation: call.operation, status: HTTPStatus(rawValue: 0), code: error.description,
                requestID: ""),
            noAnswer: error)
    }

    private func failure(_ call: Call, _ response: HTTPSession.Response) async -> any Error {
        let text = (try? await response.collect(limit: 64 * 1024)) ?? []
        let code = response.fields["x-ms-error-code"] ?? (try? MarkupReader.tree(text))?["Code"]?.text ?? "unknown"
        var error = StorageError(
            service: service, operation: call.operation, status: response.status, code: code,
            requestID: response.fields["x-ms-request-id"] ?? "")
        if response.status == .forbidden { error.advice = ServiceClock.advice(response.fields) }
        if response.status == .unauthorized { return RetryPolicy.Failure(error, .unauthorised) }
        guard error.isUnavailable else { return error }
        return RetryPolicy.Failure(
            error, [429, 503].contains(response.status.rawValue) ? .refused : .uncertain,
            wait: response.fields.retryAfter(atMost: .seconds(60)))
    }
}
