import AzureSignatures
import HTTPMessages

/// Measures the Azure emulator over loopback, and our own clients' memory.
struct AzureBench {
    private static let seconds = 5

    let bench: Workbench

    /// The program being measured.
    private struct Emulator {
        let program: BackgroundProgram
        let blob: UInt16
        let startMilliseconds: Double

        private static let account = DevelopmentAccount.storageName

        var blobURL: String { "http://127.0.0.1:\(blob)/\(Self.account)" }
        var queueURL: String { "http://127.0.0.1:\(blob + 1)/\(Self.account)" }
        var cosmosURL: String { "http://127.0.0.1:\(blob + 2)" }
    }

    /// Measures everything.
    func run() async throws -> BenchReport {
        _ = try LoadGenerator.find()
        return report(
            try await bench.samples { _ in
                // New data in each run.
                try await bench.withFolder { place in
                    let base = try bench.freePorts(5)
                    var arguments = ["--data", place + "/data"]
                    for (offset, name) in ["blob", "queue", "cosmos", "vault", "identity"].enumerated() {
                        arguments += ["--\(name)-port", String(base + UInt16(offset))]
                    }
                    let program = try BackgroundProgram(
                        "emulator", bench.program("azure-emulator"), arguments, ["APUS_LOG": "warning"],
                        in: place)
                    return try await program.whileRunning {
                        // The last service to listen.
                        let start = try await $0.ready(within: .seconds(20), every: 200) {
                            RawExchange.isListening(base + 4)
                        }
                        try await Task.sleep(for: .seconds(1))
                        return try await measure(Emulator(program: $0, blob: base, startMilliseconds: start), place)
                    }
                }
            })
    }

    /// What is measured, with its bar.
    private static let rates: [(name: String, unit: String, bar: Double)] = [
        ("blob put 1 KB, 16 clients", "/s", 4000), ("blob get 1 KB, 16 clients", "/s", 4000),
        ("blob put 100 MB", "MB/s", 300), ("blob get 100 MB", "MB/s", 800),
        ("queue put, get, delete, 16 clients", "/s", 1500), ("item create, 16 clients", "/s", 3000),
        ("item point read, 16 clients", "/s", 8000),
    ]
    private static let limits: [(name: String, unit: String, bar: Double)] = [
        ("list of 5,000 blobs", "ms", 60), ("query of a chat's 50 messages, p50", "ms", 3),
        ("emulator start", "ms", 50),
        ("emulator idle", "MB", 40), ("emulator after 100 MB", "MB", 60), ("client, 1 GB up and down", "MB", 30),
    ]

    private func report(_ samples: Samples) -> BenchReport {
        var report = BenchReport()
        for rate in Self.rates { report.add(rate.name, samples.median(rate.name), rate.unit, atLeast: rate.bar) }
        for limit in Self.limits { report.add(limit.name, samples.median(limit.name), limit.unit, atMost: limit.bar) }
        return report
    }

    // MARK: - Figures

    private func measure(_ emulator: Emulator, _ place: String) async throws -> [String: Double] {
        var values = [
            "emulator start": emulator.startMilliseconds, "emulator idle": emulator.program.residentMegabytes,
        ]
        let requests = SignedRequests()
        try await requests.send(.put, emulator.blobURL + "/bench?restype=container")
        try await requests.send(.put, emulator.queueURL + "/bench")
        try await requests.prepareCosmos(emulator.cosmosURL)
        bench.say("100 MB in one blob")
        let (put, get) = try await largeBlob(emulator, requests)
        values["blob put 100 MB"] = put
        values["blob get 100 MB"] = get
        values["emulator after 100 MB"] = emulator.program.residentMegabytes
        func load(_ script: String, _ url: String, _ connections: Int = 16) async throws -> LoadGenerator.Result {
            try await LoadGenerator(script: script, directory: place, name: "load")
                .run(url, connections: connections, seconds: Self.seconds)
        }
        let (blob, queue, cosmos) = (emulator.blobURL, emulator.queueURL, emulator.cosmosURL)
        bench.say("small blobs")
        let puts = try await load(requests.blobScript(.put, blob), blob)
        values["blob put 1 KB, 16 clients"] = puts.requestsPerSecond
        let gets = try await load(requests.blobScript(.get, blob), blob)
        values["blob get 1 KB, 16 clients"] = gets.requestsPerSecond
        values["list of 5,000 blobs"] = try await listing(emulator, requests)
        bench.say("messages")
        let cycles = try await load(requests.queueScript(queue), queue)
        // A cycle is three requests.
        values["queue put, get, delete, 16 clients"] = cycles.requestsPerSecond / 3
        bench.say("items")
        let creates = try await load(requests.createScript(cosmos), cosmos)
        values["item create, 16 clients"] = creates.requestsPerSecond
        let reads = try await load(requests.readScript(cosmos), cosmos)
        values["item point read, 16 clients"] = reads.requestsPerSecond
        let queries = try await load(requests.queryScript(cosmos), cosmos, 1)
        values["query of a chat's 50 messages, p50"] = queries.p50
        bench.say("1 GB through our own client")
        values["client, 1 GB up and down"] = try await clientMemory(blob, place)
        return values
    }

    /// The highest memory of a process of its own, in megabytes.
    private func clientMemory(_ endpoint: String, _ place: String) async throws -> Double {
        let output = try await CommandOutput.read(
            bench.program("apus-bench"), ["azure-client", endpoint], directory: place)
        guard let peak = Double(output.split(separator: "\n").last ?? "") else {
            throw BenchError("the client's memory could not be read: \(output)")
        }
        return peak
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
