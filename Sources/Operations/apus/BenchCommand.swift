import Bench
import FoundationEssentials
import Glibc
import ProductStack
import ProgramSupport
import Telemetry

/// Measures this machine's speed and size.
func bench(_ options: ProgramOptions) async throws {
    let layout = try ProductLayout()
    let progress: @Sendable (String) -> Void = { writeAll("\($0) …\n", to: STDERR_FILENO) }
    switch options.words.dropFirst().first {
    case "vectors":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await VectorBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "million-vectors":
        return writeAll("\n" + (try await MillionBench(layout: layout).run(progress)), to: STDOUT_FILENO)
    case "azure":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await AzureBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "functions":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await FunctionsBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "models":
        let runs = options.number("runs", default: 3, in: 1...20)
        return writeAll("\n" + (try await ModelsBench(layout: layout, runs: runs).run(progress)), to: STDOUT_FILENO)
    case "azure-client":
        // A process of its own, so that its memory is the client's alone.
        guard let endpoint = options.words.dropFirst(2).first else {
            options.fail("bench azure-client needs an endpoint")
        }
        return writeAll("\(try await AzureClientBench.run(endpoint))\n", to: STDOUT_FILENO)
    case let word?: options.fail("bench knows vectors, million-vectors, azure, functions and models, not \(word)")
    case nil: break
    }
    let documents = options.value("documents") ?? layout.root + "/../shared/data/northwind"
    guard FileManager.default.fileExists(atPath: documents) else {
        options.fail("--documents has to name a folder with PDFs and questions.jsonl; \(documents) does not exist")
    }
    let table = try await Bench(layout: layout, documents: documents).run(progress)
    writeAll("\n" + table, to: STDOUT_FILENO)
}
