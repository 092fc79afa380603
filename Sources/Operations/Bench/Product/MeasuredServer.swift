import CLinux
import ChildProcess
import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
import JSONCoding
import ProductStack

/// A vector service being measured: ours or Chroma's own.
final class MeasuredServer: Sendable {
    let name: String
    private let process: Subprocess
    private let port: UInt16

    private static let client = HTTPSession(maximumConnections: 4)
    private static let json: HTTPFields = ["Content-Type": "application/json"]

    init(_ name: String, path: String, arguments: [String], port: UInt16, data: String) async throws {
        self.name = name
        self.port = port
        var command = Subprocess.Command(path, arguments)
        command.environment = ["PATH": "/usr/bin:/bin", "HOME": data, "APUS_LOG": "warning"]
        command.directory = data
        let log = open(data + "/log.txt", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        let started = ContinuousClock.now
        process = try Subprocess(command, standardInput: null, standardOutput: log, standardError: log)
        while (try? await Self.client.fetch(.init(.get, "http://127.0.0.1:\(port)/api/v2/heartbeat")).status) != .ok {
            guard process.isRunning, ContinuousClock.now - started < .seconds(90) else {
                throw BenchError("\(name) did not start; \(data)/log.txt says why")
            }
            usleep(500)
        }
    }

    func stop() async { await process.stop(grace: .seconds(60)) }

    /// Resident megabytes.
    var residentMegabytes: Double { Double(apus_resident_bytes(process.id)) / 1_048_576 }

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
        return (milliseconds(ContinuousClock.now - started), answer)
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
