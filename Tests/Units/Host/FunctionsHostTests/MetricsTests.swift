import EventLoop
import Telemetry
import TestSupport
import Testing

@testable import FunctionsHost

/// What an app counts.
@Suite struct HostMetricsTests {
    @NetworkActor
    @Test func eachFunctionHasItsSeries() {
        let metrics = HostMetrics(app: "shop")
        let counts = metrics.counts(of: "ask")
        counts.begin()
        counts.begin()
        counts.end(seconds: 0.02, succeeded: true)
        let lines = metrics.text.split(separator: "\n").map(String.init)
        #expect(lines.contains("functions_host_invocations_running{function=\"ask\"} 1"))
        #expect(lines.contains("functions_host_invocations_total{function=\"ask\",result=\"succeeded\"} 1"))
        #expect(lines.contains("functions_host_invocations_total{function=\"ask\",result=\"failed\"} 0"))
        for (bound, count) in [("0.01", 0), ("0.025", 1), ("60.0", 1), ("+Inf", 1)] {
            let line = "functions_host_invocation_duration_seconds_bucket{function=\"ask\",le=\"\(bound)\"} \(count)"
            #expect(lines.contains(line), "\(line)")
        }
        #expect(lines.contains("functions_host_invocation_duration_seconds_sum{function=\"ask\"} 0.02"))
        // The same function is counted on.
        metrics.counts(of: "ask").end(seconds: 100, succeeded: false)
        #expect(metrics.text.contains("result=\"failed\"} 1\n") && metrics.text.contains("le=\"60.0\"} 1\n"))
        #expect(metrics.text.contains("invocation_duration_seconds_count{function=\"ask\"} 2\n"))
    }

    @NetworkActor
    @Test func whatIsLookedUpIsSet() {
        let metrics = HostMetrics(app: "shop")
        metrics.reject()
        metrics.reject()
        metrics.queueLength("jobs", 7)
        metrics.queueLength("jobs", 5)
        metrics.observe(restarts: 3, isReady: true, connections: 12)
        for line in [
            "functions_host_requests_rejected_total 2", "functions_host_queue_length{queue=\"jobs\"} 5",
            "functions_host_handler_restarts_total 3", "functions_host_handler_ready 1",
            "functions_host_connections 12",
        ] { #expect(metrics.text.contains(line + "\n"), "\(line)") }
        metrics.observe(restarts: 3, isReady: false, connections: 0)
        #expect(metrics.text.contains("functions_host_handler_ready 0\n"))
    }

    @NetworkActor
    @Test func appsDoNotMix() {
        let (one, two) = (HostMetrics(app: "one"), HostMetrics(app: "two"))
        one.counts(of: "f").end(seconds: 1, succeeded: true)
        #expect(!two.text.contains("function=\"f\""))
        let exported = Metrics.shared.snapshot().first { $0.definition.name == "functions.host.requests.rejected" }
        let apps = Set((exported?.points ?? []).compactMap { $0.attributes["app"] })
        #expect(apps.isSuperset(of: ["one", "two"]))
        withExtendedLifetime((one, two)) {}
    }

    @NetworkActor
    @Test func anAppThatIsGoneIsNotExported() {
        do {
            let metrics = HostMetrics(app: "short-lived")
            metrics.reject()
        }
        let points = Metrics.shared.snapshot().flatMap(\.points)
        #expect(!points.contains { $0.attributes["app"] == "short-lived" })
    }
}
