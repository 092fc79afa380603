public import HTTPMessages
import TextSearch

/// A kind of problem, which has an address of its own where it is explained (RFC 9457, section 3.1.1): `/problems/NAME`, relative
/// to where the page is.
public struct ProblemType: Sendable {
    /// Where all of them are.
    public static let folder = "/problems/"

    /// The last part of the address: the member `code` of a problem that has one, otherwise what its status is called.
    public let name: String
    public let status: HTTPStatus
    /// A few words that are the same for every problem of the type.
    public let title: String
    /// What has happened.
    public let meaning: String
    /// What to do about it.
    public let remedy: String

    /// The member `type` of a problem.
    public var address: String { Self.folder + name }

    init(_ status: HTTPStatus, titled title: String? = nil, code: String? = nil, _ meaning: String, _ remedy: String) {
        self.status = status
        self.title = title ?? status.phrase
        name = code ?? status.phrase.lowercased().replacing(" ", with: "-")
        self.meaning = meaning
        self.remedy = remedy
    }

    /// The type of a name; `nil` when there is none.
    public static func named(_ name: String) -> ProblemType? { byName[name] }

    /// The type of a problem; `nil` for a status that is none of an API.
    static func of(_ problem: Problem) -> ProblemType? {
        problem.code.flatMap(named) ?? byStatus[problem.status.rawValue]
    }

    /// All of them: those that a status alone tells, then those that have a code.
    public static let all = byStatusAlone + withCodes

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    private static let byStatus = Dictionary(byStatusAlone.map { ($0.status.rawValue, $0) }) { first, _ in first }
}
