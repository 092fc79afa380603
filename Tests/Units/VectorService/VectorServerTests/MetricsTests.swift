import HTTPMessages
import JSONCoding
import OTLP
import Telemetry
import TestSupport
import Testing

/// `/metrics`, and what other processes report for it.
@Suite struct MetricsTests {
    private func metrics(_ fixture: APIFixture) async throws -> [String] {
        let answer = try await fixture.call(.get, "/metrics")
        #expect(answer.status == 200)
        #expect(answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        return answer.text.split(separator: "\n").map(String.init)
    }

    @Test func countsRequestsByOperationAndStatus() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            for _ in 0..<2 { _ = try await fixture.call(.post, path + "/query", ["query_embeddings": [[1, 2, 3]]]) }
            _ = try await fixture.call(.post, path + "/query", [:])
            _ = try await fixture.call(.get, "/nothing/that/is/there")
            let lines = try await metrics(fixture)
            #expect(lines.contains("# HELP apus_vectors_requests_total Requests by operation and status."))
            #expect(lines.contains("# TYPE apus_vectors_requests_total counter"))
            #expect(lines.contains("apus_vectors_requests_total{operation=\"query\",status=\"200\"} 2"))
            #expect(lines.contains("apus_vectors_requests_total{operation=\"query\",status=\"422\"} 1"))
            #expect(lines.contains("apus_vectors_requests_total{operation=\"add\",status=\"201\"} 1"))
            #expect(lines.contains("apus_vectors_requests_total{operation=\"collections\",status=\"200\"} 1"))
            #expect(lines.contains("apus_vectors_requests_total{operation=\"system\",status=\"404\"} 1"))
        }
    }

    @Test func timesAreACumulativeHistogramOfAllStatuses() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            _ = try await fixture.call(.post, path + "/get", [:])
            _ = try await fixture.call(.post, path + "/get", ["limit": "x"])
            let lines = try await metrics(fixture)
            #expect(lines.contains("# TYPE apus_vectors_request_seconds histogram"))
            #expect(
                lines.contains(
                    "# HELP apus_vectors_request_seconds Time from a request's header section to its answer."))
            let prefix = "apus_vectors_request_seconds_bucket{operation=\"get\",le=\""
            let buckets = lines.filter { $0.hasPrefix(prefix) }
            #expect(buckets.count == 15 && buckets.first?.hasPrefix(prefix + "0.0005\"") == true)
            let counts = buckets.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
            #expect(counts == counts.sorted() && counts.last == 2)
            #expect(lines.contains("apus_vectors_request_seconds_count{operation=\"get\"} 2"))
            #expect(lines.contains { $0.hasPrefix("apus_vectors_request_seconds_sum{operation=\"get\"} ") })
        }
    }

    @Test func showsWhatTheStoreHolds() async throws {
        try await APIFixture.with { fixture in
            let path = try await fixture.sample()
            _ = try await fixture.collection("never-written")
            _ = try await fixture.call(.post, path + "/delete", ["ids": ["a"]])
            let lines = try await metrics(fixture)
            for (name, type, value) in [
                ("collections", "gauge", 2), ("open_collections", "gauge", 1), ("records", "gauge", 2),
                ("graph_nodes", "gauge", 0), ("unindexed_vectors", "gauge", 0), ("checkpoints_total", "counter", 0),
            ] {
                #expect(lines.contains("# TYPE apus_vectors_\(name) \(type)"))
                #expect(lines.contains("apus_vectors_\(name) \(value)"), "\(name)")
            }
            // Until the store rests long enough to take it out.
            #expect(
                lines.contains("apus_vectors_deleted_vectors 1") || lines.contains("apus_vectors_deleted_vectors 0"))
            let bytes = lines.first { $0.hasPrefix("apus_vectors_vector_bytes ") }?.split(separator: " ").last
            #expect(bytes.flatMap { Int($0) }.map { $0 > 0 } == true)
            let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
            #expect(types.count == Set(types).count)
        }
    }

    // MARK: - Reports of other processes

    private func report(_ metrics: Metrics, instance: String, start: UInt64 = .max >> 1) -> JSONValue {
        OTLPMessages.metrics(
            metrics.snapshot(), resource: ["service.name": "shop", "service.instance.id": instance], start: start,
            now: start + 1)
    }

    private func send(_ fixture: APIFixture, _ message: JSONValue) async throws -> APIFixture.Answer {
        try await fixture.call(.post, "/v1/metrics", message, ["content-type": "application/json"])
    }

    @Test func sumsUpWhatInstancesReport() async throws {
        try await APIFixture.with { fixture in
            for (instance, amount) in [("1", 3.0), ("2", 4)] {
                let metrics = Metrics()
                let counter = metrics.counter("test.orders", "Orders.")
                counter.add(amount, ["kind": "a\"b\\c\nd"])
                #expect(try await send(fixture, report(metrics, instance: instance)).json == [:])
                // The same sum again is no growth.
                #expect(try await send(fixture, report(metrics, instance: instance)).json == [:])
                counter.add(1, ["kind": "a\"b\\c\nd"])
                #expect(try await send(fixture, report(metrics, instance: instance)).status == 200)
            }
            let lines = try await metrics(fixture)
            #expect(lines.contains("test_orders_total{kind=\"a\\\"b\\\\c\\nd\",service=\"shop\"} 9"))
        }
    }

    @Test func gaugesKeepTheirInstance() async throws {
        try await APIFixture.with { fixture in
            for instance in ["1", "2"] {
                let metrics = Metrics()
                metrics.gauge("test.length", unit: "s", "Length.").set(Double(instance) ?? 0)
                _ = try await send(fixture, report(metrics, instance: instance))
            }
            let lines = try await metrics(fixture)
            #expect(lines.contains("test_length_seconds{instance=\"1\",service=\"shop\"} 1"))
            #expect(lines.contains("test_length_seconds{instance=\"2\",service=\"shop\"} 2"))
        }
    }

    @Test func histogramsAreAddedBucketByBucket() async throws {
        try await APIFixture.with { fixture in
            for instance in ["1", "2"] {
                let metrics = Metrics()
                let histogram = metrics.histogram("test.wait", unit: "s", bounds: [1, 2], "Waiting.")
                for value in [0.5, 1.5, 9] { histogram.record(value) }
                _ = try await send(fixture, report(metrics, instance: instance))
            }
            let lines = try await metrics(fixture)
            for (bound, count) in [("1.0", 2), ("2.0", 4), ("+Inf", 6)] {
                #expect(lines.contains("test_wait_seconds_bucket{service=\"shop\",le=\"\(bound)\"} \(count)"))
            }
            #expect(lines.contains("test_wait_seconds_sum{service=\"shop\"} 22.0"))
            #expect(lines.contains("test_wait_seconds_count{service=\"shop\"} 6"))
        }
    }

    @Test func anOlderInstanceTellsItsSumsToAProcessBefore() async throws {
        try await APIFixture.with { fixture in
            let metrics = Metrics()
            let counter = metrics.counter("test.old", "Old.")
            counter.add(100)
            // It began long before this process, so what it counted until now is known elsewhere.
            _ = try await send(fixture, report(metrics, instance: "1", start: 5))
            counter.add(2)
            _ = try await send(fixture, report(metrics, instance: "1", start: 5))
            #expect(try await self.metrics(fixture).contains("test_old_total{service=\"shop\"} 2"))
        }
    }

    @Test func aMetricOfAnotherFormIsRefused() async throws {
        try await APIFixture.with { fixture in
            let first = Metrics()
            first.counter("test.form", "One.").add()
            _ = try await send(fixture, report(first, instance: "1"))
            let second = Metrics()
            second.gauge("test.form", "Two.").set(1)
            let answer = try await send(fixture, report(second, instance: "2"))
            #expect(answer.json["partialSuccess"]?["rejectedDataPoints"] == "1")
        }
    }

    @Test func deltasOfEverNewLabelsEndAtTheLimitOfAllMetricsTogether() async throws {
        try await APIFixture.with { fixture in
            func series(_ name: String, _ count: Int) -> JSONValue {
                let points = (0..<count).map { index -> JSONValue in
                    [
                        "asInt": "1", "timeUnixNano": "2",
                        "attributes": [["key": "n", "value": ["stringValue": .string("\(index)")]]],
                    ]
                }
                let sum: JSONValue = [
                    "isMonotonic": true, "aggregationTemporality": 1, "dataPoints": .array(points),
                ]
                return ["resourceMetrics": [["scopeMetrics": [["metrics": [["name": .string(name), "sum": sum]]]]]]]
            }
            #expect(try await send(fixture, series("test.first", 15_000)).json == [:])
            let answer = try await send(fixture, series("test.second", 15_000))
            #expect(answer.json["partialSuccess"]?["rejectedDataPoints"] == "10000")
            // What is known goes on being counted.
            #expect(try await send(fixture, series("test.first", 1)).json == [:])
            let lines = try await metrics(fixture)
            #expect(lines.count { $0.hasPrefix("test_") } == 20_000)
            #expect(lines.contains("test_first_total{n=\"0\",service=\"unknown\"} 2"))
        }
    }

    @Test func aValueIsCutByScalarsAndAKeyThatIsTooLongIsLeftOut() async throws {
        try await APIFixture.with { fixture in
            let marks = String(repeating: "\u{301}", count: 100_000)
            let metrics = Metrics()
            metrics.counter("test.marks", "Marks.").add(1, ["long": "e" + marks, "k" + marks: "v"])
            #expect(try await send(fixture, report(metrics, instance: "1")).json == [:])
            let line = try #require(try await self.metrics(fixture).first { $0.hasPrefix("test_marks_total{") })
            let letters = String(String.UnicodeScalarView(line.unicodeScalars.filter { $0 != "\u{301}" }))
            #expect(line.utf8.count < 1000 && letters.contains("long=\"e\""))
        }
    }

    @Test func takesProtobufAndSaysWhatItDoesNotTake() async throws {
        try await APIFixture.with { fixture in
            let metrics = Metrics()
            metrics.counter("test.binary", "Binary.").add(5)
            let bytes = ProtobufWriter.encode(report(metrics, instance: "1"), as: OTLPSchema.metricsRequest)
            let type: HTTPFields = ["content-type": "application/x-protobuf"]
            let answer = try await fixture.call(.post, "/v1/metrics", bytes: bytes, type)
            #expect(answer.status == 200 && answer.bytes.isEmpty)
            #expect(answer.fields["content-type"] == "application/x-protobuf")
            #expect(try await self.metrics(fixture).contains("test_binary_total{service=\"shop\"} 5"))
            let broken = try await fixture.call(.post, "/v1/metrics", bytes: [0xFF, 0xFF], type)
            #expect(broken.status == 400)
            let text = try await fixture.call(.post, "/v1/metrics", bytes: [], ["content-type": "text/plain"])
            #expect(text.status == 415)
            let packed = try await fixture.call(
                .post, "/v1/metrics", bytes: [], ["content-type": "application/json", "content-encoding": "gzip"])
            #expect(packed.status == 415 && packed.json["detail"]?.string?.contains("Compressed") == true)
        }
    }

    @Test func spansThatHaveNowhereToGoAreDropped() async throws {
        try await APIFixture.with { fixture in
            let answer = try await fixture.call(
                .post, "/v1/traces", ["resourceSpans": []], ["content-type": "application/json"])
            #expect(answer.status == 200 && answer.json == [:])
        }
    }
}
