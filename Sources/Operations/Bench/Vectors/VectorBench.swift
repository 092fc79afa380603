import FoundationEssentials
import Glibc
import HTTPMessages
import JSONCoding

/// Measures our vector service beside Chroma's own server on the same machine with the same requests.
struct VectorBench {
    private static let chromaVersion = "1.5.9"

    let bench: Workbench

    /// Measures both servers.
    func run() async throws -> BenchReport {
        _ = try LoadGenerator.find()
        bench.say("installing chromadb \(Self.chromaVersion) into \(bench.root)/.build/bench-chroma")
        let chroma = try await installChroma()
        let data = makeData()
        var theirs = Samples()
        let ours = try await bench.samples { run in
            // In turns, so that whatever else the machine does meets both.
            let ours = try await measure("run \(run), apus", data) { [bench] place in
                try await MeasuredServer.apus(bench, data: place)
            }
            theirs.add(
                try await measure("run \(run), chroma", data) { [bench] place in
                    let port = try bench.freePorts(1)
                    return try await MeasuredServer(
                        "chroma", path: chroma, arguments: ["run", "--path", place, "--port", "\(port)"], port: port,
                        data: place)
                })
            return ours
        }
        return report(ours, beside: theirs)
    }

    /// Measures ours alone.
    ///
    /// - Returns: The same figures as `run`.
    func runAlone() async throws -> [Figure] {
        _ = try LoadGenerator.find()
        let data = makeData()
        let samples = try await bench.samples { run in
            try await measure("run \(run)", data) { [bench] place in try await MeasuredServer.apus(bench, data: place) }
        }
        return report(samples, beside: Samples()).figures
    }

    private func makeData() -> VectorData {
        bench.say("making 100000 vectors")
        return VectorData(count: 100_000)
    }

    private func installChroma() async throws -> String {
        let folder = bench.root + "/.build/bench-chroma"
        let program = folder + "/bin/chroma"
        if access(program, X_OK) != 0 {
            _ = try await CommandOutput.read("/usr/bin/python3", ["-m", "venv", folder])
            _ = try await CommandOutput.read(
                folder + "/bin/pip",
                ["install", "-q", "--disable-pip-version-check", "chromadb==\(Self.chromaVersion)"])
        }
        return program
    }

    private func measure(
        _ name: String, _ data: VectorData, _ launch: @escaping @Sendable (String) async throws -> MeasuredServer
    ) async throws -> [String: Double] {
        func say(_ what: String) { bench.say("\(name): \(what)") }
        return try await bench.withFolder { folder in
            var figures: [String: Double] = [:]
            try await launch(folder).whileRunning { server in
                say("20000 vectors")
                var collection = try await server.make("small")
                figures["ingest 20k"] = try await ingest(server, collection, data, 20_000, documents: false)
                try await server.remove(collection, "small")
                say("20000 vectors with documents")
                collection = try await server.make("documents")
                figures["ingest documents"] = try await ingest(server, collection, data, 20_000, documents: true)
                try await server.remove(collection, "documents")
                say("100000 vectors")
                collection = try await server.make("large")
                figures["ingest 100k"] = try await ingest(server, collection, data, data.count, documents: false)
                try await server.settle(collection)
                say("queries")
                try await queries(server, collection, data, folder, &figures)
                figures["memory"] = server.residentMegabytes
                say("single adds")
                try await singleAdds(server, collection, data, &figures)
            }
            say("start")
            let started = ContinuousClock.now
            figures["start"] = try await launch(folder).whileRunning { server in
                let body = Self.queryBody(data.queries(1)[0], filter: nil)
                let again = try await server.make("large")
                try await server.post(again + "/query", body)
                return started.millisecondsAgo
            }
            return figures
        }
    }

    /// Adds in batches of 500; returns records per second, acknowledged ones, that is, durable ones.
    private func ingest(
        _ server: MeasuredServer, _ collection: String, _ data: VectorData, _ count: Int, documents: Bool
    ) async throws -> Double {
        let bodies = stride(from: 0, to: count, by: 500).map { Self.addBody(data, $0..<$0 + 500, documents: documents) }
        let started = ContinuousClock.now
        for body in bodies { try await server.post(collection + "/add", body) }
        return Double(count) / (started.millisecondsAgo / 1000)
    }

