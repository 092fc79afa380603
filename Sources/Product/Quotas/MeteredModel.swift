import Catalog
import Digests
public import Models
import Synchronization

/// A language model whose tokens and money are reserved before it is asked, and counted when it has answered.
struct MeteredModel: ChatModel {
    /// An answer that has no room for so many tokens would say nothing.
    private static let leastAnswer = 128
    private static let renewal = Duration.seconds(40)

    let model: any ChatModel
    let meter: Meter

    var id: String { model.id }
    var provider: String { model.provider }
    var settings: ModelSettings { model.settings }

    func answer(_ request: ModelRequest, emit: @escaping @Sendable (ModelEvent) async throws -> Void) async throws {
        var request = request
        let reservation = try await reserve(&request)
        let count = Mutex(TokenCount())
        let asked = request
        do {
            try await keeping(reservation) {
                try await model.answer(asked) { event in
                    count.withLock { $0.take(event) }
                    try await emit(event)
                }
            }
        } catch {
            var usage = count.withLock { $0.usage(of: asked) }
            // Whoever leaves before the first word has had the prompt read; a service that failed says what it took.
            if usage == nil, !(error is ModelServiceError) {
                usage = TokenUsage(prompt: TokenEstimate.count(asked))
            }
            await settle(usage, reservation)
            throw error
        }
        await settle(count.withLock { $0.usage(of: asked) }, reservation)
    }

    /// Reserves what the request may use at most; where less is left than the model would take its answer is limited to that.
    ///
    /// - Returns: The reservation's id; `nil` where no budget is set.
    /// - Throws: `ModelServiceError` of the kind `overBudget`.
    private func reserve(_ request: inout ModelRequest) async throws -> String? {
        do {
            let plan = try await meter.plan()
            let budgets: [QuotaMetric] = [.tokensPerMonth, .costPerMonth]
            guard plan.applying(to: meter.holder).contains(where: { budgets.contains($0.metric) }) else { return nil }
            if plan.policy == .quotes, let spent = meter.budgetSpent { throw over(spent, plan.policy) }
            let wanted = WantedTokens(request, settings)
            let id = UUIDv7.make()
            do {
                let use = try await meter.counting {
                    try await meter.catalog.useQuotas(id, of: meter.holder) { standings in
                        meter.note(standings)
                        return wanted.use(try wanted.granted(standings, least: Self.leastAnswer))
                    }
                }
                request.maximumTokens = use.tokens - wanted.prompt
            } catch let error as QuotaExceeded {
                throw over(error, plan.policy)
            }
            return id
        } catch let error as ModelServiceError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ModelServiceError(
                service: id, kind: .unavailable, reason: "the quotas cannot be read: \(String(describing: error))")
        }
    }

    private func over(_ error: QuotaExceeded, _ policy: BudgetPolicy) -> ModelServiceError {
        .overBudget(service: id, problem: error.problem, failsOver: policy != .refuse)
    }

    /// Renews a reservation for as long as the body runs.
    private func keeping(_ reservation: String?, _ body: @escaping @Sendable () async throws -> Void) async throws {
        guard let reservation else { return try await body() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.renewal)
                    // One that fails is tried again before the reservation ends.
                    try? await meter.catalog.renewReservation(reservation)
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Counts, whoever has gone meanwhile.
    private func settle(_ usage: TokenUsage?, _ reservation: String?) async {
        if usage == nil, reservation == nil { return }
        var use = QuotaUse()
        use.tokens = (usage?.prompt ?? 0) + (usage?.completion ?? 0)
        use.cost = usage.flatMap { usage in settings.price?.cost(usage) } ?? 0
        let taken = use
        await Task { await meter.settle(taken, reservation: reservation) }.value
    }
}

extension ModelList {
    /// The same models, whose use is counted and limited.
    public func metered(by meter: Meter) -> ModelList {
        ModelList(entries.map { ($0.id, $0.model.map { MeteredModel(model: $0, meter: meter) }) })
    }
}
