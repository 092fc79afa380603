import HTTPMessages
import JSONCoding
public import Problems

/// More documents than one job takes.
public struct JobTooLarge: ProblemConvertible {
    public var problem: Problem {
        let most = WorkspaceCatalog.mostJobItems
        return Problem(
            .contentTooLarge, "One job takes at most \(most) documents. Name up to \(most) of them at a time.",
            fields: [.init(field: "documents", detail: "At most \(most).")])
    }
}
