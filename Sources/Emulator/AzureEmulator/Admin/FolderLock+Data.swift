import Glibc
import SQLite

extension FolderLock {
    /// Takes the emulator's data folder.
    convenience init(data directory: String) throws(EmulatorError) {
        do {
            try self.init(directory)
        } catch {
            switch error {
            case .system(let code):
                throw EmulatorError(description: "\(directory) cannot be written: \(String(cString: strerror(code)))")
            case .taken(let owner):
                throw EmulatorError(
                    description:
                        "\(directory) is in use by another azure-emulator\(owner.map { " (process \($0))" } ?? ""); "
                        + "stop that one or choose another folder with --data")
            }
        }
    }
}
