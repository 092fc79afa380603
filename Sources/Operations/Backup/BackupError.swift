/// Why a backup cannot be made, read or restored, with the remedy.
public struct BackupError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
