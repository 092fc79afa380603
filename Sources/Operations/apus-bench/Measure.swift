import Bench
import FoundationEssentials
import Glibc
import ProductStack
import ProgramSupport
import Telemetry

/// Measures what the command line asks for.
func measure(_ options: ProgramOptions) async throws {
    if options.words.first == "azure-client" {
        // A process of its own, so that its memory is the client's alone.
        guard options.words.count == 2 else { options.fail("azure-client needs an endpoint") }
        return writeAll("\(try await Benchmark.blobClientMemory(endpoint: options.words[1]))\n", to: STDOUT_FILENO)
    }
    let isCheck = options.flag("check")
    guard let benchmark = Benchmark(rawValue: options.words.first ?? Benchmark.product.rawValue),
        options.words.count <= 1
    else {
        let names = Benchmark.allCases.map(\.rawValue).joined(separator: ", ")
        options.fail("\(options.words.joined(separator: " ")) cannot be measured; there are \(names)")
    }
    if isCheck, !options.words.isEmpty || options.value("json") != nil {
        options.fail("--check measures all that it needs, and goes with --runs and --documents alone")
    }
    let layout = try ProductLayout()
    let documents = options.value("documents") ?? SampleLibrary(layout: layout).folder
    if isCheck || benchmark == .product, !FileManager.default.fileExists(atPath: documents) {
        options.fail("--documents has to name a folder with documents and questions.jsonl; \(documents) does not exist")
    }
    let bench = Workbench(layout: layout, runs: options.number("runs", default: isCheck ? 1 : 3, in: 1...20)) {
        writeAll("\($0) …\n", to: STDERR_FILENO)
    }
    guard isCheck else {
        let report = try await benchmark.run(on: bench, documents: documents)
        if let path = options.value("json") {
            try Data(report.encoded(of: benchmark)).write(to: URL(filePath: path))
        }
        return writeAll("\n\(report.text)\(Machine.description)\n", to: STDOUT_FILENO)
    }
    let check = try await ClaimCheck.run(on: bench, documents: documents)
    writeAll("\n\(check.text)\(Machine.description)\n", to: STDOUT_FILENO)
    if !check.isPassed { exit(EXIT_FAILURE) }
}
