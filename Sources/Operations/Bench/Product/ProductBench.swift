import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
import ProductStack

/// Measures the whole product's speed and size on this machine.
struct ProductBench {
    let bench: Workbench
    /// Folder with documents; `questions.jsonl` lies in it or beside it.
    let documents: String

    private static let types = [".pdf", ".docx", ".xlsx", ".html", ".md", ".txt"]

    /// Measures everything.
    func run() async throws -> BenchReport {
        let files = try FileManager.default.contentsOfDirectory(atPath: documents).filter { name in
            Self.types.contains { name.hasSuffix($0) } && !SampleLibrary.scans.contains(name)
        }.sorted()
        let questions = try readQuestions()
        guard !files.isEmpty, !questions.isEmpty else {
            throw BenchError("\(documents) has no documents or no questions.jsonl")
        }
        let model = try BenchModel.start()
        let modelURL = "http://127.0.0.1:\(model.port)/v1"
        var report = BenchReport()
        try await bench.withFolder { data in
            bench.say("starting a handler by itself")
            report.add("handler: spawn to first answer", try await handlerStart(data), "ms", atMost: 20)
            bench.say("starting a stack of its own")
            try await RunningStack(bench, data: data, modelURL: modelURL).whileRunning {
                try await measure($0, files.map { documents + "/" + $0 }, questions, &report)
            }
            bench.say("starting again")
            try await RunningStack(bench, data: data, modelURL: modelURL).whileRunning {
                report.add("second start to page usable", $0.startMilliseconds, "ms", atMost: 5000)
            }
        }
        await model.shutDown()
        return report
    }

    private func measure(
        _ stack: RunningStack, _ paths: [String], _ questions: [String], _ report: inout BenchReport
    ) async throws {
        try await Task.sleep(for: .seconds(1))
        let idle = stack.residentBytes()
        bench.say("embedding")
        let (rate, precision) = try await embeddingRate(stack)
        report.add(
            "embedding, 32 texts of 200 words (\(precision))", rate, "texts/s", atLeast: precision == "bf16" ? 110 : 61)
        bench.say("indexing \(paths.count) documents")
        report.add("\(paths.count) documents from drop to ready", try await stack.ingest(paths) / 1000, "s", atMost: 25)
        let indexed = stack.residentBytes()
        bench.say("asking")
        var sources: [Double] = []
        var answers: [Double] = []
        for question in (questions + questions).prefix(10) { _ = try await stack.ask(question, model: "extractive") }
        for round in 0..<4 {
            for question in questions {
                let times = try await stack.ask(question + String(repeating: " ", count: round), model: "extractive")
                sources.append(times["sources"] ?? .infinity)
                answers.append(times["done"] ?? .infinity)
            }
        }
        report.add("question to its passages, p50", sources.quantile(0.5), "ms", atMost: 12)
        report.add("question to its passages, p95", sources.quantile(0.95), "ms", atMost: 20)
        report.add("question to complete extractive answer, p50", answers.quantile(0.5), "ms", atMost: 40)
        report.add("question to complete extractive answer, p95", answers.quantile(0.95), "ms", atMost: 80)
        var first: [Double] = []
        for question in questions {
            first.append(try await stack.ask(question, model: "openai:bench")["delta"] ?? .infinity)
        }
        report.add("own share of time to first token, p95", first.quantile(0.95), "ms", atMost: 50)
        bench.say("asking with 16 clients")
        report.add("questions per second, 16 clients", try await questionRate(stack, questions), "/s", atLeast: 200)
        bench.say("1000 requests")
        for _ in 0..<1000 { _ = try await RunningStack.client.fetch(.init(.get, stack.page + "/api/history?limit=5")) }
        let after = stack.residentBytes()
        report.add(
            "handler: resident idle (largest)", try Self.largest(ProductLayout.apps, of: idle), "MB",
            atMost: 25)
        report.add(
            "handler: resident after 1000 requests (largest)", try Self.largest(["chat", "history"], of: after), "MB",
            atMost: 40)
        report.add("all programs, idle, model loaded", Self.megabytes(idle.values.reduce(0, +)), "MB", atMost: 250)
        report.add("all programs after the documents", Self.megabytes(indexed.values.reduce(0, +)), "MB", atMost: 400)
    }

