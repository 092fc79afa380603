import AzureSignatures
import CLinux
import ChildProcess
import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
public import ProductStack
import Telemetry

/// Measures the Azure emulator over loopback, and our own clients' memory.
public struct AzureBench: Sendable {
    private let layout: ProductLayout
    private let runs: Int
    private static let seconds = 5
    private static let account = DevelopmentAccount.storageName

    /// - Parameter runs: How often each figure is taken; medians are reported.
    public init(layout: ProductLayout, runs: Int) {
        self.layout = layout
        self.runs = runs
    }

    /// The program being measured.
    private struct Emulator: Sendable {
        let process: Subprocess
        let blob: UInt16
        let queue: UInt16
        let cosmos: UInt16
        let startMilliseconds: Double
        let idleMegabytes: Double

        var blobURL: String { "http://127.0.0.1:\(blob)/\(AzureBench.account)" }
        var queueURL: String { "http://127.0.0.1:\(queue)/\(AzureBench.account)" }
        var cosmosURL: String { "http://127.0.0.1:\(cosmos)" }
        var residentMegabytes: Double { Double(apus_resident_bytes(process.id)) / 1_048_576 }
    }

    /// Measures everything; `progress` gets a line before each step.
    ///
    /// - Returns: The table.
    public func run(_ progress: @escaping @Sendable (String) -> Void) async throws -> String {
        _ = try LoadGenerator.find()
        let folder = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var values: [String: [Double]] = [:]
        for run in 1...runs {
            progress("run \(run) of \(runs)")
            let place = "\(folder)/\(run)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let emulator = try await start(place)
            do {
                for (name, value) in try await measure(emulator, place, progress) {
                    values[name, default: []].append(value)
                }
            } catch {
                await emulator.process.stop(grace: .seconds(10))
                throw error
            }
            await emulator.process.stop(grace: .seconds(10))
            try FileManager.default.removeItem(atPath: place)
        }
        return table(values)
    }

    private func table(_ values: [String: [Double]]) -> String {
        var report = BarReport()
        func add(_ name: String, _ unit: String, atLeast bar: Double) {
            report.add(name, (values[name] ?? []).quantile(0.5), unit, bar, isRate: true)
        }
        func add(_ name: String, _ unit: String, atMost bar: Double) {
            report.add(name, (values[name] ?? []).quantile(0.5), unit, bar, isRate: false)
        }
        add("blob put 1 KB, 16 clients", "/s", atLeast: 4000)
        add("blob get 1 KB, 16 clients", "/s", atLeast: 4000)
        add("blob put 100 MB", "MB/s", atLeast: 300)
        add("blob get 100 MB", "MB/s", atLeast: 800)
        add("list of 5,000 blobs", "ms", atMost: 60)
        add("queue put, get, delete, 16 clients", "/s", atLeast: 1500)
        add("item create, 16 clients", "/s", atLeast: 3000)
        add("item point read, 16 clients", "/s", atLeast: 8000)
        add("query of a chat's 50 messages, p50", "ms", atMost: 3)
        add("emulator start", "ms", atMost: 50)
        add("emulator idle", "MB", atMost: 40)
        add("emulator after 100 MB", "MB", atMost: 60)
        add("client, 1 GB up and down", "MB", atMost: 30)
        return report.table
    }

