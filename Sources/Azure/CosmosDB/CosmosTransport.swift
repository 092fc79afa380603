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

    private struct Wait: Error {
        let error: CosmosError
        let wait: Duration?
        let charge: Double
        /// Whether the request was surely not carried out.
        let isRefused: Bool
    }

    func send(_ call: Call) async throws -> Answer {
        let deadline = ContinuousClock.now + call.deadline
        var pause = Duration.milliseconds(20)
        var charge = 0.0
        var renewed = false
        var tries = 0
        var call = call
        while true {
            do {
                return try await attempt(call, deadline, charge)
            } catch let failure as Wait {
                charge += failure.charge
                // Being throttled has an end; being out of reach may have none, and somebody waits for an answer.
                tries += failure.error.status == 429 ? 0 : 1
                let wait = failure.wait ?? pause * Double.random(in: 0.5...1)
                guard failure.isRefused || call.isRepeatable, tries < Self.maximumTries,
                    ContinuousClock.now + wait < deadline
                else {
                    throw failure.error
                }
                try await Task.sleep(for: wait)
                pause = min(pause * 2, .seconds(2))
            } catch let error as CosmosError where error.status == 401 && identity != nil && key == nil && !renewed {
                renewed = true
                await identity?.forget(audience)
            } catch let error as CosmosError
                where error.status == 404 && error.subStatus == 1002 && call.fields["x-ms-session-token"] != nil
            {
                // The replica is behind the session; it can answer without one.
                call.fields["x-ms-session-token"] = nil
            }
        }
    }

    private var audience: String { "https://cosmos.azure.com" }

    private func attempt(_ call: Call, _ deadline: ContinuousClock.Instant, _ charge: Double) async throws -> Answer {
        let date = Timestamp.httpDate(seconds: Timestamp.nowMilliseconds() / 1000)
        var request = HTTPSession.Request(
            call.method, endpoint + call.path, fields: call.fields, body: .bytes(call.body?.encoded ?? []))
        request.headTimeout = max(.milliseconds(1), min(.seconds(20), deadline - ContinuousClock.now))
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
            throw Wait(error: failure, wait: nil, charge: 0, isRefused: error.isConnection)
        }
        let status = answer.status.rawValue
        let units = answer.fields["x-ms-request-charge"].flatMap { Double($0) } ?? 0
        let json = answer.body.isEmpty ? .null : (try? JSONParser.parse(answer.body)) ?? .null
        if answer.status.isSuccess || call.accepts.contains(status) {
            return Answer(status: status, fields: answer.fields, json: json, charge: charge + units)
        }
        let error = CosmosError(
            operation: call.operation, status: status,
            subStatus: answer.fields["x-ms-substatus"].flatMap { Int($0) } ?? 0,
            code: json["code"]?.string ?? "unknown", activityID: answer.fields["x-ms-activity-id"] ?? "",
            advice: status == 403 ? ServiceClock.advice(answer.fields) : nil)
        switch status {
        case 429, 449, 408, 410, 500...:
            throw Wait(
                error: error, wait: ServiceClock.wait(answer.fields), charge: units,
                isRefused: [429, 449, 410, 503].contains(status))
        default: throw error
        }
    }
}
