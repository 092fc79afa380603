import CLinux
import ChildProcess
import Digests
import Glibc
import HTTPClient
import HTTPMessages
import Synchronization
import Telemetry

/// An app's handler: started, probed, started again when it crashes.
///
/// Unlike the real host, which gives up at the third crash, this one goes on with growing pauses: on a developer's
/// machine a handler that works again should just work again.
final class HandlerProcess: Sendable {
    private enum Readiness {
        case starting([(id: Int, continuation: CheckedContinuation<Bool, Never>)])
        case ready
        case stopped(String)
    }

    private struct State {
        var readiness = Readiness.starting([])
        var process: ChildProcess?
        var isStopping = false
        var nextWaiter = 0
    }

    /// The port that the handler has to listen on; the same for all its lives.
    let port: UInt16
    private let configuration: HostConfiguration
    private let root: String
    private let environment: [String: String]
    private let client: HTTPClient
    private let output: @Sendable (String) -> Void
    private let log: Log
    private let state = Mutex(State())

    /// - Parameter output: Gets each line that the handler writes.
    init(
        configuration: HostConfiguration, root: String, environment: [String: String], client: HTTPClient, log: Log,
        output: @escaping @Sendable (String) -> Void
    ) throws {
        self.configuration = configuration
        self.root = root
        self.environment = environment
        self.client = client
        self.output = output
        self.log = log
        port = try Self.freePort()
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Runs the handler until `stop`, starting it again after crashes.
    func run() async {
        var failures = 0
        while !state.withLock({ $0.isStopping }) {
            let started = ContinuousClock.now
            let code: Int32
            do {
                code = try await runOnce()
            } catch {
                setReadiness(.stopped(String(describing: error)))
                log.error("the handler cannot be started", ["reason": String(describing: error)])
                return
            }
            if state.withLock({ $0.isStopping }) { return }
            if code == 0 {
                setReadiness(.stopped("the handler ended by itself"))
                log.warning("the handler ended with code 0 and is not started again")
                return
            }
            setReadiness(.starting([]))
            failures = ContinuousClock.now - started > .seconds(60) ? 1 : failures + 1
            log.warning("the handler ended and is started again", ["code": String(code), "failures": String(failures)])
            if failures > 2 { try? await Task.sleep(for: .seconds(min(10, failures - 2))) }
        }
    }

    /// Ends the handler: politely first, which the real host does not do.
    func stop() async {
        let process = state.withLock { state in
            state.isStopping = true
            return state.process
        }
        await process?.stop(grace: .seconds(5))
        setReadiness(.stopped("the host is stopping"))
    }

    /// Waits until the handler answers; `false` when it will not within the start-up time.
    func waitUntilReady() async -> Bool {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            try await Task.sleep(for: configuration.initializationTimeout)
            giveUp(id)
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                switch state.readiness {
                case .ready: return true
                case .stopped: return false
                case .starting(let waiters):
                    state.readiness = .starting(waiters + [(id, continuation)])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func giveUp(_ id: Int) {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard case .starting(let waiters) = state.readiness else { return nil }
            state.readiness = .starting(waiters.filter { $0.id != id })
            return waiters.first { $0.id == id }?.continuation
        }
        waiter?.resume(returning: false)
    }

    private func setReadiness(_ readiness: Readiness) {
        let waiters: [CheckedContinuation<Bool, Never>] = state.withLock { state in
            guard case .starting(let waiters) = state.readiness else {
                state.readiness = readiness
                return []
            }
            if case .starting = readiness { return [] }
            state.readiness = readiness
            return waiters.map(\.continuation)
        }
        let isReady = if case .ready = readiness { true } else { false }
        for waiter in waiters { waiter.resume(returning: isReady) }
    }

    private func runOnce() async throws -> Int32 {
        let out = try Pipe()
        let errors = try Pipe()
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        var command = ChildProcess.Command(try executablePath(), configuration.arguments)
        command.directory = configuration.workingDirectory
        let id = UUIDv7.random()
        command.environment = environment.merging([
            "FUNCTIONS_CUSTOMHANDLER_PORT": String(port), "FUNCTIONS_HTTPWORKER_PORT": String(port),
            "FUNCTIONS_CUSTOMHANDLER_WORKER_ID": id, "FUNCTIONS_HTTPWORKER_ID": id, "FUNCTIONS_APP_ROOT_PATH": root,
            "FUNCTIONS_WORKER_RUNTIME": "custom", "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        ]) { $1 }
        let process: ChildProcess
        do {
            defer {
                out.closeWriteEnd()
                errors.closeWriteEnd()
            }
            process = try ChildProcess(
                command, standardInput: null, standardOutput: out.writeEnd, standardError: errors.writeEnd)
        }
        out.forEachLine(output)
        errors.forEachLine(output)
        let isStopping = state.withLock { state in
            state.process = process
            return state.isStopping
        }
        if isStopping { process.signal(SIGTERM) }
        let probe = Task { await probeUntilReady(process) }
        let code = await process.wait()
        probe.cancel()
        return code
    }

    /// Any HTTP answer counts as ready; only a failed connection means "wait".
    private func probeUntilReady(_ process: ChildProcess) async {
        while !Task.isCancelled, process.isRunning {
            var request = HTTPClient.Request(.get, url + "/")
            request.headTimeout = .seconds(5)
            if (try? await client.send(request)) != nil {
                if process.isRunning { setReadiness(.ready) }
                return
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func executablePath() throws -> String {
        let name = configuration.executable
        if name.hasPrefix("/") {
            guard access(name, X_OK) == 0 else {
                throw HostError("\(name) is missing or not executable. Run 'apus stage', or set its execute bit.")
            }
            return name
        }
        for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
            let path = "\(folder)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        throw HostError("the executable \(name) is neither in \(root) nor on the PATH.")
    }

    private static func freePort() throws -> UInt16 {
        let socket = apus_listen("127.0.0.1", 0, 1)
        guard socket >= 0 else { throw HostError("no free port could be found.") }
        defer { close(socket) }
        return UInt16(clamping: apus_socket_port(socket))
    }
}
