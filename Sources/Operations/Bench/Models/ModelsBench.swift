import CLinux
import ChildProcess
import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
import JSONCoding
public import ProductStack

/// Measures what one chat process does to tokens on their way from a model to callers. The model is a server in C that sends
/// five tokens a second to each stream, each with the time at which it was sent.
public struct ModelsBench: Sendable {
    private static let seconds = 8
    private static let fewStreams = 200
    private static let manyStreams = 2000
    private static let failures = 20

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
        let folder = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try RunningStack.freePorts(1)
        let model = try BackgroundProgram(
            layout.program("bench-handler"), [], ["FUNCTIONS_CUSTOMHANDLER_PORT": "\(port)"], log: folder + "/model.txt"
        )
        progress("starting the stores")
        let stack = try await RunningStack(layout: layout, data: folder, modelURL: "http://127.0.0.1:\(port)/v1")
        var values: [String: [Double]] = [:]
        do {
            for run in 1...runs {
                progress("run \(run) of \(runs)")
                for (name, value) in try await measure(stack, port, folder, progress) {
                    values[name, default: []].append(value)
                }
            }
        } catch {
            await stack.stop()
            await model.stop()
            throw error
        }
        await stack.stop()
        await model.stop()
        return table(values.mapValues { $0.quantile(0.5) })
    }

    private func table(_ values: [String: Double]) -> String {
        var report = BarReport()
        func value(_ name: String) -> Double { values[name] ?? .nan }
        report.add("200 streams: added to a token, p50", value("p50"), "ms", 0.3, isRate: false)
        report.add("200 streams: added to a token, p99", value("p99"), "ms", 5, isRate: false)
        report.add("2,000 streams: tokens passed on", value("rate"), "/s", 10_000 * 0.99, isRate: true)
        report.add("2,000 streams: memory of the chat process", value("memory"), "MB", 200, isRate: false)
        report.add("2,000 callers leave: last request to the model ends", value("cancel"), "ms", 1000, isRate: false)
        report.add("fail-over: added by a model that answers 503", value("failover"), "ms", 50, isRate: false)
        return report.table + "2,000 streams: added to a token, p95 \(TextTable.number(value("p95"))) ms\n"
    }

    private func measure(
        _ stack: RunningStack, _ modelPort: UInt16, _ folder: String, _ progress: @Sendable (String) -> Void
    ) async throws -> [(String, Double)] {
        let port = try RunningStack.freePorts(1)
        let base = "http://127.0.0.1:\(modelPort)"
        var environment = try stack.environment(of: "chat")
        let pairs = (1...Self.failures).flatMap { ["groq:f\($0)", "mistral:s\($0)"] }
        environment.merge([
            "FUNCTIONS_CUSTOMHANDLER_PORT": "\(port)", "APUS_ANSWER_CACHE": "0", "APUS_LOG": "error",
            "APUS_MODELS": (["openai:bench"] + pairs).joined(separator: ","), "OPENAI_BASE_URL": base + "/v1",
            "GROQ_BASE_URL": base + "/fail", "MISTRAL_BASE_URL": base + "/short",
        ]) { $1 }
        let handler = try BackgroundProgram(
            layout.stagedApp("chat") + "/handler", [], environment, log: folder + "/chat.txt")
        do {
            let health = "http://127.0.0.1:\(port)/api/health"
            while (try? await RunningStack.client.fetch(.init(.get, health)).status) != .ok {
                guard handler.isRunning else { throw BenchError("the chat handler did not start") }
                usleep(5000)
            }
            var values = [("failover", try await failOver(port, progress))]
            progress("\(Self.fewStreams) streams")
            let few = try await streams(port, Self.fewStreams)
            values += ["p50", "p99"].map { ($0, few[$0]?.double ?? .nan) }
            progress("\(Self.manyStreams) streams")
            async let many = streams(port, Self.manyStreams)
            var memory = 0.0
            let deadline = ContinuousClock.now + .seconds(120)
            while try await openStreams(base) < Self.manyStreams {
                guard ContinuousClock.now < deadline else { throw BenchError("the streams do not begin") }
                try await Task.sleep(for: .milliseconds(100))
            }
            for _ in 0..<(Self.seconds - 2) {
                try await Task.sleep(for: .seconds(1))
                memory = max(memory, Double(apus_resident_bytes(handler.id)) / 1_048_576)
            }
            let result = try await many
            let left = ContinuousClock.now
            while try await openStreams(base) > 0, ContinuousClock.now - left < .seconds(30) { usleep(2000) }
            values += [
                ("cancel", milliseconds(ContinuousClock.now - left)), ("memory", memory),
                ("rate", (result["events"]?.double ?? 0) / Double(Self.seconds)),
                ("p95", result["p95"]?.double ?? .nan),
            ]
            await handler.stop()
            return values
        } catch {
            await handler.stop()
            throw error
        }
    }

    private func streams(_ port: UInt16, _ count: Int) async throws -> JSONValue {
        let text = try await CommandOutput.read(
            layout.program("bench-handler"), ["streams", "\(port)", "\(count)", "\(Self.seconds)", "chat"])
        return try JSONParser.parse(text)
    }

    private func openStreams(_ base: String) async throws -> Int {
        let answer = try await RunningStack.client.fetch(.init(.get, base + "/streams"))
        return Int(String(decoding: answer.body, as: UTF8.self)) ?? 0
    }

    /// How much longer an answer takes when the first model refuses. Each model fails once, before anybody leaves it alone.
    private func failOver(_ port: UInt16, _ progress: @Sendable (String) -> Void) async throws -> Double {
        progress("fail-over")
        func ask(_ model: String) async throws -> Double {
            let body: JSONValue = ["model": .string(model), "messages": [["role": "user", "content": "Hello"]]]
            let started = ContinuousClock.now
            let answer = try await RunningStack.client.fetch(
                .init(
                    .post, "http://127.0.0.1:\(port)/v1/chat/completions", fields: ["Content-Type": "application/json"],
                    body: .bytes(body.encoded)))
            guard answer.status == .ok else { throw BenchError("an answer failed with \(answer.status.rawValue)") }
            return milliseconds(ContinuousClock.now - started)
        }
        var added: [Double] = []
        for number in 1...Self.failures {
            let direct = try await ask("mistral:s\(number)")
            added.append(try await ask("groq:f\(number)") - direct)
        }
        return max(added.quantile(0.5), 0)
    }
}
