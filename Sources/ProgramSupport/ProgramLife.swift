import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
public import Telemetry

/// What every program does around its work.
public enum ProgramLife {
    /// Runs the program's work and ends the process with its result. Writing to a closed pipe is an error
    /// value, not a signal; termination signals are taken by `terminationRequested`.
    public static func run(_ label: String, _ work: @escaping @Sendable () async throws -> Void) async -> Never {
        signal(SIGPIPE, SIG_IGN)
        do {
            try await work()
            exit(EXIT_SUCCESS)
        } catch {
            writeAll("\(label): \(error)\n", to: STDERR_FILENO)
            exit(EXIT_FAILURE)
        }
    }

    /// Returns when SIGINT or SIGTERM arrives.
    public static func terminationRequested() async {
        let sources = SignalSources()
        await withCheckedContinuation { continuation in sources.start(continuation) }
    }

    /// Raises the number of open files to what the system allows.
    public static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The process's environment.
    public static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The log of a program at the level that `APUS_LOG` names.
    public static func log(_ label: String) -> Log {
        Log(label: label, level: Log.Level(name: environment["APUS_LOG"] ?? "") ?? .info)
    }
}

private final class SignalSources: Sendable {
    private let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func start(_ continuation: CheckedContinuation<Void, Never>) {
        waiter.withLock { $0 = continuation }
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler keeps the source alive for as long as the program runs.
            source.setEventHandler { [self] in
                _ = source
                fire()
            }
            source.activate()
        }
    }

    private func fire() {
        let continuation = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        continuation?.resume()
    }
}
