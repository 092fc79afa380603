import AzureIdentity
import AzureSignatures
import Digests
import HTTPClient
import HTTPMessages
import JSONCoding
import Telemetry

/// Signs and sends the requests to one account; waits as the service asks, within a deadline.
struct CosmosTransport: Sendable {
    /// One call.
    struct Call {
        let operation: String
        let method: HTTPMethod
        /// What is signed: the type of resource, and its link or its parent's.
        let type: String
        let link: String
        let path: String
        var body: JSONValue?
        var fields: HTTPFields = [:]
        /// Statuses besides 2xx that are answers and no errors.
        var accepts: [Int] = []
        /// Whether a second run changes nothing, so that a lost answer may be asked for again.
        var isRepeatable = true
        /// Time for all tries together.
        var deadline = Duration.seconds(30)

        init(_ operation: String, _ method: HTTPMethod, type: String, link: String, path: String) {
            self.operation = operation
            self.method = method
            self.type = type
            self.link = link
            self.path = path
        }
    }

    /// An answer.
    struct Answer: Sendable {
        let status: Int
        let fields: HTTPFields
        let json: JSONValue
        /// Request units of all tries.
        let charge: Double
    }

    private static let maximumTries = 7

    let endpoint: String
    let key: CosmosMasterKey?
    let identity: TokenSource?
    let client: HTTPSession

    func send(_ call: Call) async throws -> Answer {
        let policy = RetryPolicy(
            call.isRepeatable ? .always : .ifRefused, maximumTries: Self.maximumTries, firstPause: .milliseconds(20),
            longestPause: .seconds(2), deadline: call.deadline)
        var call = call
        var charge = 0.0
        let renew: (() async -> Void)? =
            key == nil ? identity.map { [audience] identity in { await identity.forget(audience) } } : nil
        return try await policy.run(renewToken: renew) { turn in
            do {
                return try await attempt(call, turn, &charge)
            } catch let error as CosmosError
                where error.status == 404 && error.subStatus == 1002 && call.fields["x-ms-session-token"] != nil
            {
                // The replica is behind the session; it can answer without one.
                call.fields["x-ms-session-token"] = nil
                return try await attempt(call, turn, &charge)
            }
        }
    }

    private var audience: String { "https://cosmos.azure.com" }

    /// - Parameter charge: Request units of all tries, to which this one's are added.
    private func attempt(_ call: Call, _ turn: RetryPolicy.Try, _ charge: inout Double) async throws -> Answer {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        var request = HTTPSession.Request(
            call.method, endpoint + call.path, fields: call.fields, body: .bytes(call.body?.encoded ?? []))
        request.headTimeout = turn.timeout(atMost: .seconds(20))
        if call.body != nil, request.fields["content-type"] == nil {
            request.fields["Content-Type"] = "application/json"
        }
        request.fields["Accept"] = "application/json"
        request.fields["x-ms-date"] = date
        request.fields["x-ms-version"] = "2018-12-31"
        request.fields["x-ms-client-request-id"] = Log.requestID ?? UUIDv7.random()
        if let key {
            request.fields["authorization"] = key.authorization(
                method: call.method, resourceType: call.type, resourceLink: call.link, date: date)
        } else if let identity {
            try identity.checkMaySend(to: endpoint)
            let token = try await identity.token(for: audience)
            request.fields["authorization"] = percentEncoded("type=aad&ver=1.0&sig=\(token)")
        }
        let answer: (status: HTTPStatus, fields: HTTPFields, body: [UInt8])
        do {
            answer = try await client.fetch(request)
        } catch let error as HTTPClientError {
            let failure = CosmosError(operation: call.operation, status: 0, code: error.description)
            throw RetryPolicy.Failure(failure, noAnswer: error)
        }
        let status = answer.status.rawValue
        charge += answer.fields["x-ms-request-charge"].flatMap { Double($0) } ?? 0
        let json = answer.body.isEmpty ? .null : (try? JSONParser.parse(answer.body)) ?? .null
        if answer.status.isSuccess || call.accepts.contains(status) {
            return Answer(status: status, fields: answer.fields, json: json, charge: charge)
        }
        let error = CosmosError(
            operation: call.operation, status: status,
            subStatus: answer.fields["x-ms-substatus"].flatMap { Int($0) } ?? 0,
            code: json["code"]?.string ?? "unknown", activityID: answer.fields["x-ms-activity-id"] ?? "",
            advice: status == 403 ? ServiceClock.advice(answer.fields) : nil)
        let wait = answer.fields.retryAfter(atMost: .seconds(60))
        switch status {
        case 401: throw RetryPolicy.Failure(error, .unauthorised)
        // Being throttled has an end; being out of reach may have none, and somebody waits for an answer.
        case 429: throw RetryPolicy.Failure(error, .throttled, wait: wait)
        case 449, 410, 503: throw RetryPolicy.Failure(error, .refused, wait: wait)
        case 408, 500...: throw RetryPolicy.Failure(error, .uncertain, wait: wait)
        default: throw error
        }
    }
}
