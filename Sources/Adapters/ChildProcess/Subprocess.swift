import CLinux
import Dispatch
import Glibc
import Synchronization

/// A running program. Its end is learnt from a pidfd, without polling.
public final class Subprocess: Sendable {
    /// What the program may use up.
    public struct Limits: Sendable {
        public var cpuSeconds = 0
        public var addressSpaceBytes = 0
        public var fileBytes = 0
        public var openFiles = 0

        /// No limits.
        public init() {}
    }

    /// What to start and how.
    public struct Command: Sendable {
        /// Absolute path of the executable.
        public var path: String
        public var arguments: [String] = []
        /// The whole environment; `nil` passes on our own.
        public var environment: [String: String]?
        public var directory: String?
        public var limits = Limits()
        /// Whether the program ends when the thread that started it does; on for short-lived helpers.
        public var diesWithParent = true
        /// User and group to run as; `nil` for our own.
        public var user: (id: UInt32, group: UInt32)?
        /// Capabilities that the program may have at all; `nil` for those that its user gets.
        public var capabilities: Set<Capability>?
        /// What is taken away from the program; `nil` leaves it as free as ourselves.
        public var confinement: Confinement?

        /// A command with its arguments.
        public init(_ path: String, _ arguments: [String] = []) {
            self.path = path
            self.arguments = arguments
        }
    }

    /// The process id.
    public let id: Int32
    private let exit = Mutex<Exit>(.running([]))

    private enum Exit {
        case running([CheckedContinuation<Int32, Never>])
        case ended(Int32)
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - standardInput, standardOutput, standardError: Descriptors that become the child's; they stay open here.
    /// - Throws: `ChildProcessError` when the program cannot be started.
    public init(
        _ command: Command, standardInput: Int32, standardOutput: Int32, standardError: Int32
    ) throws(ChildProcessError) {
        let arguments = CStrings([command.path] + command.arguments)
        let variables = command.environment?.map { "\($0.key)=\($0.value)" }
        let environment = CStrings(variables ?? Self.currentEnvironment())
        let readable = command.confinement.map { CStrings($0.readable) }
        let writable = command.confinement.map { CStrings($0.writable) }
        let spawn: @Sendable () -> pid_t = {
            var limits = Self.limits(command)
            limits.readable = readable.map { UnsafePointer($0.pointers) }
            limits.writable = writable.map { UnsafePointer($0.pointers) }
            return apus_spawn(
                command.path, arguments.pointers, environment.pointers, command.directory, standardInput,
                standardOutput, standardError, &limits)
        }
        // The death signal follows the thread that forks, so that has to be one that stays.
        let spawned = command.diesWithParent ? SpawnThread.shared.run(spawn) : spawn()
        guard spawned > 0 else { throw ChildProcessError(path: command.path, errorNumber: -spawned) }
        id = spawned
        watch()
    }

    private static func limits(_ command: Command) -> apus_spawn_limits {
        var limits = apus_spawn_limits()
        limits.cpu_seconds = UInt64(command.limits.cpuSeconds)
        limits.address_space_bytes = UInt64(command.limits.addressSpaceBytes)
        limits.file_bytes = UInt64(command.limits.fileBytes)
        limits.open_files = UInt64(command.limits.openFiles)
        limits.new_process_group = 1
        limits.user_id = command.user?.id ?? 0
        limits.group_id = command.user?.group ?? 0
        limits.niceness = Confinement.niceness
        if let kept = command.capabilities {
            limits.limits_capabilities = 1
            limits.kept_capabilities = kept.reduce(0) { $0 | 1 << $1.rawValue }
        }
        if command.diesWithParent { limits.parent_death_signal = SIGKILL }
        return limits
    }

    /// Waits for the end.
    ///
    /// - Returns: The exit code; 128 + the signal's number for a death by signal.
    public func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let code: Int32? = exit.withLock { exit in
                switch exit {
                case .ended(let code): return code
                case .running(let waiters):
                    exit = .running(waiters + [continuation])
                    return nil
                }
            }
            if let code { continuation.resume(returning: code) }
        }
    }

    /// Whether the program has not ended yet.
    public var isRunning: Bool {
        exit.withLock { if case .running = $0 { true } else { false } }
    }

    /// Sends a signal, to the program's whole process group if asked. Does nothing once it has ended.
    public func signal(_ number: Int32, wholeGroup: Bool = false) {
        exit.withLock { exit in
            // Under the lock the id cannot have been given to another process yet.
            if case .running = exit { kill(wholeGroup ? -id : id, number) }
        }
    }

    /// Asks the program to end and kills it when it has not after the grace time.
    public func stop(grace: Duration) async {
        signal(SIGTERM)
        let killer = Task {
            try await Task.sleep(for: grace)
            signal(SIGKILL, wholeGroup: true)
        }
        _ = await wait()
        killer.cancel()
    }

    private func watch() {
        let descriptor = apus_pidfd_open(id)
        guard descriptor >= 0 else {
            DispatchQueue(label: "apus.wait").async { self.reap() }
            return
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            source.cancel()
            self.reap()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    private func reap() {
        let waiters = exit.withLock { exit in
            let code = apus_wait(id)
            guard case .running(let waiters) = exit else { return (code, [CheckedContinuation<Int32, Never>]()) }
            exit = .ended(code)
            return (code, waiters)
        }
        for waiter in waiters.1 { waiter.resume(returning: waiters.0) }
    }

    private static func currentEnvironment() -> [String] {
        var result: [String] = []
        var pointer = environ
        while let entry = pointer.pointee {
            result.append(String(cString: entry))
            pointer += 1
        }
        return result
    }
}

/// A program could not be started.
public struct ChildProcessError: Error, CustomStringConvertible {
    public let path: String
    /// The system's error number, `ENOENT` when there is no such file.
    public let errorNumber: Int32

    public var description: String { "cannot start \(path): \(String(cString: strerror(errorNumber)))" }
}

/// A list of C strings ended by NULL; never changed after init.
private final class CStrings: @unchecked Sendable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[texts.count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}

/// The thread that forks short-lived helpers; it lives as long as the process.
private final class SpawnThread: Sendable {
    static let shared = SpawnThread()
    private let jobs = DispatchSemaphore(value: 0)
    private let inbox = Mutex<[@Sendable () -> Void]>([])

    private init() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(&thread, nil, spawnThread, context)
    }

    func run(_ body: @escaping @Sendable () -> pid_t) -> pid_t {
        let done = DispatchSemaphore(value: 0)
        let box = SpawnResult()
        inbox.withLock {
            $0.append {
                box.value.withLock { $0 = body() }
                done.signal()
            }
        }
        jobs.signal()
        done.wait()
        return box.value.withLock { $0 }
    }

    fileprivate func loop() {
        while true {
            jobs.wait()
            let job = inbox.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            job?()
        }
    }
}

private final class SpawnResult: Sendable {
    let value = Mutex<pid_t>(0)
}

private let spawnThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    if let context { Unmanaged<SpawnThread>.fromOpaque(context).takeUnretainedValue().loop() }
    return nil
}
