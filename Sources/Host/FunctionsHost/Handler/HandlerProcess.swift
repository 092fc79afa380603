import CLinux
import ChildProcess
import Digests
import EventLoop
import Glibc
import HTTPMessages
import HTTPRelay

/// An app's handler: started, probed, started again when it ends as the restart policy says
/// (docs/reference/functions-custom-handlers.md, 6).
@NetworkActor
final class HandlerProcess {
    private enum Readiness {
        case starting
        case ready
        /// Calls fail at once, with the reason.
        case stopped(String)
    }

    /// The port that the handler has to listen on; the same for all its lives.
    let port: UInt16
    let upstream: Upstream
    /// How often it was started again.
    private(set) var restarts = 0
    /// Called when the host has to shut down because of the handler.
    var onGiveUp: (@NetworkActor (String) -> Void)?

    private let handler: CustomHandler
    private let root: String
    private let environment: [String: String]
    private let behaviour: HostBehaviour
    private let console: HostConsole
    private var readiness = Readiness.starting
    private var waiters: [Int: UnsafeContinuation<Void, Never>] = [:]
    private var nextWaiter = 0
    private var process: Subprocess?
    private var isStopping = false
    private var ending: RestartPolicy.Ending?
    private var policy: RestartPolicy
    private let lastErrors = LastLines()
    /// Rings when the error stream has been read to its end.
    private var errorsRead = Alarm()

    init(
        _ handler: CustomHandler, root: String, environment: [String: String], behaviour: HostBehaviour,
        console: HostConsole
    ) throws {
        self.handler = handler
        self.root = root
        self.environment = environment
        self.behaviour = behaviour
        self.console = console
        policy = RestartPolicy(goesOn: behaviour.restartsForEver)
        if let fixed = handler.port {
            let code = apus_port_available("127.0.0.1", fixed)
            guard code == 0 else {
                throw HostError("customHandler.port is \(fixed), which is in use: \(String(cString: strerror(-code))).")
            }
            port = fixed
            console.line(.information, "host", "the handler listens on the fixed port \(fixed)")
        } else {
            port = try HandlerPort.free()
        }
        upstream = Upstream(address: "127.0.0.1", port: port)
    }

    /// Why calls fail at present; `nil` while the handler runs or is about to.
    var stopReason: String? { if case .stopped(let reason) = readiness { reason } else { nil } }

    var isReady: Bool { if case .ready = readiness { true } else { false } }

    // MARK: - Life

    /// Runs the handler until `stop`, starting it again as the policy says.
    func run() async {
        while !isStopping {
            readiness = .starting
            let result: RestartPolicy.Ending
            do {
                result = try await runOnce()
            } catch {
                let reason = CredentialMask.masked(String(describing: error))
                console.line(.error, "host", "the handler cannot be started: \(reason)")
                return await cannotStart(reason)
            }
            upstream.closeIdle()
            if isStopping { break }
            switch policy.decide(result, at: .now) {
            case .stay:
                console.line(.warning, "host", "the handler ended with code 0 and is not started again")
                return setReadiness(.stopped("the handler ended by itself"))
            case .restart(let pause):
                restarts += 1
                report(result, consequence: "and is started again")
                if pause > .zero { try? await Task.sleep(for: pause) }
            case .giveUp:
                report(result, consequence: "for the third time; the restart limit is exceeded, the host shuts down")
                setReadiness(.stopped("the handler failed too often"))
                onGiveUp?("the handler failed three times")
                return
            }
        }
        setReadiness(.stopped("the host is stopping"))
    }

    /// Ends the handler for good.
    func stop() async {
        isStopping = true
        if behaviour.stopsPolitely {
            await process?.stop(grace: .seconds(5))
        } else {
            process?.signal(SIGKILL)
            _ = await process?.wait()
        }
        setReadiness(.stopped("the host is stopping"))
    }

    /// Kills the handler because a function's time was up; it is started again.
    func restartAfterTimeout() {
        ending = .functionTimeout
        // What comes from now on is for its successor.
        if case .ready = readiness { readiness = .starting }
        process?.signal(SIGKILL)
    }

    /// Waits until the handler answers, or is known not to, or the time is up. Returns whether it answers.
    func waitUntilReady() async -> Bool {
        if case .ready = readiness { return true }
        let deadline = MonotonicTime.now + handler.initializationTimeout * (RestartPolicy.limit + 1)
        while case .starting = readiness, MonotonicTime.now < deadline {
            nextWaiter += 1
            let id = nextWaiter
            let timer = Task { @NetworkActor in
                try? await Task.sleep(for: .seconds(1))
                waiters.removeValue(forKey: id)?.resume()
            }
            await withUnsafeContinuation { continuation in
                if case .starting = readiness { waiters[id] = continuation } else { continuation.resume() }
            }
            timer.cancel()
        }
        if case .starting = readiness {
            console.line(.error, "host", "the handler did not become ready within \(handler.initializationTimeout * 4)")
            if !behaviour.restartsForEver { onGiveUp?("the handler did not become ready") }
        }
        return isReady
    }

    private func setReadiness(_ new: Readiness) {
        readiness = new
        let all = waiters.values
        waiters = [:]
        for waiter in all { waiter.resume() }
    }

    /// The real host leaves calls waiting until it gives up.
    private func cannotStart(_ reason: String) async {
        if behaviour.failsFast { return setReadiness(.stopped(reason)) }
        try? await Task.sleep(for: handler.initializationTimeout * (RestartPolicy.limit + 1))
        setReadiness(.stopped(reason))
        onGiveUp?("the handler could not be started")
    }

