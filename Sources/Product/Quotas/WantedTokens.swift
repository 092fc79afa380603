import Catalog
import Models

/// What a request may take at most.
struct WantedTokens: Sendable {
    let prompt: Int
    let completion: Int
    private let price: ModelSettings.Price?

    init(_ request: ModelRequest, _ settings: ModelSettings) {
        prompt = TokenEstimate.count(request)
        completion = request.maximumTokens ?? settings.reservedTokens
        price = settings.price
    }

    func use(_ completion: Int) -> QuotaUse {
        var use = QuotaUse()
        use.tokens = prompt + completion
        use.cost = price?.cost(TokenUsage(prompt: prompt, completion: completion)) ?? 0
        return use
    }

    /// Tokens of the answer that there is room for.
    ///
    /// - Throws: `QuotaExceeded` when there is none for a useful one.
    func granted(_ standings: [QuotaStanding], least: Int) throws -> Int {
        var granted = completion
        for standing in standings {
            switch standing.metric {
            case .tokensPerMonth: granted = min(granted, Int(clamping: Int64(min(standing.left, 1e15))) - prompt)
            case .costPerMonth:
                guard let price else { continue }
                let left = standing.left - price.cost(TokenUsage(prompt: prompt))
                if left < 0 { throw QuotaExceeded(standing) }
                if price.output > 0 { granted = Int(min(Double(granted), left * 1_000_000 / price.output)) }
            case .documents, .bytes, .uploadsPerMinute, .questionsPerMinute, .questionsPerDay: continue
            }
            if granted < min(least, completion) { throw QuotaExceeded(standing) }
        }
        return granted
    }
}
