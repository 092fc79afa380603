import Telemetry
import Testing

/// Prometheus, "Exposition formats", text format 0.0.4, and OpenTelemetry's "Prometheus and OpenMetrics Compatibility".
@Suite struct PrometheusTextTests {
    private func text(_ fill: (Metrics) -> Void) -> String {
        let metrics = Metrics()
        fill(metrics)
        return PrometheusText(metrics.snapshot()).text
    }

    @Test func aCounterEndsInTotalAndUnitsAreWords() {
        let text = text { metrics in
            metrics.counter("http.requests", unit: "{request}", "Requests.").add(3)
            metrics.counter("bytes.sent", unit: "By", "Sent.").add(1.5)
            metrics.counter("orders_total", "Orders.").add()
            metrics.gauge("wait", unit: "s", "Waiting.").set(-2)
            metrics.gauge("room.bytes", unit: "By", "Room.").set(7)
        }
        #expect(
            text == """
                # HELP http_requests_total Requests.
                # TYPE http_requests_total counter
                http_requests_total 3
                # HELP bytes_sent_bytes_total Sent.
                # TYPE bytes_sent_bytes_total counter
                bytes_sent_bytes_total 1.5
                # HELP orders_total Orders.
                # TYPE orders_total counter
                orders_total 1
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds gauge
                wait_seconds -2
                # HELP room_bytes Room.
                # TYPE room_bytes gauge
                room_bytes 7

                """)
    }

    /// Buckets are cumulative, the last one is `+Inf` and equals the count.
    @Test func aHistogramHasCumulativeBuckets() {
        let text = text { metrics in
            let histogram = metrics.histogram("wait", unit: "s", bounds: [0.5, 1], "Waiting.")
            for value in [0.25, 0.5, 0.75, 4] { histogram.record(value, ["route": "/a"]) }
        }
        #expect(
            text == """
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{route="/a",le="0.5"} 2
                wait_seconds_bucket{route="/a",le="1.0"} 3
                wait_seconds_bucket{route="/a",le="+Inf"} 4
                wait_seconds_sum{route="/a"} 5.5
                wait_seconds_count{route="/a"} 4

                """)
    }

    @Test func labelsAreSortedAndTheirNamesMadeValid() {
        let text = text { metrics in
            let counter = metrics.counter("x", "X.")
            counter.add(1, ["b.c": "1", "a-d": "2", "9": "3"])
        }
        #expect(text.contains("x_total{_9=\"3\",a_d=\"2\",b_c=\"1\"} 1\n"))
    }

    /// In label values backslash, quotation mark and line feed are escaped; in help, backslash and line feed. Whatever
    /// somebody sends as a value, it stays within its line.
    @Test(arguments: [
        ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("a\r\nb", "a\r\\nb"), ("\"\u{301}", "\\\"\u{301}"),
        ("\\\n\"", "\\\\\\n\\\""), ("é😀{}", "é😀{}"),
    ])
    func valuesAreEscaped(value: String, escaped: String) {
        let text = text { $0.counter("x", "H.").add(1, ["l": value]) }
        let expected = "# HELP x_total H.\n# TYPE x_total counter\nx_total{l=\"\(escaped)\"} 1\n"
        #expect(Array(text.utf8) == Array(expected.utf8))
    }

    @Test func helpIsEscapedToo() {
        let text = text { $0.counter("x", "one\\two\nthree \"four\"").add() }
        #expect(text.hasPrefix("# HELP x_total one\\\\two\\nthree \"four\"\n"))
    }

    @Test func nothingIsSaidOfWhatHasNoValue() {
        #expect(text { $0.counter("x", "X.").add(0, [:]) }.contains("x_total 0\n"))
        #expect(text { _ = $0.counter("x", "X.") } == "")
        #expect(PrometheusText.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }
}
