import CLinux
import Dispatch
import Glibc

extension Subprocess {
    /// What a program that ran to its end left.
    public struct Output: Sendable {
        /// Exit code, or 128 + signal.
        public let code: Int32
        public let output: [UInt8]
        /// How its complaints begin.
        public let errors: String
        /// Whether it was ended because it took too long.
        public let timedOut: Bool
        /// Whether it was ended because it wrote more than allowed.
        public let overflowed: Bool
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - input: What it reads from standard input.
    ///   - timeout: Wall-clock time after which it is killed.
    ///   - outputLimit: Bytes of output after which it is killed.
    public static func run(
        _ command: Command, input: [UInt8] = [], timeout: Duration, outputLimit: Int
    ) async throws -> Output {
        let output = try Pipe()
        let errors = try Pipe()
        // A file in memory needs nobody to write while the program reads.
        let source = input.isEmpty ? open("/dev/null", O_RDONLY | O_CLOEXEC) : apus_memory_file(input, input.count)
        defer { if source >= 0 { close(source) } }
        let child: Subprocess
        do {
            defer {
                output.closeWriteEnd()
                errors.closeWriteEnd()
            }
            child = try await start(command, source, output.writeEnd, errors.writeEnd)
        } catch {
            _ = await (output.readAll(limit: 0), errors.readAll(limit: 0))
            throw error
        }
        return await withTaskCancellationHandler {
            let killer = Task {
                try await Task.sleep(for: timeout)
                child.signal(SIGKILL, wholeGroup: true)
                return true
            }
            async let complaint = errors.readStart(64 * 1024)
            let bytes = await output.readAll(limit: outputLimit)
            if bytes == nil { child.signal(SIGKILL, wholeGroup: true) }
            let code = await child.wait()
            killer.cancel()
            let timedOut = (try? await killer.value) ?? false
            let text = String(decoding: await complaint, as: UTF8.self)
            return Output(code: code, output: bytes ?? [], errors: text, timedOut: timedOut, overflowed: bytes == nil)
        } onCancel: {
            child.signal(SIGKILL, wholeGroup: true)
        }
    }

    /// Off the cooperative pool: the caller's memory is copied, and the program's start waited for.
    private static func start(
        _ command: Command, _ input: Int32, _ output: Int32, _ errors: Int32
    ) async throws -> Subprocess {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "apus.spawn").async {
                continuation.resume(
                    with: Result {
                        try Subprocess(
                            command, standardInput: input, standardOutput: output, standardError: errors)
                    })
            }
        }
    }
}
