/// Why a package cannot be made, with the remedy.
public struct PackageError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
