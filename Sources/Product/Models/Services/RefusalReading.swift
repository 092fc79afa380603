import HTTPClient
import HTTPMessages
import JSONCoding
import TextSearch

extension ModelServiceError {
    /// Reads what a service says when it refuses. Services agree on the status codes and on little else, so codes and
    /// words are looked at where the status leaves a choice.
    init(service: String, status: HTTPStatus, fields: HTTPFields, body: [UInt8]) {
        let json = (try? JSONParser.parse(body)) ?? .null
        let error = json[0]?["error"] ?? json["error"] ?? json
        let code = error["code"]?.string ?? error["type"]?.string ?? error["status"]?.string ?? ""
        let details = (error["details"]?.array ?? []).compactMap { $0["reason"]?.string }
        let message =
            error["message"]?.string ?? error.string ?? json["message"]?.string ?? json["detail"]?.string ?? ""
        let kind = Self.kind(status.rawValue, code: code, words: (message + " " + details.joined()).lowercased())
        // The service's own words may quote the question, which does not belong in a log.
        let reason = code.isEmpty ? "refused" : String(code.prefix(80))
        self.init(
            service: service, kind: kind, status: status.rawValue, reason: reason,
            retryAfter: Self.retryAfter(fields, error["details"]))
    }

    private static func kind(_ status: Int, code: String, words: String) -> Kind {
        func says(_ parts: String...) -> Bool {
            parts.contains { words.contains($0) || code.lowercased().contains($0) }
        }
        switch status {
        case 401, 403: return .unauthorized
        case 402: return .paymentRequired
        case 404: return .modelNotFound
        case 408, 504: return .timedOut
        case 413: return .contextTooLong
        case 429: return says("insufficient_quota") ? .paymentRequired : .rateLimited
        case 400, 422:
            if says(
                "context_length", "context length", "context window", "context size", "too many tokens",
                "prompt is too long")
                || (says("token") && says("exceed"))
            {
                return .contextTooLong
            }
            if says("content_filter", "content management policy", "responsibleai") { return .refused }
            if says("api_key_invalid", "api key not valid") { return .unauthorized }
            if says("model_not_found", "does not exist", "invalid model", "unknown model") { return .modelNotFound }
            return .badRequest
        case 500...: return .unavailable
        default: return .badRequest
        }
    }

    private static let longestWait = 3600.0

    /// What the fields say, or Google's RetryInfo (`"retryDelay": "32s"`).
    private static func retryAfter(_ fields: HTTPFields, _ details: JSONValue?) -> Duration? {
        if let wait = fields.retryAfter(atMost: .seconds(longestWait)) { return wait }
        let delay = (details?.array ?? []).lazy.compactMap { $0["retryDelay"]?.string }.first
        guard let seconds = delay.flatMap({ Double($0.dropLast()) }), seconds.isFinite else { return nil }
        return .milliseconds(Int64(min(max(seconds, 0), longestWait) * 1000))
    }
}