    private static func megabytes(_ bytes: UInt64) -> Double { Double(bytes) / 1_048_576 }

    private static func largest(_ apps: [String], of sizes: [String: UInt64]) throws -> Double {
        let known = apps.compactMap { sizes[$0] }
        guard known.count == apps.count, let most = known.max() else {
            throw BenchError("not every handler runs: \(apps.joined(separator: ", "))")
        }
        return megabytes(most)
    }

    private func readQuestions() throws -> [String] {
        let places = ["/questions.jsonl", "/../questions.jsonl"].map { documents + $0 }
        let bytes = Array(places.lazy.compactMap { FileManager.default.contents(atPath: $0) }.first ?? Data())
        return try bytes.split(separator: 10).compactMap { try JSONParser.parse(Array($0))["question"]?.string }
    }

    // MARK: - Single figures

    /// The median of several starts of the chat handler, to the first HTTP answer.
    private func handlerStart(_ folder: String) async throws -> Double {
        var times: [Double] = []
        for _ in 0..<11 {
            let port = try bench.freePorts(1)
            let handler = try BackgroundProgram(
                "handler", bench.program("chat-function"), [],
                [
                    "FUNCTIONS_CUSTOMHANDLER_PORT": "\(port)", "APUS_LOG": "error",
                    "APUS_DATABASE_URL": "host=/nonexistent", "APUS_COSMOS_ENDPOINT": "http://127.0.0.1:1",
                    "APUS_COSMOS_KEY": "AAAA", "APUS_CHROMA_URL": "http://127.0.0.1:1",
                    "APUS_EMBEDDINGS_URL": "http://127.0.0.1:1/v1",
                ], in: folder)
            try await handler.whileRunning {
                times.append(
                    try await $0.ready(within: .seconds(10), every: 200) {
                        await RunningStack.isWell("http://127.0.0.1:\(port)/")
                    })
            }
        }
        return times.quantile(0.5)
    }

    private func embeddingRate(_ stack: RunningStack) async throws -> (rate: Double, precision: String) {
        let words =
            "the plan covers care from network providers and members pay their share of costs for each visit while "
            + "preventive services are free when used as directed by a doctor or nurse in good standing with the company"
        let list = words.split(separator: " ").map(String.init)
        let texts = (0..<32).map { text in
            (0..<200).map { list[($0 &* 7 &+ text &* 13) % list.count] }.joined(separator: " ")
        }
        let body: JSONValue = ["model": "all-MiniLM-L6-v2", "input": .strings(texts), "encoding_format": "base64"]
        let request = HTTPSession.Request(
            .post, "http://127.0.0.1:\(stack.vectorsPort)/v1/embeddings",
            fields: ["Content-Type": "application/json"],
            body: .bytes(body.encoded))
        var times: [Double] = []
        var precision = ""
        for round in 0..<9 {
            let started = ContinuousClock.now
            let answer = try await RunningStack.client.fetch(request)
            guard answer.status == .ok else { throw BenchError("embedding was answered \(answer.status.rawValue)") }
            precision = answer.fields["x-apus-precision"] ?? ""
            if round > 0 { times.append(started.millisecondsAgo) }
        }
        return (32_000 / times.quantile(0.5), precision)
    }

    private func questionRate(_ stack: RunningStack, _ questions: [String]) async throws -> Double {
        let end = ContinuousClock.now + .seconds(5)
        let started = ContinuousClock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<16 {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        _ = try await stack.ask(
                            questions[(client &* 7 &+ count) % questions.count], model: "extractive")
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / (started.millisecondsAgo / 1000)
    }
}
