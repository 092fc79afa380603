import JSONCoding
import Models

/// What an answer took, and how it came about.
struct Receipt: Sendable {
    /// A model that was tried.
    struct Attempt: Sendable {
        let model: String
        /// `nil` for the one that answered.
        let failure: String?
        let milliseconds: Double

        init(model: String, failure: String?, milliseconds: Double) {
            self.model = model
            self.failure = failure
            self.milliseconds = milliseconds
        }

        init?(_ json: JSONValue) {
            guard let model = json["model"]?.string else { return nil }
            self.init(
                model: model, failure: json["failure"]?.string, milliseconds: json["milliseconds"]?.double ?? 0)
        }

        var json: JSONValue {
            [
                "model": .string(model), "failure": .optional(failure), "milliseconds": .double(milliseconds),
            ]
        }
    }

    /// Who answered.
    var model: String
    var provider: String
    var attempts: [Attempt] = []
    var usage = TokenUsage()
    /// US dollars; `nil` when a price is not known.
    var cost: Double? = 0
    var tools: [ToolActivity] = []
    var passagesConsidered = 0
    var passagesUsed = 0
    var cacheHit = false
    /// The question as it was completed from what was said before; `nil` when it stood by itself.
    var question: String?
    /// How passages were found; `nil` when documents were not used.
    var retrieval: JSONValue?
    /// The trial that it belongs to; `nil` when none ran.
    var trial: Trial?
    /// Sentences compared with what they cite, as they were written.
    var support = SupportCounts()
    /// Quotas that are nearly used up, as whoever has asked reads them.
    var quotas: [JSONValue] = []

    /// Adds a request's tokens.
    mutating func add(_ usage: TokenUsage, price: ModelSettings.Price?) {
        self.usage = self.usage + usage
        cost = price.flatMap { price in cost.map { $0 + price.cost(usage) } }
    }

    /// Why the answer is not of the model that was asked for; `nil` when it is.
    var reason: String? {
        let failures = attempts.compactMap { attempt in attempt.failure.map { "\(attempt.model): \($0)" } }
        return failures.isEmpty ? nil : failures.joined(separator: "; ")
    }

    /// Nothing taken yet.
    init(model: String, provider: String) {
        self.model = model
        self.provider = provider
    }

    /// Reads the wire form; `nil` when it is none.
    init?(_ json: JSONValue) {
        guard let model = json["model"]?.string, let provider = json["provider"]?.string else { return nil }
        func count(_ group: String, _ name: String) -> Int { Int(clamping: json[group]?[name]?.int ?? 0) }
        self.init(model: model, provider: provider)
        attempts = (json["attempts"]?.array ?? []).compactMap(Attempt.init)
        usage = TokenUsage(
            prompt: count("tokens", "prompt"), completion: count("tokens", "completion"),
            cached: count("tokens", "cached"))
        cost = json["cost"]?.double
        tools = (json["tools"]?.array ?? []).compactMap(ToolActivity.init)
        passagesConsidered = count("passages", "considered")
        passagesUsed = count("passages", "used")
        cacheHit = json["cacheHit"]?.bool ?? false
        question = json["question"]?.string
        retrieval = json["retrieval"]
        trial = Trial(json["trial"])
        support = SupportCounts(json["support"])
        quotas = json["quotas"]?.array ?? []
    }

    var json: JSONValue {
        var object: JSONObject = [
            "provider": .string(provider), "model": .string(model), "attempts": .array(attempts.map(\.json)),
            "reason": .optional(reason),
            "tokens": [
                "prompt": .int(Int64(usage.prompt)), "completion": .int(Int64(usage.completion)),
                "cached": .int(Int64(usage.cached)),
            ],
            "cost": cost.map { .double($0) } ?? .null, "tools": .array(tools.map(\.json)),
            "passages": ["considered": .int(Int64(passagesConsidered)), "used": .int(Int64(passagesUsed))],
            "cacheHit": .bool(cacheHit), "support": support.json,
        ]
        if let question { object["question"] = .string(question) }
        if let retrieval { object["retrieval"] = retrieval }
        if let trial { object["trial"] = trial.json }
        if !quotas.isEmpty { object["quotas"] = .array(quotas) }
        return .object(object)
    }
}
