import CLinux
import FoundationEssentials
import HTTPClient
import HTTPMessages
import JSONCoding
import Models
import ProductStack

/// A stack of its own for measuring: `apus up` as a child, with its own ports and data folder.
final class RunningStack: Sendable {
    private let ports: StackPorts
    private let program: BackgroundProgram
    /// From the start to the first healthy answer.
    let startMilliseconds: Double

    static let client = HTTPSession(maximumConnections: 64)

    /// Whether an address answers that all is well.
    static func isWell(_ url: String) async -> Bool { (try? await client.fetch(.init(.get, url)).status) == .ok }

    init(_ bench: Workbench, data: String, modelURL: String) async throws {
        let base = try bench.freePorts(StackPorts.count)
        ports = StackPorts(page: base, base: base + 1)
        program = try BackgroundProgram(
            "log", bench.program("apus"),
            ["up", "--data", data, "--port", "\(base)", "--base-port", "\(base + 1)"],
            [
                "APUS_MODELS": "extractive,openai:bench", "OPENAI_BASE_URL": modelURL, "APUS_LOG": "warning",
                "APUS_ANSWER_CACHE": "0",
            ], in: data, grace: .seconds(30))
        do {
            startMilliseconds = try await program.ready(within: .seconds(90), every: 10_000) {
                await Self.isWell("http://127.0.0.1:\(base)/health")
            }
        } catch {
            await program.stop()
            throw error
        }
    }

    var page: String { "http://127.0.0.1:\(ports.page)" }

    var vectorsPort: UInt16 { ports.vectors }

    /// Does the body's work with the stack, and stops the stack however the work ends.
    func whileRunning<Result>(_ body: (RunningStack) async throws -> Result) async throws -> Result {
        try await program.whileRunning { _ in try await body(self) }
    }

    /// Resident bytes of the stack's own programs by name, PostgreSQL aside.
    func residentBytes() -> [String: UInt64] {
        programs().reduce(into: [:]) { $0[$1.name, default: 0] += apus_resident_bytes($1.id) }
    }

    /// The environment that the stack gave to an app's handler.
    func environment(of app: String) throws -> [String: String] {
        guard let id = programs().first(where: { $0.name == app })?.id,
            let data = FileManager.default.contents(atPath: "/proc/\(id)/environ")
        else { throw BenchError("there is no handler of \(app)") }
        return data.split(separator: 0).reduce(into: [:]) { environment, entry in
            let pair = String(decoding: entry, as: UTF8.self).split(separator: "=", maxSplits: 1)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
        }
    }

    private func programs() -> [(name: String, id: Int32)] {
        var parents: [Int32: Int32] = [:]
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(entry), let data = FileManager.default.contents(atPath: "/proc/\(entry)/stat"),
                let end = data.lastIndex(of: UInt8(ascii: ")"))
            else { continue }
            let fields = String(decoding: data[end...], as: UTF8.self).split(separator: " ")
            if fields.count > 2 { parents[id] = Int32(fields[2]) }
        }
        var result: [(name: String, id: Int32)] = []
        for id in parents.keys where descends(id, parents) {
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe") else {
                continue
            }
            let parts = path.split(separator: "/").map(String.init)
            guard let last = parts.last, last != "postgres" else { continue }
            let name = last == "handler" && parts.count > 1 ? parts[parts.count - 2] : last
            result.append((name, id))
        }
        return result
    }

    private func descends(_ id: Int32, _ parents: [Int32: Int32]) -> Bool {
        var current = id
        for _ in 0..<10 {
            if current == program.id { return true }
            guard let parent = parents[current] else { return false }
            current = parent
        }
        return false
    }

    // MARK: - Calls

    /// One question; times in milliseconds from sending to each event's first arrival.
    func ask(_ question: String, model: String) async throws -> [String: Double] {
        let body: JSONValue = ["message": .string(question), "model": .string(model)]
        let request = HTTPSession.Request(
            .post, page + "/api/chat", fields: ["Content-Type": "application/json", "Accept": "text/event-stream"],
            body: .bytes(body.encoded))
        let started = ContinuousClock.now
        let response = try await Self.client.send(request)
        guard response.status == .ok else { throw BenchError("a question was answered \(response.status.rawValue)") }
        var parser = ServerSentEventParser()
        var times: [String: Double] = [:]
        while let piece = try await response.body.next() {
            for event in try parser.feed(piece) where times[event.name] == nil {
                times[event.name] = started.millisecondsAgo
            }
        }
        return times
    }

    /// Uploads files together; returns the milliseconds until all are ready.
    func ingest(_ paths: [String]) async throws -> Double {
        let started = ContinuousClock.now
        let running = RunningPage(url: page, client: Self.client)
        var ids: [String] = []
        for path in paths { ids.append(try await running.upload(path).id) }
        try await running.waitUntilReady(ids, within: .seconds(600))
        return started.millisecondsAgo
    }
}
