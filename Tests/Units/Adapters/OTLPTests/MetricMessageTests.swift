import JSONCoding
import OTLP
import Telemetry
import Testing

@Suite struct MetricMessageTests {
    private func message() -> JSONValue {
        let metrics = Metrics()
        metrics.counter("orders", "Orders.").add(3, ["kind": "ä"])
        metrics.gauge("length", unit: "By", "Length.").set(-2.5)
        metrics.histogram("wait", unit: "s", bounds: [1, 2], "Waiting.").record(1.5)
        return OTLPMessages.metrics(
            metrics.snapshot(), resource: ["service.name": "shop", "service.instance.id": "1"], start: 5,
            now: 18_000_000_000_000_000_000)
    }

    @Test func protobufAndJSONSayTheSame() throws {
        let bytes = ProtobufWriter.encode(message(), as: OTLPSchema.metricsRequest)
        let back = try ProtobufReader.decode(bytes, as: OTLPSchema.metricsRequest)
        for value in [message(), back] {
            let received = ReceivedMetric.all(in: value)
            #expect(received.map(\.definition.name) == ["orders", "length", "wait"])
            #expect(received.map(\.definition.kind) == [.counter, .gauge, .histogram([1, 2])])
            let distribution = MetricValue.Distribution(buckets: [0, 1, 0], sum: 1.5)
            #expect(received.map(\.value) == [.number(3), .number(-2.5), .distribution(distribution)])
            #expect(received.allSatisfy { $0.service == "shop" && $0.instance == "1" && $0.start == 5 && !$0.isDelta })
            #expect(received.first?.attributes == ["kind": "ä"])
        }
    }

    /// Field numbers and wire types by hand from `metrics.proto` and `common.proto`.
    @Test func aKnownMessageIsRead() throws {
        let point: [UInt8] = [0x31, 7, 0, 0, 0, 0, 0, 0, 0]
        let sum: [UInt8] = [0x0a, UInt8(point.count)] + point + [0x10, 2, 0x18, 1]
        let metric: [UInt8] = [0x0a, 1, 0x6e, 0x3a, UInt8(sum.count)] + sum
        let scope: [UInt8] = [0x12, UInt8(metric.count)] + metric
        let resource: [UInt8] = [0x12, UInt8(scope.count)] + scope
        let request: [UInt8] = [0x0a, UInt8(resource.count)] + resource
        let value = try ProtobufReader.decode(request, as: OTLPSchema.metricsRequest)
        let metrics = ReceivedMetric.all(in: value)
        #expect(metrics.first?.value == .number(7))
        #expect(metrics.first?.definition.kind == .counter)
        #expect(ProtobufWriter.encode(value, as: OTLPSchema.metricsRequest) == request)
    }

    @Test func bytesThatAreNoMessageNeverTrap() {
        let whole = ProtobufWriter.encode(message(), as: OTLPSchema.metricsRequest)
        for length in 0..<whole.count {
            _ = try? ProtobufReader.decode(Array(whole[..<length]), as: OTLPSchema.metricsRequest)
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if let value = try? ProtobufReader.decode(bytes, as: OTLPSchema.metricsRequest) {
                _ = ReceivedMetric.all(in: value)
            }
        }
    }

    @Test func lengthsBeyondTheEndAreRefused() {
        for bytes: [UInt8] in [
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0a, 5, 1], [0x09, 1], [0x0d, 1, 2],
            [0x0b], [0x80], [0x0a, 0x80],
        ] {
            #expect(throws: ProtobufReader.Failure.self) {
                try ProtobufReader.decode(bytes, as: OTLPSchema.metricsRequest)
            }
        }
    }

    @Test func senselessValuesAreLeftOut() throws {
        let request = try JSONParser.parse(
            """
            {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
              {"name": "", "gauge": {"dataPoints": [{"asDouble": 1}]}},
              {"name": "a", "gauge": {"dataPoints": [{"asInt": "99999999999999999999"}, {"asDouble": "x"}, {}]}},
              {"name": "b", "histogram": {"dataPoints": [
                {"sum": 1, "bucketCounts": ["1"], "explicitBounds": [1]},
                {"sum": 1, "bucketCounts": ["1", "-1"], "explicitBounds": [1]},
                {"sum": 1, "bucketCounts": ["1", "1", "1"], "explicitBounds": [2, 1]}]}}]}]}, 7]}
            """)
        #expect(ReceivedMetric.all(in: request).isEmpty)
    }
}
