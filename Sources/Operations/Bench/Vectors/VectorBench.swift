import FoundationEssentials
import Glibc
import HTTPMessages
import JSONCoding
public import ProductStack

/// Measures our vector service beside Chroma's own server on the same machine with the same requests.
public struct VectorBench: Sendable {
    private let layout: ProductLayout
    private let runs: Int
    private static let chromaVersion = "1.5.9"

    /// - Parameter runs: How often each figure is taken; medians are reported.
    public init(layout: ProductLayout, runs: Int) {
        self.layout = layout
        self.runs = runs
    }

    /// Figures of one server, each a list with one entry per run.
    private struct Figures {
        var values: [String: [Double]] = [:]
        mutating func add(_ name: String, _ value: Double) { values[name, default: []].append(value) }
        func median(_ name: String) -> Double { (values[name] ?? []).quantile(0.5) }
    }

    /// Measures everything; `progress` gets a line before each step.
    ///
    /// - Returns: The table.
    public func run(_ progress: @escaping @Sendable (String) -> Void) async throws -> String {
        _ = try LoadGenerator.find()
        let folder = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        progress("installing chromadb \(Self.chromaVersion) into \(layout.root)/.build/bench-chroma")
        let chroma = try await installChroma()
        progress("making 100000 vectors")
        let data = VectorData(count: 100_000)
        var ours = Figures()
        var theirs = Figures()
        // In turns, so that whatever else the machine does meets both.
        for run in 1...runs {
            for side in ["apus", "chroma"] {
                let place = "\(folder)/\(side)\(run)"
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                let launch: @Sendable () async throws -> MeasuredServer = { [layout] in
                    let port = try RunningStack.freePorts(1)
                    return side == "apus"
                        ? try await MeasuredServer(
                            side, path: layout.program("vm-server"),
                            arguments: [
                                "--vectors-only", "--no-embeddings", "--data", place, "--vectors-port", "\(port)",
                            ], port: port, data: place)
                        : try await MeasuredServer(
                            side, path: chroma, arguments: ["run", "--path", place, "--port", "\(port)"], port: port,
                            data: place)
                }
                let figures = try await measure(side, run, data, folder, launch, progress)
                if side == "apus" { ours = merge(ours, figures) } else { theirs = merge(theirs, figures) }
                try FileManager.default.removeItem(atPath: place)
            }
        }
        return table(ours, theirs)
    }

    private func merge(_ all: Figures, _ one: Figures) -> Figures {
        Figures(values: all.values.merging(one.values) { $0 + $1 })
    }

    private func installChroma() async throws -> String {
        let folder = layout.root + "/.build/bench-chroma"
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
        _ side: String, _ run: Int, _ data: VectorData, _ folder: String,
        _ launch: @Sendable () async throws -> MeasuredServer, _ progress: @Sendable (String) -> Void
    ) async throws -> Figures {
        func say(_ what: String) { progress("run \(run) of \(runs), \(side): \(what)") }
        var figures = Figures()
        var server = try await launch()
        do {
            say("20000 vectors")
            var collection = try await server.make("small")
            figures.add("ingest 20k", try await ingest(server, collection, data, 20_000, documents: false))
            try await server.remove(collection, "small")
            say("20000 vectors with documents")
            collection = try await server.make("documents")
            figures.add("ingest documents", try await ingest(server, collection, data, 20_000, documents: true))
            try await server.remove(collection, "documents")
            say("100000 vectors")
            collection = try await server.make("large")
            figures.add("ingest 100k", try await ingest(server, collection, data, data.count, documents: false))
            try await server.settle(collection)
            say("queries")
            try await queries(server, collection, data, folder, &figures)
            figures.add("memory", server.residentMegabytes)
            say("single adds")
            try await singleAdds(server, collection, data, &figures)
            say("start")
            await server.stop()
            let started = ContinuousClock.now
            server = try await launch()
            let body = Self.queryBody(data.queries(1)[0], filter: nil)
            let again = try await server.make("large")
            try await server.post(again + "/query", body)
            figures.add("start", milliseconds(ContinuousClock.now - started))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
        return figures
    }

    /// Adds in batches of 500; returns records per second, acknowledged ones, that is, durable ones.
    private func ingest(
        _ server: MeasuredServer, _ collection: String, _ data: VectorData, _ count: Int, documents: Bool
    ) async throws -> Double {
        let bodies = stride(from: 0, to: count, by: 500).map { Self.addBody(data, $0..<$0 + 500, documents: documents) }
        let started = ContinuousClock.now
        for body in bodies { try await server.post(collection + "/add", body) }
        return Double(count) / (milliseconds(ContinuousClock.now - started) / 1000)
    }

    private func queries(
        _ server: MeasuredServer, _ collection: String, _ data: VectorData, _ folder: String, _ figures: inout Figures
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
            figures.add("recall \(name)", Double(found) / Double(queries.count * 10))
            let load = try LoadGenerator(bodies: bodies, directory: folder, name: "query")
            let alone = try await load.run(collection + "/query", connections: 1, seconds: 5)
            figures.add("p50 \(name)", alone.p50)
            figures.add("p99 \(name)", alone.p99)
            guard filter == nil else { continue }
            for clients in [8, 64] {
                let many = try await load.run(collection + "/query", connections: clients, seconds: 5)
                figures.add("rate \(clients)", many.requestsPerSecond)
            }
        }
    }

    private func singleAdds(
        _ server: MeasuredServer, _ collection: String, _ data: VectorData, _ figures: inout Figures
    ) async throws {
        // Enough for Chroma to write its index once, which it does every 1000 operations.
        let bodies = (0..<1500).map { Self.addBody(data, $0..<$0 + 1, documents: false, prefix: "single") }
        var times: [Double] = []
        for body in bodies { times.append(try await server.post(collection + "/add", body).milliseconds) }
        figures.add("add p50", times.quantile(0.5))
        figures.add("add p99", times.quantile(0.99))
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

    private func table(_ ours: Figures, _ theirs: Figures) -> String {
        var report = ComparisonReport()
        func faster(_ what: String, _ name: String, _ bar: Double, unit: String) {
            report.add(what, ours.median(name), theirs.median(name), unit, bar, isRate: false)
        }
        func more(_ what: String, _ name: String, _ bar: Double) {
            report.add(what, ours.median(name), theirs.median(name), "/s", bar, isRate: true)
        }
        more("ingest 20,000, batches of 500", "ingest 20k", 3)
        more("ingest 100,000, batches of 500", "ingest 100k", 6)
        more("ingest 20,000 with 24-word documents", "ingest documents", 5)
        faster("query, one client, p50", "p50 all", 1.5, unit: "ms")
        faster("query, one client, p99", "p99 all", 2, unit: "ms")
        more("queries, 8 clients", "rate 8", 4)
        more("queries, 64 clients", "rate 64", 4)
        faster("filtered query, 1 %, p50", "p50 1 %", 20, unit: "ms")
        faster("filtered query, 10 %, p50", "p50 10 %", 20, unit: "ms")
        faster("single add, p50", "add p50", 2, unit: "ms")
        faster("single add, p99", "add p99", 10, unit: "ms")
        faster("resident memory at 100,000", "memory", 2, unit: "MB")
        faster("start to first answered query at 100,000", "start", 20, unit: "ms")
        for (name, floor) in [("all", 0.97), ("1 %", 0.99), ("10 %", 0.99)] {
            report.addRecall(
                "recall@10, \(name)", ours.median("recall \(name)"), theirs.median("recall \(name)"), floor)
        }
        return report.table
    }
}