    private func start(_ place: String) async throws -> Emulator {
        let base = try RunningStack.freePorts(5)
        var arguments = ["--data", place + "/data"]
        for (offset, name) in ["blob", "queue", "cosmos", "vault", "identity"].enumerated() {
            arguments += ["--\(name)-port", String(base + UInt16(offset))]
        }
        var command = Subprocess.Command(layout.program("azure-emulator"), arguments)
        command.environment = ["APUS_LOG": "warning"]
        let log = open(place + "/log.txt", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        let started = ContinuousClock.now
        let process = try Subprocess(command, standardInput: null, standardOutput: log, standardError: log)
        // The last service to listen.
        while !RawExchange.isListening(base + 4) {
            guard process.isRunning, ContinuousClock.now - started < .seconds(20) else {
                throw BenchError("azure-emulator did not start; \(place)/log.txt says why")
            }
            usleep(200)
        }
        let milliseconds = milliseconds(ContinuousClock.now - started)
        try await Task.sleep(for: .seconds(1))
        return Emulator(
            process: process, blob: base, queue: base + 1, cosmos: base + 2, startMilliseconds: milliseconds,
            idleMegabytes: Double(apus_resident_bytes(process.id)) / 1_048_576)
    }

    // MARK: - Figures

    private func measure(
        _ emulator: Emulator, _ place: String, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> [String: Double] {
        var values = ["emulator start": emulator.startMilliseconds, "emulator idle": emulator.idleMegabytes]
        let requests = SignedRequests()
        try await requests.send(.put, emulator.blobURL + "/bench?restype=container")
        try await requests.send(.put, emulator.queueURL + "/bench")
        try await requests.prepareCosmos(emulator.cosmosURL)
        progress("100 MB in one blob")
        let (put, get) = try await largeBlob(emulator, requests)
        values["blob put 100 MB"] = put
        values["blob get 100 MB"] = get
        values["emulator after 100 MB"] = emulator.residentMegabytes
        progress("small blobs")
        let writer = try LoadGenerator(
            script: requests.blobScript(.put, emulator.blobURL), directory: place, name: "put")
        values["blob put 1 KB, 16 clients"] =
            try await writer.run(emulator.blobURL, connections: 16, seconds: Self.seconds).requestsPerSecond
        let reader = try LoadGenerator(
            script: requests.blobScript(.get, emulator.blobURL), directory: place, name: "get")
        values["blob get 1 KB, 16 clients"] =
            try await reader.run(emulator.blobURL, connections: 16, seconds: Self.seconds).requestsPerSecond
        values["list of 5,000 blobs"] = try await listing(emulator, requests)
        progress("messages")
        let cycles = try LoadGenerator(
            script: requests.queueScript(emulator.queueURL), directory: place, name: "queue")
        // A cycle is three requests.
        values["queue put, get, delete, 16 clients"] =
            try await cycles.run(emulator.queueURL, connections: 16, seconds: Self.seconds).requestsPerSecond / 3
        progress("items")
        for (name, script) in [
            ("item create, 16 clients", requests.createScript(emulator.cosmosURL)),
            ("item point read, 16 clients", requests.readScript(emulator.cosmosURL)),
        ] {
            let load = try LoadGenerator(script: script, directory: place, name: "items")
            values[name] =
                try await load.run(emulator.cosmosURL, connections: 16, seconds: Self.seconds).requestsPerSecond
        }
        let query = try LoadGenerator(
            script: requests.queryScript(emulator.cosmosURL), directory: place, name: "query")
        values["query of a chat's 50 messages, p50"] =
            try await query.run(emulator.cosmosURL, connections: 1, seconds: Self.seconds).p50
        progress("1 GB through our own client")
        let output = try await CommandOutput.read(
            layout.program("apus"), ["bench", "azure-client", emulator.blobURL], directory: place)
        guard let peak = Double(output.split(separator: "\n").last ?? "") else {
            throw BenchError("the client's memory could not be read: \(output)")
        }
        values["client, 1 GB up and down"] = peak
        return values
    }

    private func largeBlob(_ emulator: Emulator, _ requests: SignedRequests) async throws -> (Double, Double) {
        let megabytes = 100
        let url = emulator.blobURL + "/bench/large"
        var rates: [(Double, Double)] = []
        for _ in 0..<3 {
            let head = requests.head(
                .put, url, fields: ["x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"],
                length: megabytes << 20)
            let put = try RawExchange(port: emulator.blob).run(head: head, bodyBytes: megabytes << 20)
            guard put.status == 201 else { throw BenchError("Put Blob answered \(put.status)") }
            let get = try RawExchange(port: emulator.blob).run(head: requests.head(.get, url), bodyBytes: 0)
            guard get.status == 200, get.received >= megabytes << 20 else {
                throw BenchError("Get Blob answered \(get.status)")
            }
            rates.append((Double(megabytes) / put.seconds, Double(megabytes) / get.seconds))
        }
        return (rates.map(\.0).quantile(0.5), rates.map(\.1).quantile(0.5))
    }

    private func listing(_ emulator: Emulator, _ requests: SignedRequests) async throws -> Double {
        // The script above has written this many names.
        for number in SignedRequests.names..<5000 {
            try await requests.send(
                .put, "\(emulator.blobURL)/bench/\(number)", fields: ["x-ms-blob-type": "BlockBlob"])
        }
        let head = requests.head(.get, emulator.blobURL + "/bench?restype=container&comp=list&maxresults=5000")
        return try (0..<9).map { _ in
            let answer = try RawExchange(port: emulator.blob).run(head: head, bodyBytes: 0)
            guard answer.status == 200, answer.received > 1_000_000 else {
                throw BenchError("List Blobs answered \(answer.status)")
            }
            return answer.seconds * 1000
        }.quantile(0.5)
    }
}
