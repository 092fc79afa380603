import JSONCoding
import OTLP
import Telemetry
import Testing

/// opentelemetry-proto 1.x (`trace.proto`, `common.proto`, `resource.proto`) and Protocol Buffers, "Encoding". Every byte
/// here is by hand from the field numbers there.
@Suite struct TraceMessageTests {
    private static let traceID: [UInt8] = [
        0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36,
    ]
    private static let spanID: [UInt8] = [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]

    private func block(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }

    private func fixed(_ number: UInt8, _ value: UInt64) -> [UInt8] {
        [number << 3 | 1] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private func attribute(_ key: String, _ value: [UInt8]) -> [UInt8] {
        block(1, Array(key.utf8)) + block(2, value)
    }

    private var span: [UInt8] {
        block(1, Self.traceID) + block(2, Self.spanID) + block(3, Array("a=1".utf8)) + block(4, Self.spanID)
            + block(5, Array("GET /".utf8)) + [6 << 3, 2] + fixed(7, 1) + fixed(8, 0x0102_0304_0506_0708)
            + block(9, attribute("s", block(1, Array("é".utf8)))) + block(9, attribute("b", [2 << 3, 1]))
            // 300 as a varint is the standard's own example.
            + block(9, attribute("i", [3 << 3, 0xAC, 0x02])) + block(9, attribute("d", fixed(4, (-2.5).bitPattern)))
            + block(13, block(1, Self.traceID) + block(2, Self.spanID))
            + block(15, block(2, Array("no".utf8)) + [3 << 3, 2])
            // Field 16 with wire type 5: the tag takes two bytes.
            + [0x85, 0x01, 1, 0, 0, 0]
    }

    private var json: JSONValue {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let id = "00f067aa0ba902b7"
        return [
            "resourceSpans": [
                [
                    "scopeSpans": [
                        [
                            "spans": [
                                [
                                    "traceId": .string(trace), "spanId": .string(id), "traceState": "a=1",
                                    "parentSpanId": .string(id), "name": "GET /", "kind": 2, "startTimeUnixNano": "1",
                                    "endTimeUnixNano": "72623859790382856",
                                    "attributes": [
                                        ["key": "s", "value": ["stringValue": "é"]],
                                        ["key": "b", "value": ["boolValue": true]],
                                        ["key": "i", "value": ["intValue": 300]],
                                        ["key": "d", "value": ["doubleValue": -2.5]],
                                    ],
                                    "links": [["traceId": .string(trace), "spanId": .string(id)]],
                                    "status": ["message": "no", "code": 2], "flags": 1,
                                ]
                            ]
                        ]
                    ]
                ]
            ]
        ]
    }

    private var request: [UInt8] {
        // The span is longer than 127 bytes, so lengths from here on are varints of two bytes.
        func long(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [number << 3 | 2, UInt8(bytes.count & 127) | 128, UInt8(bytes.count >> 7)] + bytes
        }
        return long(1, long(2, long(2, span)))
    }

    @Test func aSpanIsWrittenByteForByte() {
        #expect(ProtobufWriter.encode(json, as: OTLPSchema.tracesRequest) == request)
    }

    @Test func aSpanIsReadByteForByte() throws {
        #expect(try ProtobufReader.decode(request, as: OTLPSchema.tracesRequest) == json)
    }

    /// OTLP specification, "JSON Protobuf Encoding": 64-bit integers as texts, ids as hexadecimal digits, enumerations as
    /// numbers.
    @Test func whatTheProcessRecordedIsSaidInOTLPsWords() async {
        await #expect(processExitsWith: .success) {
            SpanRecorder.shared.start(capacity: 10, sampler: .init())
            let caller = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            let span = Span(
                "step", kind: .consumer, parent: caller, link: caller,
                attributes: ["t": "x", "n": 7, "d": .double(0.5), "f": .bool(false)])
            span.fail("refused")
            span.end()
            let records = SpanRecorder.shared.take(1).spans
            let message = OTLPMessages.traces(records, resource: ["service.name": "shop"])
            let block = message["resourceSpans"]?[0]
            #expect(
                block?["resource"]?["attributes"]
                    == [["key": "service.name", "value": ["stringValue": "shop"]]])
            let written = block?["scopeSpans"]?[0]?["spans"]?[0]
            #expect(written?["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736")
            #expect(written?["parentSpanId"] == "00f067aa0ba902b7")
            #expect(written?["spanId"] == .string(span.context.spanIDText))
            #expect(written?["kind"] == 5 && written?["flags"] == 1)
            #expect(written?["status"] == ["message": "refused", "code": 2])
            #expect(written?["links"]?[0]?["spanId"] == "00f067aa0ba902b7")
            #expect(
                written?["attributes"] == [
                    ["key": "d", "value": ["doubleValue": 0.5]], ["key": "f", "value": ["boolValue": false]],
                    ["key": "n", "value": ["intValue": "7"]], ["key": "t", "value": ["stringValue": "x"]],
                ])
            let start = written?["startTimeUnixNano"]?.string.flatMap { UInt64($0) }
            #expect(start == records.first?.startNanoseconds)
        }
    }

    /// "Encoding", "Message Structure": fields that are unknown are skipped, whatever their type.
    @Test func unknownFieldsAreSkipped() throws {
        let unknown: [[UInt8]] = [
            [0x78, 0x96, 0x01], [0x79, 1, 2, 3, 4, 5, 6, 7, 8], [0x7a, 3, 1, 2, 3], [0x7d, 1, 2, 3, 4],
            [0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 1],
        ]
        for field in unknown {
            let value = try ProtobufReader.decode(field + request + field, as: OTLPSchema.tracesRequest)
            #expect(value == json)
        }
    }

    /// "Last One Wins": a later value of a field that is not a list takes the place of the earlier one.
    @Test func theLastOfEqualFieldsWins() throws {
        let point = fixed(4, (1.5).bitPattern) + fixed(4, (2.5).bitPattern)
        let metric = block(1, Array("a".utf8)) + block(1, Array("b".utf8)) + block(5, block(1, point))
        let value = try ProtobufReader.decode(block(1, block(2, block(2, metric))), as: OTLPSchema.metricsRequest)
        let read = value["resourceMetrics"]?[0]?["scopeMetrics"]?[0]?["metrics"]?[0]
        #expect(read?["name"] == "b")
        #expect(read?["gauge"]?["dataPoints"]?[0]?["asDouble"] == 2.5)
    }

    /// "Packed Repeated Fields": readers take both forms, and their mixture.
    @Test func numbersMayBePackedOrNot() throws {
        let packed = block(6, Array(fixed(0, 1).dropFirst() + fixed(0, 2).dropFirst()))
        for counts in [packed, fixed(6, 1) + fixed(6, 2), fixed(6, 1) + block(6, Array(fixed(0, 2).dropFirst()))] {
            let metric = block(1, Array("h".utf8)) + block(9, block(1, counts))
            let value = try ProtobufReader.decode(block(1, block(2, block(2, metric))), as: OTLPSchema.metricsRequest)
            let point = value["resourceMetrics"]?[0]?["scopeMetrics"]?[0]?["metrics"]?[0]?["histogram"]?["dataPoints"]?[
                0]
            #expect(point?["bucketCounts"] == ["1", "2"])
        }
    }

    @Test(arguments: [[0x0b, 0x0c], [0x0c], [0x0e, 0], [0x0f, 0], [0x08, 1], [0x0a, 2, 0x12]] as [[UInt8]])
    func groupsAndWrongTypesAreRefused(bytes: [UInt8]) {
        #expect(throws: ProtobufReader.Failure.self) { try ProtobufReader.decode(bytes, as: OTLPSchema.tracesRequest) }
    }

    /// The largest numbers of each form.
    @Test(arguments: [UInt64(0), 1, 127, 128, 16_383, 16_384, UInt64(Int64.max), .max]) func numbersOfAnySizeComeBack(
        number: UInt64
    )
        throws
    {
        let value: JSONValue = [
            "resourceSpans": [["scopeSpans": [["spans": [["startTimeUnixNano": .string(String(number))]]]]]]
        ]
        let bytes = ProtobufWriter.encode(value, as: OTLPSchema.tracesRequest)
        #expect(try ProtobufReader.decode(bytes, as: OTLPSchema.tracesRequest) == value)
    }

    @Test func sumsAreCumulativeOrDeltaAsIsSaid() {
        let metrics = Metrics()
        metrics.counter("orders", "Orders.").add(3)
        for (temporality, number) in [(OTLPMessages.Temporality.delta, JSONValue.int(1)), (.cumulative, 2)] {
            let message = OTLPMessages.metrics(
                metrics.snapshot(), resource: [:], start: 5, now: 6, temporality: temporality)
            let metric = message["resourceMetrics"]?[0]?["scopeMetrics"]?[0]?["metrics"]?[0]
            #expect(metric?["sum"]?["aggregationTemporality"] == number && metric?["sum"]?["isMonotonic"] == true)
            #expect(metric?["sum"]?["dataPoints"]?[0]?["startTimeUnixNano"] == "5")
            #expect(metric?["sum"]?["dataPoints"]?[0]?["timeUnixNano"] == "6")
        }
    }
}
