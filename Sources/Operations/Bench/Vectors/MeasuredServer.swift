import HTTPClient
import HTTPMessages
import JSONCoding

/// A vector service being measured: ours or Chroma's own.
final class MeasuredServer: Sendable {
    let name: String
    private let program: BackgroundProgram
    private let port: UInt16

    private static let client = HTTPSession(maximumConnections: 4)
    private static let json: HTTPFields = ["Content-Type": "application/json"]

    init(_ name: String, path: String, arguments: [String], port: UInt16, data: String) async throws {
        self.name = name
        self.port = port
        program = try BackgroundProgram(
            "log", path, arguments, ["APUS_LOG": "warning"], in: data, grace: .seconds(60))
        do {
            try await program.ready(within: .seconds(90), every: 500) {
                (try? await Self.client.fetch(.init(.get, "http://127.0.0.1:\(port)/api/v2/heartbeat")).status) == .ok
            }
        } catch {
            await program.stop()
            throw error
        }
    }

    /// Our own vector service, without the rest of the virtual machine's program.
    static func apus(_ bench: Workbench, data: String) async throws -> MeasuredServer {
        let port = try bench.freePorts(1)
        return try await MeasuredServer(
            "apus", path: bench.program("vm-server"),
            arguments: ["--vectors-only", "--no-embeddings", "--data", data, "--vectors-port", "\(port)"], port: port,
            data: data)
    }

    /// Does the body's work with the server, and stops the server however the work ends.
    func whileRunning<Result>(_ body: (MeasuredServer) async throws -> Result) async throws -> Result {
        try await program.whileRunning { _ in try await body(self) }
    }

    var residentMegabytes: Double { program.residentMegabytes }

    var collections: String {
        "http://127.0.0.1:\(port)/api/v2/tenants/default_tenant/databases/default_database/collections"
    }

    /// Makes a collection with the default configuration; returns its URL.
    func make(_ name: String) async throws -> String {
        let body = JSONValue.object(["name": .string(name), "get_or_create": true]).encoded
        let (status, _, answer) = try await Self.client.fetch(
            .init(.post, collections, fields: Self.json, body: .bytes(body)))
        guard status == .ok, let id = try JSONParser.parse(answer)["id"]?.string else {
            throw BenchError("\(self.name): cannot make a collection: \(status.rawValue)")
        }
        return collections + "/" + id
    }

    func remove(_ collection: String, _ name: String) async throws {
        _ = try await Self.client.fetch(.init(.delete, collections + "/" + name))
    }

    /// Sends a body and returns the time and the answer.
    @discardableResult
    func post(_ url: String, _ body: [UInt8]) async throws -> (milliseconds: Double, answer: [UInt8]) {
        let started = ContinuousClock.now
        let (status, _, answer) = try await Self.client.fetch(
            .init(.post, url, fields: Self.json, body: .bytes(body)))
        guard status.isSuccess else {
            throw BenchError("\(name): \(status.rawValue) \(String(decoding: answer.prefix(300), as: UTF8.self))")
        }
        return (started.millisecondsAgo, answer)
    }

    /// Waits until the index has everything; a server that does not tell has it at once.
    func settle(_ collection: String) async throws {
        for _ in 0..<6000 {
            let (status, _, answer) = try await Self.client.fetch(.init(.get, collection + "/indexing_status"))
            guard status == .ok, let waiting = try JSONParser.parse(answer)["num_unindexed_ops"]?.int, waiting > 0
            else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        // Checkpoints and tidying belong to nobody's latency.
        try await Task.sleep(for: .seconds(3))
    }
}
