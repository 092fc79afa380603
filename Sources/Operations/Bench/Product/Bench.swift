import CLinux
import ChildProcess
import FoundationEssentials
import Glibc
import HTTPClient
import HTTPMessages
import HTTPServing
import JSONCoding
public import ProductStack

/// Measures the product's speed and size on this machine and prints them next to their bars.
public struct Bench: Sendable {
    private let layout: ProductLayout
    private let documents: String

    /// - Parameter documents: Folder with the PDFs and `questions.jsonl`.
    public init(layout: ProductLayout, documents: String) {
        self.layout = layout
        self.documents = documents
    }

    /// Measures everything; `progress` gets a line before each step.
    ///
    /// - Returns: The table.
    public func run(_ progress: @Sendable (String) -> Void) async throws -> String {
        let files = try FileManager.default.contentsOfDirectory(atPath: documents).filter { $0.hasSuffix(".pdf") }
            .sorted()
        let questions = try readQuestions()
        guard !files.isEmpty, !questions.isEmpty else {
            throw BenchError("\(documents) has no PDFs or no questions.jsonl")
        }
        let data = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        chmod(data, 0o755)
        defer { try? FileManager.default.removeItem(atPath: data) }
        let model = try BenchModel.start()
        var report = BenchReport()
        progress("starting a handler by itself")
        report.atMost("handler: spawn to first answer", 20, try await handlerStart(), unit: "ms")
        progress("starting a stack of its own")
        let modelURL = "http://127.0.0.1:\(model.port)/v1"
        var stack = try await RunningStack(layout: layout, data: data, modelURL: modelURL)
        do {
            try await measure(stack, files.map { documents + "/" + $0 }, questions, &report, progress)
            progress("starting again")
            await stack.stop()
            stack = try await RunningStack(layout: layout, data: data, modelURL: modelURL)
            report.atMost("second start to page usable", 5000, stack.startMilliseconds, unit: "ms")
            await stack.stop()
        } catch {
            await stack.stop()
            throw error
        }
        await model.shutDown()
        return report.table
    }

    private func measure(
        _ stack: RunningStack, _ paths: [String], _ questions: [String], _ report: inout BenchReport,
        _ progress: @Sendable (String) -> Void
    ) async throws {
        try await Task.sleep(for: .seconds(1))
        let idle = stack.residentBytes()
        progress("embedding")
        let (rate, precision) = try await embeddingRate(stack)
        report.atLeast(
            "embedding, 32 texts of 200 words (\(precision))", precision == "bf16" ? 110 : 61, rate, unit: "texts/s")
        progress("indexing \(paths.count) documents")
        report.atMost("\(paths.count) PDFs from drop to ready", 25, try await stack.ingest(paths) / 1000, unit: "s")
        let indexed = stack.residentBytes()
        progress("asking")
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
        report.atMost("question to its passages, p50", 12, sources.quantile(0.5), unit: "ms")
        report.atMost("question to its passages, p95", 20, sources.quantile(0.95), unit: "ms")
        report.atMost("question to complete extractive answer, p50", 40, answers.quantile(0.5), unit: "ms")
        report.atMost("question to complete extractive answer, p95", 80, answers.quantile(0.95), unit: "ms")
        var first: [Double] = []
        for question in questions {
            first.append(try await stack.ask(question, model: "openai:bench")["delta"] ?? .infinity)
        }
        report.atMost("own share of time to first token, p95", 50, first.quantile(0.95), unit: "ms")
        progress("asking with 16 clients")
        report.atLeast("questions per second, 16 clients", 200, try await questionRate(stack, questions), unit: "/s")
        progress("1000 requests")
        for _ in 0..<1000 { _ = try await RunningStack.client.fetch(.init(.get, stack.page + "/api/history?limit=5")) }
        let after = stack.residentBytes()
        let handlers = ["chat", "upload", "history"]
        func megabytes(_ sizes: [UInt64]) -> Double { Double(sizes.reduce(0, +)) / 1_048_576 }
        report.atMost(
            "handler: resident idle (largest)", 25, handlers.map { megabytes([idle[$0] ?? 0]) }.max() ?? 0, unit: "MB")
        report.atMost(
            "handler: resident after 1000 requests (largest)", 40,
            ["chat", "history"].map { megabytes([after[$0] ?? 0]) }.max() ?? 0,
            unit: "MB")
        report.atMost("all programs, idle, model loaded", 250, megabytes(Array(idle.values)), unit: "MB")
        report.atMost("all programs after the documents", 400, megabytes(Array(indexed.values)), unit: "MB")
    }

    private func readQuestions() throws -> [String] {
        let bytes = Array(FileManager.default.contents(atPath: documents + "/questions.jsonl") ?? Data())
        return try bytes.split(separator: 10).compactMap { try JSONParser.parse(Array($0))["question"]?.string }
    }

    // MARK: - Single figures

    /// The median of several starts of the chat handler, to the first HTTP answer.
    private func handlerStart() async throws -> Double {
        var times: [Double] = []
        for _ in 0..<11 {
            let probe = apus_listen("127.0.0.1", 0, 1)
            let port = UInt16(clamping: apus_socket_port(probe))
            close(probe)
            var command = Subprocess.Command(layout.program("chat-function"))
            command.environment = [
                "FUNCTIONS_CUSTOMHANDLER_PORT": "\(port)", "APUS_LOG": "error",
                "APUS_DATABASE_URL": "host=/nonexistent",
                "APUS_COSMOS_ENDPOINT": "http://127.0.0.1:1", "APUS_COSMOS_KEY": "AAAA",
                "APUS_CHROMA_URL": "http://127.0.0.1:1",
                "APUS_EMBEDDINGS_URL": "http://127.0.0.1:1/v1",
            ]
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            let started = ContinuousClock.now
            let process = try Subprocess(command, standardInput: null, standardOutput: null, standardError: null)
            while (try? await RunningStack.client.fetch(.init(.get, "http://127.0.0.1:\(port)/")).status) != .ok {
                guard ContinuousClock.now - started < .seconds(10) else {
                    throw BenchError("the handler does not answer")
                }
                usleep(200)
            }
            times.append(milliseconds(ContinuousClock.now - started))
            process.signal(SIGKILL)
            _ = await process.wait()
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
            .post, "http://127.0.0.1:\(stack.ports.vectors)/v1/embeddings",
            fields: ["Content-Type": "application/json"],
            body: .bytes(body.encoded))
        var times: [Double] = []
        var precision = ""
        for round in 0..<9 {
            let started = ContinuousClock.now
            let answer = try await RunningStack.client.fetch(request)
            guard answer.status == .ok else { throw BenchError("embedding was answered \(answer.status.rawValue)") }
            precision = answer.fields["x-apus-precision"] ?? ""
            if round > 0 { times.append(milliseconds(ContinuousClock.now - started)) }
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
        return Double(count) / (milliseconds(ContinuousClock.now - started) / 1000)
    }
}