    private func queries(
        _ server: MeasuredServer, _ collection: String, _ data: VectorData, _ folder: String,
        _ figures: inout [String: Double]
    ) async throws {
        let queries = data.queries(100)
        let cases: [(name: String, filter: JSONValue?, matches: (Int) -> Bool)] = [
            ("all", nil, { _ in true }), ("1 %", ["hundredth": 7], { $0 % 100 == 7 }),
            ("10 %", ["tenth": 7], { $0 % 10 == 7 }),
        ]
        for (name, filter, matches) in cases {
            let bodies = queries.map { Self.queryBody($0, filter: filter) }
            var found = 0
            for (query, body) in zip(queries, bodies) {
                let answer = try JSONParser.parse(try await server.post(collection + "/query", body).answer)
                let ids = Set(answer["ids"]?[0]?.array?.compactMap(\.string) ?? [])
                found += data.nearest(query, 10, where: matches).count { ids.contains("id\($0)") }
            }
            figures["recall \(name)"] = Double(found) / Double(queries.count * 10)
            let load = try LoadGenerator(bodies: bodies, directory: folder, name: "query")
            let alone = try await load.run(collection + "/query", connections: 1, seconds: 5)
            figures["p50 \(name)"] = alone.p50
            figures["p99 \(name)"] = alone.p99
            guard filter == nil else { continue }
            for clients in [8, 64] {
                let many = try await load.run(collection + "/query", connections: clients, seconds: 5)
                figures["rate \(clients)"] = many.requestsPerSecond
            }
        }
    }

    private func singleAdds(
        _ server: MeasuredServer, _ collection: String, _ data: VectorData, _ figures: inout [String: Double]
    ) async throws {
        // Enough for Chroma to write its index once, which it does every 1000 operations.
        let bodies = (0..<1500).map { Self.addBody(data, $0..<$0 + 1, documents: false, prefix: "single") }
        var times: [Double] = []
        for body in bodies { times.append(try await server.post(collection + "/add", body).milliseconds) }
        figures["add p50"] = times.quantile(0.5)
        figures["add p99"] = times.quantile(0.99)
    }

    static func addBody(_ data: VectorData, _ rows: Range<Int>, documents: Bool, prefix: String = "id") -> [UInt8] {
        let words = ["plan", "care", "network", "member", "cost", "visit", "doctor", "nurse", "share", "service"]
        var body: JSONObject = [
            "ids": .strings(rows.map { "\(prefix)\($0)" }),
            "embeddings": .array(
                rows.map { row in
                    .string(Array(data.vector(row)).withUnsafeBytes { Data($0) }.base64EncodedString())
                }),
            "metadatas": .array(
                rows.map { ["hundredth": .int(Int64($0 % 100)), "tenth": .int(Int64($0 % 10))] }),
        ]
        if documents {
            body["documents"] = .strings(
                rows.map { row in (0..<24).map { words[(row * 7 + $0 * 3) % words.count] }.joined(separator: " ") })
        }
        return JSONValue.object(body).encoded
    }

    static func queryBody(_ query: [Float], filter: JSONValue?) -> [UInt8] {
        var body: JSONObject = [
            "query_embeddings": [.array(query.map { .double(Double($0.description) ?? 0) })], "n_results": 10,
        ]
        body["where"] = filter
        return JSONValue.object(body).encoded
    }

    /// Figures of latency, memory and time, which should be so many times as good as the other server's.
    private static let limits: [(what: String, name: String, unit: String, bar: Double)] = [
        ("query, one client, p50", "p50 all", "ms", 1.5), ("query, one client, p99", "p99 all", "ms", 2),
        ("filtered query, 1 %, p50", "p50 1 %", "ms", 20), ("filtered query, 10 %, p50", "p50 10 %", "ms", 20),
        ("single add, p50", "add p50", "ms", 2), ("single add, p99", "add p99", "ms", 10),
        ("resident memory at 100,000", "memory", "MB", 2),
        ("start to first answered query at 100,000", "start", "ms", 20),
    ]
    private static let rates: [(what: String, name: String, bar: Double)] = [
        ("ingest 20,000, batches of 500", "ingest 20k", 3), ("ingest 100,000, batches of 500", "ingest 100k", 6),
        ("ingest 20,000 with 24-word documents", "ingest documents", 5), ("queries, 8 clients", "rate 8", 4),
        ("queries, 64 clients", "rate 64", 4),
    ]

    private func report(_ ours: Samples, beside theirs: Samples) -> BenchReport {
        var report = BenchReport(beside: "Chroma \(Self.chromaVersion)")
        for (what, name, bar) in Self.rates {
            let figure = Figure(what, ours.median(name), "/s", better: .higher)
            report.add(figure, beside: theirs.median(name), times: bar)
        }
        for (what, name, unit, bar) in Self.limits {
            let figure = Figure(what, ours.median(name), unit, better: .lower)
            report.add(figure, beside: theirs.median(name), times: bar)
        }
        for (name, floor) in [("all", 0.97), ("1 %", 0.99), ("10 %", 0.99)] {
            let figure = Figure("recall@10, \(name)", ours.median("recall \(name)"), "", better: .higher)
            report.add(figure, beside: theirs.median("recall \(name)"), atLeast: floor)
        }
        return report
    }
}
