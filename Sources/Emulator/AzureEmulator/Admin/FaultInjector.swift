import HTTPMessages
import HTTPServing
import JSONCoding
import Problems
import Synchronization

/// Makes services fail on request, for tests of their clients.
final class FaultInjector: Sendable {
    /// A fault, for requests that fit.
    struct Rule: Sendable {
        enum Cut: String, Sendable {
            /// The request is not carried out.
            case request
            /// The request is carried out, its answer is lost.
            case response
            /// The answer ends halfway through its body.
            case body
        }

        let service: String
        let method: String?
        let pathContains: String?
        let status: Int?
        let retryAfterMilliseconds: Int?
        let delayMilliseconds: Int?
        let cut: Cut?
        /// Requests that fit and pass first.
        var skip: Int
        /// Times that the fault still happens.
        var count: Int

        /// Reads a rule.
        ///
        /// - Throws: `InvalidFields` that names what is wrong.
        init(_ json: JSONValue) throws {
            var reader = try FieldReader(
                json,
                allowed: [
                    "service", "method", "pathContains", "status", "retryAfterMilliseconds", "delayMilliseconds", "cut",
                    "skip", "count",
                ])
            func number(_ name: String, _ range: ClosedRange<Int64>) -> Int? {
                guard let value = json[name], !value.isNull else { return nil }
                guard let number = value.int, range.contains(number) else {
                    reader.add(name, "Must be a whole number from \(range.lowerBound) to \(range.upperBound).")
                    return nil
                }
                return Int(number)
            }
            service = reader.requiredString("service")
            if !["blob", "queue", "cosmos", "vault", "identity"].contains(service) {
                reader.add("service", "Must be blob, queue, cosmos, vault or identity.")
            }
            method = reader.string("method")?.uppercased()
            pathContains = reader.string("pathContains")
            status = number("status", 400...599)
            retryAfterMilliseconds = number("retryAfterMilliseconds", 0...3_600_000)
            delayMilliseconds = number("delayMilliseconds", 0...600_000)
            let cutName = reader.string("cut")
            cut = cutName.flatMap { Cut(rawValue: $0) }
            if cutName != nil, cut == nil { reader.add("cut", "Must be request, response or body.") }
            skip = number("skip", 0...1_000_000) ?? 0
            count = number("count", 1...1_000_000) ?? 1
            if status == nil, delayMilliseconds == nil, cutName == nil {
                reader.add("status", "Give at least one of status, delayMilliseconds and cut.")
            }
            try reader.finish()
        }

        var json: JSONValue {
            var object: JSONObject = ["service": .string(service)]
            if let method { object["method"] = .string(method) }
            if let pathContains { object["pathContains"] = .string(pathContains) }
            if let status { object["status"] = .int(Int64(status)) }
            if let retryAfterMilliseconds { object["retryAfterMilliseconds"] = .int(Int64(retryAfterMilliseconds)) }
            if let delayMilliseconds { object["delayMilliseconds"] = .int(Int64(delayMilliseconds)) }
            if let cut { object["cut"] = .string(cut.rawValue) }
            object["skip"] = .int(Int64(skip))
            object["count"] = .int(Int64(count))
            return .object(object)
        }

        func fits(_ service: String, _ request: HTTPRequest) -> Bool {
            self.service == service && (method == nil || method == request.method.rawValue)
                && (pathContains.map { request.target.text.contains($0) } ?? true)
        }
    }

    private struct State {
        var rules: [Rule] = []
        var tokenLifetime: Int64?
    }

    private let state = Mutex(State())

    var rules: [Rule] { state.withLock { $0.rules } }

    /// The lifetime in seconds of tokens that are issued, if not the usual one.
    var tokenLifetime: Int64? { state.withLock { $0.tokenLifetime } }

    func add(_ rule: Rule) { state.withLock { $0.rules.append(rule) } }
    func setTokenLifetime(_ seconds: Int64?) { state.withLock { $0.tokenLifetime = seconds } }

    func removeAll() { state.withLock { $0 = State() } }

    /// Answers a request, with the fault that fits it, if any.
    func answer(
        _ service: String, _ request: HTTPRequest, _ work: @Sendable (HTTPRequest) async -> HTTPResponse
    ) async -> HTTPResponse {
        guard let rule = take(service, request) else { return await work(request) }
        if let delay = rule.delayMilliseconds { try? await Task.sleep(for: .milliseconds(delay)) }
        if let status = rule.status { return Self.failure(service, status, rule.retryAfterMilliseconds) }
        switch rule.cut {
        case .request: return HTTPResponse(.noAnswer)
        case .response:
            _ = await work(request)
            return HTTPResponse(.noAnswer)
        case .body: return Self.broken(await work(request))
        case nil: return await work(request)
        }
    }

    private func take(_ service: String, _ request: HTTPRequest) -> Rule? {
        state.withLock { state in
            guard let index = state.rules.firstIndex(where: { $0.fits(service, request) }) else { return nil }
            if state.rules[index].skip > 0 {
                state.rules[index].skip -= 1
                return nil
            }
            let rule = state.rules[index]
            if rule.count > 1 { state.rules[index].count -= 1 } else { state.rules.remove(at: index) }
            return rule
        }
    }

    /// An answer whose connection breaks halfway through.
    private static func broken(_ response: HTTPResponse) -> HTTPResponse {
        struct Cut: Error {}
        let whole: [UInt8]
        switch response.body {
        case .bytes(let bytes): whole = bytes
        case .file(let slice): whole = slice.readAll()
        case .stream: whole = []
        }
        var cut = response
        cut.body = .stream(length: max(2, whole.count)) { writer in
            if whole.count > 1 { try await writer.write(Array(whole.prefix(whole.count / 2))) }
            throw Cut()
        }
        return cut
    }

    private static func failure(_ service: String, _ status: Int, _ wait: Int?) -> HTTPResponse {
        var response: HTTPResponse
        switch service {
        case "blob", "queue":
            let code =
                switch status {
                case 503: "ServerBusy"
                case 500: "InternalError"
                case 429: "ServerBusy"
                case 403: "AuthenticationFailed"
                default: "OperationTimedOut"
                }
            response = StorageFailure(status, code, "This failure was asked for.").response(requestID: "fault")
        case "cosmos":
            let code = status == 429 ? "TooManyRequests" : status == 449 ? "RetryWith" : "ServiceUnavailable"
            var failure = CosmosFailure(
                status, code, "This failure was asked for.", subStatus: status == 429 ? 3200 : nil)
            failure.fields.add("x-ms-retry-after-ms", wait.map(String.init))
            return failure.response(activity: "fault")
        case "vault":
            response =
                VaultFailure(status, status == 429 ? "Throttled" : "ServiceUnavailable", "This failure was asked for.")
                .response
        default:
            response = HTTPResponse(
                HTTPStatus(rawValue: status),
                json: ["error": "temporarily_unavailable", "error_description": "This failure was asked for."])
        }
        if let wait { response.fields["Retry-After"] = String((wait + 999) / 1000) }
        return response
    }
}
