import FoundationEssentials
import Glibc
import JSONCoding
public import ProductStack

/// Fills the vector service with a million vectors and measures it meanwhile and afterwards.
public struct MillionBench: Sendable {
    private let layout: ProductLayout
    private static let count = 1_000_000

    /// Measures the programs of a layout.
    public init(layout: ProductLayout) { self.layout = layout }

    /// Measures; `progress` gets a line before each step.
    ///
    /// - Returns: The table.
    public func run(_ progress: @Sendable (String) -> Void) async throws -> String {
        let folder = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        progress("making 1000000 vectors")
        let data = VectorData(count: Self.count)
        let port = try RunningStack.freePorts(1)
        let server = try await MeasuredServer(
            "apus", path: layout.program("vm-server"),
            arguments: ["--vectors-only", "--no-embeddings", "--data", folder, "--vectors-port", "\(port)"],
            port: port, data: folder)
        do {
            let table = try await measure(server, data, folder, progress)
            await server.stop()
            return table
        } catch {
            await server.stop()
            throw error
        }
    }

    private func measure(
        _ server: MeasuredServer, _ data: VectorData, _ folder: String, _ progress: @Sendable (String) -> Void
    ) async throws -> String {
        let collection = try await server.make("million")
        var rates: [Double] = []
        let part = Self.count / 10
        for start in stride(from: 0, to: Self.count, by: part) {
            progress("adding \(start) to \(start + part)" + (rates.last.map { ", last \(Int($0))/s" } ?? ""))
            var time = 0.0
            for batch in stride(from: start, to: start + part, by: 500) {
                let body = VectorBench.addBody(data, batch..<batch + 500, documents: false)
                time += try await server.post(collection + "/add", body).milliseconds
            }
            rates.append(Double(part) / time * 1000)
        }
        progress("waiting for the index")
        try await server.settle(collection)
        progress("asking")
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
        report.atLeast("ingest, the first 100,000", 0, first, unit: "/s")
        report.atLeast("ingest, the last 100,000", first / 2, last, unit: "/s")
        report.atMost("query, one client, p50", 3, alone.p50, unit: "ms")
        report.atMost("query, one client, p99", 10, alone.p99, unit: "ms")
        report.atLeast("recall@10 of 30 queries, per cent", 90, Double(found) / 3, unit: "%")
        report.atMost("resident memory, vectors mapped", 2500, server.residentMegabytes, unit: "MB")
        return report.table
    }
}
