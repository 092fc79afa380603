import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func aCounterSumsUpByItsAttributes() {
        let metrics = Metrics()
        let counter = metrics.counter("orders", "Orders.")
        counter.add(2, ["kind": "a"])
        counter.add(3, ["kind": "a"])
        counter.add(1, ["kind": "b"])
        let points = metrics.snapshot().first?.points ?? []
        #expect(points.first { $0.attributes == ["kind": "a"] }?.value == .number(5))
        #expect(points.first { $0.attributes == ["kind": "b"] }?.value == .number(1))
    }

    @Test func theSameNameIsTheSameInstrument() {
        let metrics = Metrics()
        metrics.counter("orders", "Orders.").add()
        metrics.counter("orders", "Orders.").add()
        #expect(metrics.snapshot().first?.points.first?.value == .number(2))
    }

    @Test func aHistogramPutsBoundsIntoTheLowerBucket() {
        let metrics = Metrics()
        let histogram = metrics.histogram("wait", unit: "s", bounds: [1, 2], "Waiting.")
        for value in [0.5, 1, 1.5, 2, 9, .nan, .infinity] { histogram.record(value) }
        #expect(
            metrics.snapshot().first?.points.first?.value == .distribution(.init(buckets: [2, 2, 1], sum: 14)))
    }

    @Test func tooManyAttributesAreSummedUpInOneSeries() {
        let metrics = Metrics()
        let counter = metrics.counter("visits", "Visits.")
        for index in 0..<2500 { counter.add(1, ["who": "\(index)"]) }
        let points = metrics.snapshot().first?.points ?? []
        #expect(points.count == 2001)
        #expect(points.first { $0.attributes == ["otel.metric.overflow": "true"] }?.value == .number(500))
    }

    @Test func whatIsLookedUpIsLookedUpForEverySnapshot() {
        let metrics = Metrics()
        let gauge = metrics.gauge("length", "Length.")
        metrics.beforeSnapshot { gauge.set(7) }
        #expect(metrics.snapshot().first?.points.first?.value == .number(7))
    }

    @Test func theProcessKnowsItself() {
        let metrics = Metrics()
        ProcessMetrics.register(in: metrics)
        ProcessMetrics.noteReady(in: metrics)
        let values = Dictionary(
            uniqueKeysWithValues: metrics.snapshot().map { ($0.definition.name, $0.points.first?.value) })
        for name in ["process.memory.usage", "process.cpu.time", "process.open_file_descriptor.count"] {
            guard case .number(let value)? = values[name] ?? nil else {
                Issue.record("\(name) is missing")
                continue
            }
            #expect(value > 0)
        }
        #expect(values["apus.process.starts"] == .number(1))
    }
}
