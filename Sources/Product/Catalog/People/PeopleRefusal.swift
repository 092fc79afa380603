import HTTPMessages
import JSONCoding
public import Problems

/// Why people, members or keys are not changed as somebody wants it.
public enum PeopleRefusal: ProblemConvertible, Equatable {
    case loginTaken
    case noWorkspace(String)
    case workspaceTaken(String)
    case lastAdministrator
    case lastOwner
    case full(what: String, limit: Int)

    public var problem: Problem {
        switch self {
        case .loginTaken:
            Problem(
                .conflict, "Somebody signs in with this name already.",
                fields: [FieldProblem(field: "login", detail: "Taken. Choose another one.")])
        case .noWorkspace(let id):
            Problem(
                .badRequest, "There is no workspace \(id).",
                fields: [FieldProblem(field: "workspaces", detail: "Names a workspace that there is none of.")])
        case .workspaceTaken(let id):
            Problem(
                .conflict, "There is a workspace \(id) already.",
                fields: [FieldProblem(field: "id", detail: "Taken. Choose another one.")])
        case .lastAdministrator:
            Problem(.conflict, "This is the last active administrator. Make somebody else one first.")
        case .lastOwner:
            Problem(
                .conflict, "This is the workspace's last owner. Make somebody else one first, or ask an administrator.")
        case .full(let what, let limit):
            Problem(.conflict, "There are \(limit) \(what), which is the limit. Remove some, and try again.")
        }
    }
}

/// How many there may be of what people make.
enum PeopleLimits {
    static let people = 100_000
    static let workspaces = 1000
    static let members = 10_000
    /// Of each person; the one that was not used for longest makes room.
    static let sessions = 100
    /// Of each person.
    static let keys = 100
}
