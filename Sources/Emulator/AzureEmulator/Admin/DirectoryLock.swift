import Glibc

/// Keeps a second process off a folder; the system takes the lock back when the process ends, however it does.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(directory: String) throws {
        descriptor = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw EmulatorError(description: "\(directory) cannot be written: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw EmulatorError(
                description:
                    "\(directory) is in use by another azure-emulator; stop that one or choose another folder with --data"
            )
        }
    }

    deinit { close(descriptor) }
}
