/// Something about an app that its developer has to mend.
public struct HostError: Error, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
