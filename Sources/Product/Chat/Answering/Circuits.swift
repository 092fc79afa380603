import Catalog
import Models
import Synchronization
import Telemetry

/// Which services are left alone for a while because they failed, learnt by all instances through PostgreSQL. Trouble
/// with the database changes nothing about answers: then every service counts as well.
final class Circuits: Sendable {
    private struct View {
        var circuits: [String: ModelCircuit] = [:]
        var read: ContinuousClock.Instant?
    }

    /// How long what was read is believed.
    private static let freshness = Duration.seconds(1)

    private let catalog: CatalogDatabase
    private let log: Log
    private let view = Mutex(View())

    init(catalog: CatalogDatabase, log: Log) {
        self.catalog = catalog
        self.log = log
    }

    /// Reads anew what the others have learnt, unless that was just done.
    func refresh() async {
        let isDue = view.withLock { view in
            if let read = view.read, read + Self.freshness > .now { return false }
            view.read = .now
            return true
        }
        guard isDue else { return }
        do {
            let known = try await catalog.circuits()
            view.withLock { $0.circuits = Dictionary(known.map { ($0.model, $0) }) { $1 } }
        } catch {
            log.warning("the model circuits cannot be read", ["error": String(reflecting: error)])
        }
    }

    /// Why a model is to be left alone; `nil` when it may be asked. After its pause one caller may try.
    func reasonToSkip(_ model: String) async -> String? {
        guard let circuit = view.withLock({ $0.circuits[model] }) else { return nil }
        if circuit.secondsLeft > 0 { return circuit.reason }
        // One or two failures do not close a service for others; after a real pause a single try shows how it is.
        guard circuit.failures >= 3 else { return nil }
        return (try? await catalog.claimTrial(of: model)) ?? true ? nil : circuit.reason
    }

    /// Notes a failure that says something about the service.
    func noteFailure(_ error: ModelServiceError) async {
        let pause: Double?
        switch error.kind {
        case .rateLimited: pause = error.retryAfter.map { Double($0.components.seconds) + 1 } ?? 5
        case .unauthorized, .paymentRequired, .modelNotFound: pause = 30
        case .unavailable, .timedOut: pause = error.retryAfter.map { Double($0.components.seconds) + 1 }
        // These are about the request.
        case .contextTooLong, .refused, .badRequest, .overBudget: return
        }
        await write { try await $0.noteFailure(of: error.service, reason: error.kind.rawValue, pause: pause) }
    }

    /// Notes that a service has answered.
    func noteSuccess(_ model: String) async {
        guard view.withLock({ $0.circuits.removeValue(forKey: model) }) != nil else { return }
        await write { try await $0.noteRecovery(of: model) }
    }

    private func write(_ change: (CatalogDatabase) async throws -> Void) async {
        view.withLock { $0.read = nil }
        do {
            try await change(catalog)
        } catch {
            log.warning("a model circuit cannot be written", ["error": String(reflecting: error)])
        }
    }
}