    private func report(_ ending: RestartPolicy.Ending, consequence: String) {
        let lines = lastErrors.take().map { CredentialMask.masked($0) }
        let detail = lines.isEmpty ? "" : ": " + lines.joined(separator: " | ")
        switch ending {
        case .exit(let code) where code > 128 && code < 193:
            console.line(.error, "host", "the handler was ended by signal \(code - 128) \(consequence)\(detail)")
        case .exit(let code):
            console.line(
                code == 200 ? .information : .error, "host",
                "the handler ended with code \(code) \(consequence)\(detail)")
        case .neverReady:
            console.line(
                .error, "host",
                "the handler did not listen on port \(port) within \(handler.initializationTimeout) \(consequence)\(detail)"
            )
        case .functionTimeout: console.line(.warning, "host", "the handler was ended \(consequence)")
        }
    }

    // MARK: - One life

    private func runOnce() async throws -> RestartPolicy.Ending {
        let id = UUIDv7.random()
        let child = [
            "FUNCTIONS_CUSTOMHANDLER_PORT": String(port), "FUNCTIONS_HTTPWORKER_PORT": String(port),
            "FUNCTIONS_CUSTOMHANDLER_WORKER_ID": id, "FUNCTIONS_HTTPWORKER_ID": id, "FUNCTIONS_APP_ROOT_PATH": root,
        ]
        let line = ArgumentLine.make(handler, environment: environment, child: child)
        let path = try executablePath(ArgumentLine.expandVariables(handler.executable, child))
        var command = Subprocess.Command(path, ArgumentLine.split(line))
        command.directory = handler.workingDirectory
        command.environment = environment.merging(child) { $1 }
        // Whatever happens to the host, nobody is left listening on its port.
        command.diesWithParent = true
        console.line(.debug, "host", "starting the handler: \(CredentialMask.masked(path + line))")
        ending = nil
        let process = try start(command)
        self.process = process
        if isStopping { process.signal(SIGKILL) }
        let probe = Task { @NetworkActor in await probeUntilReady(process) }
        let code = await process.wait()
        probe.cancel()
        // What it wrote last says why it ended; whoever it has started may keep the stream open for ever.
        await errorsRead.wait(.milliseconds(200))
        return ending ?? .exit(code)
    }

    private func start(_ command: Subprocess.Command) throws -> Subprocess {
        let out = try Pipe()
        let errors = try Pipe()
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        let process: Subprocess
        do {
            defer {
                out.closeWriteEnd()
                errors.closeWriteEnd()
            }
            process = try Subprocess(
                command, standardInput: null, standardOutput: out.writeEnd, standardError: errors.writeEnd)
        }
        let (console, isStrict, lastErrors) = (console, handler.usesErrorStreamForErrorsOnly, lastErrors)
        let read = Alarm()
        errorsRead = read
        out.forEachLine { Self.show($0, isError: false, isStrict, console) }
        errors.forEachLine(
            {
                lastErrors.note($0)
                Self.show($0, isError: true, isStrict, console)
            }, end: { Task { @NetworkActor in read.ring() } })
        return process
    }

    private nonisolated static func show(_ line: String, isError: Bool, _ isStrict: Bool, _ console: HostConsole) {
        let output = OutputLine(line, isError: isError, errorStreamIsForErrorsOnly: isStrict)
        if output.isSystem { return console.line(.debug, "host", output.text) }
        console.output(output.level, output.text)
    }

    /// Any HTTP answer counts as ready; only a failed connection means "wait".
    private func probeUntilReady(_ process: Subprocess) async {
        let deadline = MonotonicTime.now + handler.initializationTimeout
        let request = Upstream.Request("GET", "/", ["Host": "127.0.0.1:\(port)"])
        // The first milliseconds count for somebody who waits at a console.
        var pause = behaviour.failsFast ? Duration.milliseconds(2) : .milliseconds(25)
        while !Task.isCancelled, process.isRunning {
            if await upstream.answers(request, until: deadline) {
                if process.isRunning, case .starting = readiness { setReadiness(.ready) }
                return
            }
            guard MonotonicTime.now < deadline else {
                ending = .neverReady
                return process.signal(SIGKILL)
            }
            try? await Task.sleep(for: pause)
            pause = min(pause + .milliseconds(1), .milliseconds(25))
        }
    }

    /// The host's directory, the current one, then the `PATH`, for names that are not below the app's root.
    private func executablePath(_ name: String) throws -> String {
        if name.hasPrefix("/") { return try executable(name) }
        if name.contains("/") { return try executable(root + "/" + name) }
        for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
            let path = "\(folder)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        throw HostError("the executable \(name) is neither in \(root) nor on the PATH.")
    }

    private func executable(_ path: String) throws -> String {
        guard access(path, F_OK) == 0 else { throw HostError("the executable \(path) does not exist.") }
        guard access(path, X_OK) == 0 else {
            throw HostError("\(path) is not executable; set its execute bit with: chmod +x \(path)")
        }
        if let built = ExecutableFormat.architecture(of: path), built != ExecutableFormat.here {
            throw HostError(
                "\(path) is for another processor: it is built for \(built), this machine is \(ExecutableFormat.here). "
                    + "Deploy the package for this machine.")
        }
        return path
    }
}
