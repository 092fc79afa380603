import FoundationEssentials
import JSONCoding

/// Measures what functions-host adds to a handler in C that does as little as HTTP allows.
struct FunctionsBench {
    private static let seconds = 5
    private static let streams = 2000
    private static let modes = ["proxying", "forwarding", "envelope"]

    let bench: Workbench

    /// Measures everything.
    func run() async throws -> BenchReport {
        _ = try LoadGenerator.find()
        return try await bench.withFolder { folder in
            for mode in Self.modes { try makeApp(mode, in: folder) }
            return report(try await bench.samples { _ in try await measure(folder) })
        }
    }

    private func report(_ samples: Samples) -> BenchReport {
        var report = BenchReport()
        for (mode, bar) in [("proxying", 0.15), ("forwarding", 0.15), ("envelope", 0.25)] {
            let added = samples.median("\(mode) p50") - samples.median("direct p50")
            report.add("\(mode): added, p50", added, "ms", atMost: bar)
        }
        for (mode, bar) in [("proxying", 20_000.0), ("envelope", 12_000)] {
            for connections in [64, 256] {
                let rate = samples.median("\(mode) \(connections)")
                report.add("\(mode), \(connections) connections", rate, "/s", atLeast: bar)
            }
        }
        report.add("first event of a stream, p50", samples.median("first"), "ms", atMost: 1)
        report.add("2,000 streams of 5 events/s, p95", samples.median("p95"), "ms", atMost: 50)
        report.add("memory with 2,000 streams", samples.median("memory"), "MB", atMost: 150)
        report.add("three apps: start to served", samples.median("start"), "ms", atMost: 60)
        report.remark =
            "direct: p50 \(TextTable.number(samples.median("direct p50"))) ms, "
            + "\(TextTable.number(samples.median("direct 64"))) requests/s with 64 connections\n"
        return report
    }

    private func makeApp(_ mode: String, in folder: String) throws {
        let bindings: JSONValue = [
            "bindings": [
                ["type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"],
                ["type": "http", "direction": "out", "name": "res"],
            ]
        ]
        let host: JSONValue = [
            "version": "2.0",
            "customHandler": [
                "description": ["defaultExecutablePath": .string(bench.program("bench-handler"))],
                "enableProxyingHttpRequest": .bool(mode == "proxying"),
                "enableForwardingHttpRequest": .bool(mode == "forwarding"),
            ],
        ]
        for name in ["hello", "stream"] {
            let path = "\(folder)/\(mode)/\(name)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data(bindings.encoded).write(to: URL(filePath: path + "/function.json"))
        }
        try Data(host.encoded).write(to: URL(filePath: "\(folder)/\(mode)/host.json"))
    }

    private func measure(_ folder: String) async throws -> [String: Double] {
        let base = try bench.freePorts(Self.modes.count + 1)
        let ports = (0...UInt16(Self.modes.count)).map { base + $0 }
        let direct = try BackgroundProgram(
            "direct", bench.program("bench-handler"), [], ["FUNCTIONS_CUSTOMHANDLER_PORT": "\(ports[3])"],
            in: folder)
        return try await direct.whileRunning { _ in
            let roots = zip(Self.modes, ports).flatMap { ["--root", "\(folder)/\($0)=\($1)"] }
            let host = try BackgroundProgram(
                "host", bench.program("functions-host"), ["start"] + roots, in: folder)
            return try await host.whileRunning { try await measure($0, ports) }
        }
    }

    private func measure(_ host: BackgroundProgram, _ ports: [UInt16]) async throws -> [String: Double] {
        var values: [String: Double] = [:]
        for port in ports {
            values["start"] = try await host.ready(within: .seconds(20), every: 500) { Self.isServed(port) }
        }
        for (name, port) in zip(Self.modes + ["direct"], ports) {
            for connections in [1, 64, 256] {
                bench.say("\(name), \(connections) connections")
                let result = try await LoadGenerator().run(
                    "http://127.0.0.1:\(port)/api/hello", connections: connections, seconds: Self.seconds)
                values["\(name) \(connections)"] = result.requestsPerSecond
                if connections == 1 { values["\(name) p50"] = result.p50 }
            }
        }
        bench.say("\(Self.streams) streams")
        return values.merging(try await measureStreams(ports[0], host)) { $1 }
    }

    private func measureStreams(_ port: UInt16, _ host: BackgroundProgram) async throws -> [String: Double] {
        async let output = StreamReader.read(bench, port: port, streams: Self.streams, seconds: Self.seconds + 5)
        try await Task.sleep(for: .seconds(Self.seconds + 2))
        let memory = host.residentMegabytes
        let streams = try await output
        // Every stream has to have brought its five events a second.
        guard streams.events >= Double(Self.streams * 5 * (Self.seconds + 4)) else {
            throw BenchError("\(Self.streams) streams brought \(streams.events) events")
        }
        return ["first": streams.first, "p95": streams.p95, "memory": memory]
    }

    /// Asks over a bare socket, since the first request of a client would be measured too.
    private static func isServed(_ port: UInt16) -> Bool {
        (try? RawExchange(port: port).run(head: "GET /api/hello HTTP/1.0\r\n\r\n", bodyBytes: 0))?.status == 200
    }
}
