import OTLP
import Synchronization
import Telemetry

/// Sums up what short-lived processes report, so that a Prometheus server can read it in one place.
///
/// Handlers come and go, and nobody can scrape them. What each instance reports is turned into growth and added to one
/// series per service, so that a sum keeps its value when its instance has ended, and a new instance's first value
/// counts. Gauges keep their instance and are forgotten after five minutes of silence.
final class MetricsGateway: Sendable {
    private struct Family {
        var definition: MetricDefinition
        var points: [[String: String]: MetricValue] = [:]
    }

    private struct Source: Hashable {
        let name: String
        let instance: String
        let labels: [String: String]
    }

    private struct Seen {
        var value: MetricValue
        var at: ContinuousClock.Instant
    }

    private struct State {
        var families: [String: Family] = [:]
        /// Of all families.
        var sums = 0
        var seen: [Source: Seen] = [:]
        var gauges: [Source: Seen] = [:]
        var nextSweep: ContinuousClock.Instant?
    }

    private static let familyLimit = 500
    /// Series of all families together: sums, what was seen last, and gauges, each.
    private static let seriesLimit = 20_000
    private static let silence = Duration.seconds(300)
    private static let sweepInterval = Duration.seconds(10)
    /// Instances report for as long as they live; one that is silent for this long has ended.
    private static let memory = Duration.seconds(86_400)

    private let start = Timestamp.nowNanoseconds()
    private let state = Mutex(State())

    /// Takes a report.
    ///
    /// - Returns: How many values were refused, because their metric has another form here or there is no room.
    func take(_ metrics: [ReceivedMetric]) -> Int {
        let now = ContinuousClock.now
        return state.withLock { state in
            var refused = 0
            forget(now, &state)
            for metric in metrics where !note(metric, now, &state) { refused += 1 }
            return refused
        }
    }

    /// Everything that was reported, for `/metrics`.
    func snapshot() -> [MetricSnapshot] {
        let now = ContinuousClock.now
        return state.withLock { state in
            var families = state.families
            for (source, seen) in state.gauges where now - seen.at < Self.silence {
                families[source.name]?.points[source.labels.merging(["instance": source.instance]) { $1 }] = seen.value
            }
            return families.sorted { $0.key < $1.key }.filter { !$0.value.points.isEmpty }.map { _, family in
                MetricSnapshot(definition: family.definition, points: family.points.map { ($0.key, $0.value) })
            }
        }
    }

    /// Drops what has been silent for long, now and then: looking at all series takes as long for a small report.
    private func forget(_ now: ContinuousClock.Instant, _ state: inout State) {
        guard state.nextSweep.map({ $0 <= now }) ?? true else { return }
        state.nextSweep = now + Self.sweepInterval
        state.gauges = state.gauges.filter { now - $0.value.at < Self.silence }
        state.seen = state.seen.filter { now - $0.value.at < Self.memory }
    }

    private func note(_ metric: ReceivedMetric, _ now: ContinuousClock.Instant, _ state: inout State) -> Bool {
        let name = metric.definition.name
        if let known = state.families[name] {
            guard known.definition.kind == metric.definition.kind else { return false }
        } else {
            guard state.families.count < Self.familyLimit else { return false }
            state.families[name] = Family(definition: metric.definition)
        }
        var labels = metric.attributes
        labels["service"] = metric.service
        let source = Source(name: name, instance: metric.instance, labels: labels)
        if metric.definition.kind == .gauge {
            guard state.gauges[source] != nil || state.gauges.count < Self.seriesLimit else { return false }
            state.gauges[source] = Seen(value: metric.value, at: now)
            return true
        }
        guard state.seen[source] != nil || state.seen.count < Self.seriesLimit else { return false }
        let growth = growth(of: metric, since: metric.isDelta ? nil : state.seen[source]?.value)
        if !metric.isDelta { state.seen[source] = Seen(value: metric.value, at: now) }
        let sum = state.families[name]?.points[labels]
        if sum == nil {
            guard state.sums < Self.seriesLimit else { return false }
            state.sums += 1
        }
        state.families[name]?.points[labels] = sum.map { $0.adding(growth) } ?? growth
        return true
    }

    /// What is new in a value. An instance that is older than this process has told its sums to a process before.
    private func growth(of metric: ReceivedMetric, since last: MetricValue?) -> MetricValue {
        if let last { return metric.value.growth(since: last) }
        return metric.isDelta || metric.start >= start ? metric.value : metric.value.growth(since: metric.value)
    }
}

extension MetricValue {
    func adding(_ other: MetricValue) -> MetricValue {
        switch (self, other) {
        case (.number(let left), .number(let right)): .number(left + right)
        case (.distribution(let left), .distribution(let right)):
            .distribution(
                .init(buckets: zip(left.buckets, right.buckets).map { $0 &+ $1 }, sum: left.sum + right.sum))
        default: self
        }
    }

    /// The difference to an earlier value; the value itself when it is smaller, which means that it began anew.
    func growth(since last: MetricValue) -> MetricValue {
        switch (self, last) {
        case (.number(let now), .number(let then)): return .number(now < then ? now : now - then)
        case (.distribution(let now), .distribution(let then)):
            let hasRestarted = zip(now.buckets, then.buckets).contains { $0 < $1 }
            return hasRestarted
                ? self
                : .distribution(
                    .init(buckets: zip(now.buckets, then.buckets).map { $0 &- $1 }, sum: now.sum - then.sum))
        default: return self
        }
    }
}
