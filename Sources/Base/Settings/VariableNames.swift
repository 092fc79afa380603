/// Which variables of an environment a program or a part of one gets.
public struct VariableNames: Sendable {
    /// Names; one with `*` at its end stands for all that begin so.
    public let all: [String]

    /// Takes names.
    public init(_ all: [String]) { self.all = all }

    /// The variables of an environment that are among them.
    public func selected(from environment: [String: String]) -> [String: String] {
        environment.filter { name, _ in
            all.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0 }
        }
    }
}
