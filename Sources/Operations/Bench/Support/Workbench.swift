import FoundationEssentials
import Glibc
public import ProductStack

/// What every benchmark starts with: the programs, how often each figure is taken, and somebody who hears what is being
/// done.
public struct Workbench: Sendable {
    private let layout: ProductLayout
    let runs: Int
    let say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - runs: How often each figure is taken; medians are reported.
    ///   - progress: Gets a line before each step.
    public init(layout: ProductLayout, runs: Int, progress: @escaping @Sendable (String) -> Void) {
        self.layout = layout
        self.runs = runs
        say = progress
    }

    /// The path of a built program.
    func program(_ name: String) -> String { layout.program(name) }

    /// The folder that the host serves for an app.
    func stagedApp(_ app: String) -> String { layout.stagedApp(app) }

    /// The folder that everything is in.
    var root: String { layout.root }

    /// Gives the body a folder that is removed afterwards. Every user can reach it: PostgreSQL does not run as root.
    func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/apus-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    /// Takes the figures as often as asked.
    func samples(_ take: (_ run: Int) async throws -> [String: Double]) async throws -> Samples {
        var samples = Samples()
        for run in 1...runs {
            say("run \(run) of \(runs)")
            samples.add(try await take(run))
        }
        return samples
    }

    /// The first of so many ports in a row that nobody uses.
    func freePorts(_ count: Int) throws -> UInt16 {
        guard let base = StackPorts.unusedRow(of: count) else {
            throw BenchError("there are not \(count) free ports in a row")
        }
        return base
    }
}

extension Duration {
    /// The duration in milliseconds.
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}

extension ContinuousClock.Instant {
    /// Milliseconds since this moment.
    var millisecondsAgo: Double { (ContinuousClock.now - self).milliseconds }
}
