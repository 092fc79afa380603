public import Catalog
import Digests
import Models
import Problems
import Synchronization
public import Telemetry

/// Counts what one request uses up, and refuses what its quotas leave no room for, before it is used.
public final class Meter: Sendable {
    /// What each person may where people sign in and nobody has said otherwise: more than somebody does by hand.
    static let standardRates: [QuotaMetric: Double] = [.questionsPerMinute: 120, .uploadsPerMinute: 600]

    private static let refusals = Metrics.shared.counter(
        "apus.quota.refusals", unit: "{request}", "Requests and calls of models that a quota left no room for.")

    let catalog: WorkspaceCatalog
    let holder: QuotaHolder
    let log: Log
    private let book: QuotaBook
    private let seen = Mutex<[QuotaStanding]>([])
    private let refused = Mutex<[QuotaExceeded]>([])

    /// Of whoever asks.
    ///
    /// - Parameters:
    ///   - catalog: Their view of the workspace that they ask about.
    ///   - key: Id of the key that they ask with.
    public init(catalog: WorkspaceCatalog, key: String?, book: QuotaBook, log: Log) {
        self.catalog = catalog
        self.book = book
        self.log = log
        holder = QuotaHolder(person: catalog.person, key: key)
    }

    /// Quotas of which this request has seen that they are nearly used up, or left no room for something.
    public var nearlyUsed: [QuotaStanding] {
        let refused = refused.withLock { $0 }
        return seen.withLock { seen in
            seen.filter { standing in
                standing.isNearlyUsed
                    || refused.contains { $0.holder == standing.holder && $0.metric == standing.metric }
            }
        }
    }

    func plan() async throws -> QuotaPlan { try await book.plan(of: catalog.workspace) }

    /// Remembers what was looked at, once for each quota.
    func note(_ standings: [QuotaStanding]) {
        seen.withLock { seen in
            seen.removeAll { old in standings.contains { $0.holder == old.holder && $0.metric == old.metric } }
            // What a workspace holds is not for everybody to know: some of it is others'.
            seen += standings.filter { $0.metric.window != .held }
        }
    }

    /// Counts a question.
    ///
    /// - Throws: `QuotaExceeded`.
    public func admitQuestion() async throws {
        let plan = try await plan()
        let quotas = plan.applying(to: holder)
        try await takeToken(.questionsPerMinute, quotas)
        var question = QuotaUse()
        question.questions = 1
        let use = question
        guard quotas.contains(where: { $0.metric == .questionsPerDay }) else {
            // Nobody waits for what only counts.
            Task { await settle(use, reservation: nil) }
            return
        }
        try await counting {
            try await catalog.useQuotas(UUIDv7.make(), of: holder) { [self] standings in
                note(standings)
                if let full = standings.first(where: { $0.metric == .questionsPerDay && $0.left < 1 }) {
                    throw QuotaExceeded(full)
                }
                return use
            }
        }
    }

    /// Counts a file that is about to be uploaded.
    ///
    /// - Parameter bytes: What it needs at least, as far as that is known.
    /// - Returns: Whether the workspace limits what it holds, so that the document has to be added with care.
    /// - Throws: `QuotaExceeded`, when there is no room for it.
    public func admitUpload(bytes: Int = 1) async throws -> Bool {
        try await takeToken(.uploadsPerMinute, try await plan().applying(to: holder))
        return try await checkRoom(bytes: bytes)
    }

    /// Asks whether there is room for a file, without counting it.
    ///
    /// - Parameter bytes: What it needs at least, as far as that is known.
    /// - Returns: Whether the workspace limits what it holds.
    /// - Throws: `QuotaExceeded`, when there is none.
    @discardableResult
    public func checkRoom(bytes: Int) async throws -> Bool {
        guard try await limitsWhatIsHeld() else { return false }
        try await counting {
            let standings = try await catalog.quotaStandings(of: holder)
            if let full = standings.first(where: { $0.metric.window == .held && $0.left < 1 }) {
                throw QuotaExceeded(full)
            }
            guard bytes > 1, let room = standings.first(where: { $0.metric == .bytes }) else { return }
            // What others have begun will need its room, too.
            if try await room.left < Double(bytes + catalog.bytesOnTheirWay()) { throw QuotaExceeded(room) }
        }
        return true
    }

    /// Whether the workspace limits what it holds.
    public func limitsWhatIsHeld() async throws -> Bool {
        try await plan().applying(to: holder).contains { $0.metric.window == .held }
    }

    private func takeToken(_ metric: QuotaMetric, _ quotas: [QuotaRecord]) async throws {
        var rates = quotas.filter { $0.metric == metric }
        let isPersonal = rates.contains { ![.workspace, holder.key.map(QuotaSubject.key)].contains($0.subject) }
        if let person = holder.person, !isPersonal, let amount = Self.standardRates[metric] {
            rates.append(QuotaRecord(subject: .person(person), metric: metric, amount: amount))
        }
        // What somebody is refused for themselves does not take from what all have together.
        rates.sort { Self.breadth($0.subject) < Self.breadth($1.subject) }
        for rate in rates {
            let (subject, whose): (QuotaSubject, QuotaStanding.Holder) =
                switch rate.subject {
                case .workspace: (.workspace, .workspace)
                case .key: (rate.subject, .key)
                case .person: (rate.subject, .person)
                case .members: (holder.person.map(QuotaSubject.person) ?? .workspace, .person)
                }
            guard let seconds = try await catalog.takeToken(metric, of: subject, amount: rate.amount) else { continue }
            try await counting {
                throw QuotaExceeded(holder: whose, metric: metric, amount: rate.amount, secondsLeft: seconds)
            }
        }
    }

    private static func breadth(_ subject: QuotaSubject) -> Int {
        switch subject {
        case .key: 0
        case .person, .members: 1
        case .workspace: 2
        }
    }

    /// Counts refusals on their way.
    @discardableResult
    func counting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as QuotaExceeded {
            refused.withLock { $0.append(error) }
            Self.refusals.add(1, ["quota": error.metric.rawValue, "of": error.holder.rawValue])
            throw error
        }
    }

    /// Counts what was used; trouble with the database is logged, for the work is done.
    func settle(_ use: QuotaUse, reservation: String?) async {
        do { try await catalog.settle(use, reservation: reservation, of: holder) } catch {
            log.warning("what was used could not be counted", ["error": String(reflecting: error)])
        }
    }

    /// Why a model could not be asked any more; `nil` when there was room until now.
    var budgetSpent: QuotaExceeded? { refused.withLock { $0.last } }
}
