import CLinux
import Dispatch
import Glibc
import Synchronization
public import Telemetry

/// What every program does around its work.
public enum ProgramLife {
    private static let callersMask = Mutex<mode_t?>(nil)

    /// What every program of ours begins with. Writing to a closed pipe is an error value, not a signal; files and folders
    /// that are made, here or by a child, are for this user alone.
    public static func begin() {
        signal(SIGPIPE, SIG_IGN)
        let mask = umask(0o077)
        callersMask.withLock { if $0 == nil { $0 = mask } }
    }

    /// Has what is made from now on be readable as the caller wishes: programs and packages, which hold no data.
    public static func makePublicFiles() { _ = callersMask.withLock { $0.map { umask($0) } } }

    /// Runs the program's work and ends the process with its result. Termination signals are taken by
    /// `terminationRequested`.
    public static func run(_ label: String, _ work: @escaping @Sendable () async throws -> Void) async -> Never {
        begin()
        do {
            try await work()
            await runExitWork()
            exit(EXIT_SUCCESS)
        } catch {
            writeAll("\(label): \(error)\n", to: STDERR_FILENO)
            exit(EXIT_FAILURE)
        }
    }

    /// Returns when SIGINT or SIGTERM arrives.
    public static func terminationRequested() async {
        let descriptor = apus_watch_termination()
        guard descriptor >= 0 else {
            // Without a handler the signals end the process themselves, so there is nothing to return to.
            while true { try? await Task.sleep(for: .seconds(3600)) }
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        let waiter = Waiter()
        await withCheckedContinuation { continuation in
            waiter.wait(continuation)
            source.setEventHandler { waiter.fire() }
            source.activate()
        }
        source.cancel()
    }

    private static let exitWork = Mutex<[@Sendable () async -> Void]>([])

    /// Has work done before the process ends in order. It has to limit its own time.
    public static func beforeExit(_ work: @escaping @Sendable () async -> Void) {
        exitWork.withLock { $0.append(work) }
    }

    /// Does what was put off to the end of the process; for programs that do not end by `run`.
    public static func runExitWork() async {
        for work in exitWork.withLock({ $0 }) { await work() }
    }

    /// Raises the number of open files to what the system allows.
    public static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// The process's environment.
    public static var environment: [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let halves = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2 { result[String(halves[0])] = String(halves[1]) }
            next += 1
        }
        return result
    }

    /// The folder of the running program, without a final slash; what belongs to a program stands beside it.
    public static var executableFolder: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.assumingMemoryBound(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) }
                ?? 0
        }
        let path = count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : ""
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Has the C library find the text converters that a package brings along. Called before anything else runs.
    public static func adoptPackagedEncodings() {
        let folder = executableFolder + "/lib/gconv"
        if access(folder, R_OK) == 0 { setenv("GCONV_PATH", folder, 0) }
    }

    /// The log of a program at the level that `APUS_LOG` names.
    public static func log(_ label: String) -> Log {
        Log(label: label, level: Log.Level(name: environment["APUS_LOG"] ?? "") ?? .info)
    }
}

/// Resumes its continuation once.
private final class Waiter: Sendable {
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func wait(_ continuation: CheckedContinuation<Void, Never>) { waiting.withLock { $0 = continuation } }

    func fire() {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume()
    }
}
