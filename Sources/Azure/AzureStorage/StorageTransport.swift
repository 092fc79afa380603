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
    /// When a call may be sent again.
    enum Repetition {
        /// Whatever went wrong: a second run changes nothing.
        case always
        /// Only when the first one was surely not carried out.
        case ifRefused
        case never
    }

    /// One call.
    struct Call {
        let operation: String
        let method: HTTPMethod
        let path: String
        var query: [(String, String)] = []
        var fields: HTTPFields = [:]
        var body: [UInt8] = []
        var expected: [Int]
        var repetition = Repetition.always
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
        try await repeating(call) { deadline in
            let response = try await attempt(call, deadline)
            do {
                return (response.status, response.fields, try await response.collect())
            } catch let error as HTTPClientError {
                throw noAnswer(call, error)
            }
        }
    }

    /// Sends a request and returns the answer while its body is still arriving.
    func open(_ call: Call) async throws -> HTTPSession.Response {
        try await repeating(call) { deadline in try await attempt(call, deadline) }
    }

    // MARK: - Repeating

    private struct Wait: Error {
        let error: StorageError
        /// As the service asked for it.
        let wait: Duration?
        /// Whether the request was surely not carried out.
        let isRefused: Bool
    }

    private func repeating<Value: Sendable>(
        _ call: Call, _ work: (ContinuousClock.Instant) async throws -> Value
    ) async throws -> Value {
        let deadline = ContinuousClock.now + call.deadline
        var pause = Duration.milliseconds(100)
        var renewed = false
        for attempt in 1... {
            do {
                return try await work(deadline)
            } catch let failure as Wait {
                let mayRepeat =
                    switch call.repetition {
                    case .always: true
                    case .ifRefused: failure.isRefused
                    case .never: false
                    }
                let wait = failure.wait ?? pause * Double.random(in: 0.5...1)
                guard mayRepeat, attempt < Self.maximumTries, ContinuousClock.now + wait < deadline else {
                    throw failure.error
                }
                try await Task.sleep(for: wait)
                pause = min(pause * 2, .seconds(5))
            } catch let error as StorageError where error.status == .unauthorized && identity != nil && !renewed {
                // The token may have been withdrawn before its time; one fresh one is tried.
                renewed = true
                await identity?.forget("https://storage.azure.com/")
            }
        }
        throw CancellationError()
    }

    // MARK: - One try

    private func attempt(_ call: Call, _ deadline: ContinuousClock.Instant) async throws -> HTTPSession.Response {
        var query = call.query.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }
        if case .signature(let signature) = credential { query.append(signature.value) }
        let url = endpoint + call.path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        var request = HTTPSession.Request(call.method, url, fields: call.fields, body: .bytes(call.body))
        request.headTimeout = max(.milliseconds(1), min(.seconds(30), deadline - ContinuousClock.now))
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

    private func noAnswer(_ call: Call, _ error: HTTPClientError) -> Wait {
        Wait(
            error: StorageError(
                service: service, operation: call.operation, status: HTTPStatus(rawValue: 0), code: error.description,
                requestID: ""),
            wait: nil, isRefused: error.isConnection)
    }

    private func failure(_ call: Call, _ response: HTTPSession.Response) async -> any Error {
        let text = (try? await response.collect(limit: 64 * 1024)) ?? []
        let code = response.fields["x-ms-error-code"] ?? (try? MarkupReader.tree(text))?["Code"]?.text ?? "unknown"
        var error = StorageError(
            service: service, operation: call.operation, status: response.status, code: code,
            requestID: response.fields["x-ms-request-id"] ?? "")
        if response.status == .forbidden { error.advice = ServiceClock.advice(response.fields) }
        guard error.isUnavailable else { return error }
        return Wait(
            error: error, wait: ServiceClock.wait(response.fields),
            isRefused: [429, 503].contains(response.status.rawValue))
    }
}
