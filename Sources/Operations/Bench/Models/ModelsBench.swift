import Glibc
import HTTPClient
import HTTPMessages
import JSONCoding

/// Measures what one chat process does to tokens on their way from a model to callers. The model is a server in C that sends
/// five tokens a second to each stream, each with the time at which it was sent.
struct ModelsBench {
    private static let seconds = 8
    private static let fewStreams = 200
    private static let manyStreams = 2000
    private static let failures = 20

    let bench: Workbench

    /// Measures everything.
    func run() async throws -> BenchReport {
        try await bench.withFolder { folder in
            let port = try bench.freePorts(1)
            let model = try BackgroundProgram(
                "model", bench.program("bench-handler"), [], ["FUNCTIONS_CUSTOMHANDLER_PORT": "\(port)"],
                in: folder)
            return try await model.whileRunning { _ in
                bench.say("starting the stores")
                let stack = try await RunningStack(bench, data: folder, modelURL: "http://127.0.0.1:\(port)/v1")
                return try await stack.whileRunning { stack in
                    report(try await bench.samples { _ in try await measure(stack, port, folder) })
                }
            }
        }
    }

    private func report(_ samples: Samples) -> BenchReport {
        var report = BenchReport()
        report.add("200 streams: added to a token, p50", samples.median("p50"), "ms", atMost: 0.3)
        report.add("200 streams: added to a token, p99", samples.median("p99"), "ms", atMost: 5)
        report.add("2,000 streams: tokens passed on", samples.median("rate"), "/s", atLeast: 10_000 * 0.99)
        report.add("2,000 streams: memory of the chat process", samples.median("memory"), "MB", atMost: 200)
        report.add(
            "2,000 answers at the process's end: last request to the model ends", samples.median("cancel"), "ms",
            atMost: 1000)
        report.add("fail-over: added by a model that answers 503", samples.median("failover"), "ms", atMost: 50)
        report.remark = "2,000 streams: added to a token, p95 \(TextTable.number(samples.median("p95"))) ms\n"
        return report
    }

    private func measure(_ stack: RunningStack, _ modelPort: UInt16, _ folder: String) async throws -> [String: Double]
    {
        // Answers go on when their callers leave: each measurement has a process of its own.
        let few = try await with(stack, modelPort, folder, measureFew)
        return few.merging(try await with(stack, modelPort, folder, measureMany)) { $1 }
    }

    private func with(
        _ stack: RunningStack, _ modelPort: UInt16, _ folder: String,
        _ measure: (BackgroundProgram, UInt16, String) async throws -> [String: Double]
    ) async throws -> [String: Double] {
        let port = try bench.freePorts(1)
        let base = "http://127.0.0.1:\(modelPort)"
        var environment = try stack.environment(of: "chat")
        let pairs = (1...Self.failures).flatMap { ["groq:f\($0)", "mistral:s\($0)"] }
        environment.merge([
            "FUNCTIONS_CUSTOMHANDLER_PORT": "\(port)", "APUS_ANSWER_CACHE": "0", "APUS_LOG": "error",
            "APUS_MODELS": (["openai:bench"] + pairs).joined(separator: ","), "OPENAI_BASE_URL": base + "/v1",
            "GROQ_BASE_URL": base + "/fail", "MISTRAL_BASE_URL": base + "/short",
        ]) { $1 }
        let handler = try BackgroundProgram(
            "chat", bench.stagedApp("chat") + "/handler", [], environment, in: folder)
        return try await handler.whileRunning { handler in
            try await handler.ready(within: .seconds(20), every: 5000) {
                await RunningStack.isWell("http://127.0.0.1:\(port)/api/health")
            }
            return try await measure(handler, port, base)
        }
    }

    private func measureFew(
        _ handler: BackgroundProgram, _ port: UInt16, _ model: String
    ) async throws -> [String: Double] {
        var values = ["failover": try await failOver(port)]
        bench.say("\(Self.fewStreams) streams")
        let few = try await streams(port, Self.fewStreams)
        values["p50"] = few.p50
        values["p99"] = few.p99
        return values
    }

    private func measureMany(
        _ handler: BackgroundProgram, _ port: UInt16, _ model: String
    ) async throws -> [String: Double] {
        var values: [String: Double] = [:]
        bench.say("\(Self.manyStreams) streams")
        async let many = streams(port, Self.manyStreams)
        var memory = 0.0
        let deadline = ContinuousClock.now + .seconds(120)
        while try await openStreams(model) < Self.manyStreams {
            guard ContinuousClock.now < deadline else { throw BenchError("the streams do not begin") }
            try await Task.sleep(for: .milliseconds(100))
        }
        for _ in 0..<(Self.seconds - 2) {
            try await Task.sleep(for: .seconds(1))
            memory = max(memory, handler.residentMegabytes)
        }
        let result = try await many
        let left = ContinuousClock.now
        async let ended: Void = handler.stop()
        while try await openStreams(model) > 0, left.millisecondsAgo < 30_000 { usleep(2000) }
        values["cancel"] = left.millisecondsAgo
        await ended
        values["memory"] = memory
        values["rate"] = result.events / Double(Self.seconds)
        values["p95"] = result.p95
        return values
    }

    private func streams(_ port: UInt16, _ count: Int) async throws -> StreamReader {
        try await StreamReader.read(bench, port: port, streams: count, seconds: Self.seconds, chat: true)
    }

    private func openStreams(_ base: String) async throws -> Int {
        let answer = try await RunningStack.client.fetch(.init(.get, base + "/streams"))
        return Int(String(decoding: answer.body, as: UTF8.self)) ?? 0
    }

    /// How much longer an answer takes when the first model refuses. Each model fails once, before anybody leaves it alone.
    private func failOver(_ port: UInt16) async throws -> Double {
        bench.say("fail-over")
        func ask(_ model: String) async throws -> Double {
            let body: JSONValue = ["model": .string(model), "messages": [["role": "user", "content": "Hello"]]]
            let started = ContinuousClock.now
            let answer = try await RunningStack.client.fetch(
                .init(
                    .post, "http://127.0.0.1:\(port)/v1/chat/completions", fields: ["Content-Type": "application/json"],
                    body: .bytes(body.encoded)))
            guard answer.status == .ok else { throw BenchError("an answer failed with \(answer.status.rawValue)") }
            return started.millisecondsAgo
        }
        var added: [Double] = []
        for number in 1...Self.failures {
            let direct = try await ask("mistral:s\(number)")
            added.append(try await ask("groq:f\(number)") - direct)
        }
        return max(added.quantile(0.5), 0)
    }
}
