/// Something about an evaluation that its user has to mend.
public struct EvaluationError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
