import FoundationEssentials
import JSONCoding

/// Fills the vector service with a million vectors and measures it meanwhile and afterwards.
struct MillionBench {
    private static let count = 1_000_000

    let bench: Workbench

    /// Measures everything, once: it takes a quarter of an hour.
    func run() async throws -> BenchReport {
        _ = try LoadGenerator.find()
        return try await bench.withFolder { folder in
            bench.say("making \(Self.count) vectors")
            let data = VectorData(count: Self.count)
            return try await MeasuredServer.apus(bench, data: folder).whileRunning {
                try await measure($0, data, folder)
            }
        }
    }

    private func measure(_ server: MeasuredServer, _ data: VectorData, _ folder: String) async throws -> BenchReport {
        let collection = try await server.make("million")
        var rates: [Double] = []
        let part = Self.count / 10
        for start in stride(from: 0, to: Self.count, by: part) {
            bench.say("adding \(start) to \(start + part)" + (rates.last.map { ", last \(Int($0))/s" } ?? ""))
            var time = 0.0
            for batch in stride(from: start, to: start + part, by: 500) {
                let body = VectorBench.addBody(data, batch..<batch + 500, documents: false)
                time += try await server.post(collection + "/add", body).milliseconds
            }
            rates.append(Double(part) / time * 1000)
        }
        bench.say("waiting for the index")
        try await server.settle(collection)
        bench.say("asking")
        let queries = data.queries(100)
        let bodies = queries.map { VectorBench.queryBody($0, filter: nil) }
        var found = 0
        for (query, body) in zip(queries, bodies).prefix(30) {
            let answer = try JSONParser.parse(try await server.post(collection + "/query", body).answer)
            let ids = Set(answer["ids"]?[0]?.array?.compactMap(\.string) ?? [])
            found += data.nearest(query, 10, where: { _ in true }).count { ids.contains("id\($0)") }
        }
        let load = try LoadGenerator(bodies: bodies, directory: folder, name: "query")
        let alone = try await load.run(collection + "/query", connections: 1, seconds: 10)
        var report = BenchReport()
        let (first, last) = (rates.first ?? 0, rates.last ?? 0)
        report.add("ingest, the last 100,000", last, "/s", atLeast: first / 2)
        report.add("query, one client, p50", alone.p50, "ms", atMost: 3)
        report.add("query, one client, p99", alone.p99, "ms", atMost: 10)
        report.add("recall@10 of 30 queries", Double(found) / 300, "", atLeast: 0.9)
        report.add("resident memory, vectors mapped", server.residentMegabytes, "MB", atMost: 2500)
        report.remark = "ingest, the first 100,000: \(TextTable.number(first)) /s\n"
        return report
    }
}
