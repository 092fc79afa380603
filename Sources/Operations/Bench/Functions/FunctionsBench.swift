import CLinux
import ChildProcess
import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
import JSONCoding
public import ProductStack

/// Measures what functions-host adds to a handler in C that does as little as HTTP allows.
public struct FunctionsBench: Sendable {
    private static let seconds = 5
    private static let streams = 2000
    private static let modes = ["proxying", "forwarding", "envelope"]

    private let layout: ProductLayout
    private let runs: Int

    /// - Parameter runs: How often each figure is taken; medians are reported.
    public init(layout: ProductLayout, runs: Int) {
        self.layout = layout
        self.runs = runs
    }

    /// Measures everything; `progress` gets a line before each step.
    ///
    /// - Returns: The table.
    public func run(_ progress: @escaping @Sendable (String) -> Void) async throws -> String {
        _ = try LoadGenerator.find()
        let folder = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for mode in Self.modes { try makeApp(mode, in: folder) }
        var values: [String: [Double]] = [:]
        for run in 1...runs {
            progress("run \(run) of \(runs)")
            for (name, value) in try await measure(folder, progress) { values[name, default: []].append(value) }
        }
        return table(values.mapValues { $0.quantile(0.5) })
    }

    private func table(_ values: [String: Double]) -> String {
        var report = BarReport()
        func value(_ name: String) -> Double { values[name] ?? .nan }
        for (mode, bar) in [("proxying", 0.15), ("forwarding", 0.15), ("envelope", 0.25)] {
            report.add("\(mode): added, p50", value(mode + " p50") - value("direct p50"), "ms", bar, isRate: false)
        }
        for (mode, bar) in [("proxying", 20_000.0), ("envelope", 12_000)] {
            for connections in [64, 256] {
                let name = "\(mode), \(connections) connections"
                report.add(name, value("\(mode) \(connections)"), "/s", bar, isRate: true)
            }
        }
        report.add("first event of a stream, p50", value("first"), "ms", 1, isRate: false)
        report.add("2,000 streams of 5 events/s, p95", value("p95"), "ms", 50, isRate: false)
        report.add("memory with 2,000 streams", value("memory"), "MB", 150, isRate: false)
        report.add("three apps: start to served", value("start"), "ms", 60, isRate: false)
        return report.table + "direct: p50 \(TextTable.number(value("direct p50"))) ms, "
            + "\(TextTable.number(value("direct 64"))) requests/s with 64 connections\n"
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
                "description": ["defaultExecutablePath": .string(layout.program("bench-handler"))],
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

    private func measure(_ folder: String, _ progress: @Sendable (String) -> Void) async throws -> [(String, Double)] {
        var values: [(String, Double)] = []
        let ports = try Self.freePorts(Self.modes.count + 1)
        let direct = try start(
            layout.program("bench-handler"), [], ["FUNCTIONS_CUSTOMHANDLER_PORT": "\(ports[Self.modes.count])"])
        let started = ContinuousClock.now
        let roots = zip(Self.modes, ports).flatMap { ["--root", "\(folder)/\($0)=\($1)"] }
        let host = try start(layout.program("functions-host"), ["start"] + roots, [:])
        do {
            for port in ports { try await served(port, by: host) }
            values.append(("start", milliseconds(ContinuousClock.now - started)))
            for (name, port) in zip(Self.modes + ["direct"], ports) {
                for connections in [1, 64, 256] {
                    progress("\(name), \(connections) connections")
                    let result = try await LoadGenerator().run(
                        "http://127.0.0.1:\(port)/api/hello", connections: connections, seconds: Self.seconds)
                    values.append(("\(name) \(connections)", result.requestsPerSecond))
                    if connections == 1 { values.append(("\(name) p50", result.p50)) }
                }
            }
            progress("\(Self.streams) streams")
            values += try await measureStreams(ports[0], host)
        } catch {
            await host.stop(grace: .seconds(5))
            await direct.stop(grace: .seconds(1))
            throw error
        }
        await host.stop(grace: .seconds(5))
        await direct.stop(grace: .seconds(1))
        return values
    }

    private func measureStreams(_ port: UInt16, _ host: Subprocess) async throws -> [(String, Double)] {
        async let output = CommandOutput.read(
            layout.program("bench-handler"), ["streams", "\(port)", "\(Self.streams)", "\(Self.seconds + 5)"])
        try await Task.sleep(for: .seconds(Self.seconds + 2))
        let memory = Double(apus_resident_bytes(host.id)) / 1_048_576
        let json = try JSONParser.parse(try await output)
        guard let first = json["first"]?.double, let p95 = json["p95"]?.double, let events = json["events"]?.double,
            // Every stream has to have brought its five events a second.
            events >= Double(Self.streams * 5 * (Self.seconds + 4))
        else { throw BenchError("the streams brought too little: \(json.text)") }
        return [("first", first), ("p95", p95), ("memory", memory)]
    }

    private func start(_ path: String, _ arguments: [String], _ environment: [String: String]) throws -> Subprocess {
        var command = Subprocess.Command(path, arguments)
        command.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { given, _ in given }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        return try Subprocess(command, standardInput: null, standardOutput: null, standardError: null)
    }

    /// Waits for the first answer. A bare socket, since the first request of a client would be measured too.
    private func served(_ port: UInt16, by host: Subprocess) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        let head = "GET /api/hello HTTP/1.0\r\n\r\n"
        while (try? RawExchange(port: port).run(head: head, bodyBytes: 0))?.status != 200 {
            guard host.isRunning, ContinuousClock.now < deadline else {
                throw BenchError("functions-host did not start")
            }
            usleep(500)
        }
    }

    private static func freePorts(_ count: Int) throws -> [UInt16] {
        let sockets = (0..<count).map { _ in apus_listen("127.0.0.1", 0, 1) }
        defer { for socket in sockets where socket >= 0 { close(socket) } }
        guard sockets.allSatisfy({ $0 >= 0 }) else { throw BenchError("there are no free ports") }
        return sockets.map { UInt16(clamping: apus_socket_port($0)) }
    }
}
